"""A single time, of EventBridge Scheduler.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#one-time
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from localstack_testbed.schedules.invalid_expression import InvalidExpression

_FORM = re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")


@dataclass(frozen=True)
class At:
    """Due once."""

    text: str
    due: datetime

    def next_after(self, moment: datetime, since: datetime) -> datetime | None:
        """Return the time in UTC if it is strictly later than *moment*."""
        return self.due if self.due > moment else None


def parse_at(text: str, body: str, zone: tzinfo) -> At:
    """Return the time of *body*, what stands between the parentheses of *text*, in a time zone.

    A time that the zone's clocks show twice is the first of both. AWS says nothing of one that they
    skip; it is the time that the clocks show in its place (02:30 is 03:30), so that it is not lost.

    Raises
    ------
    InvalidExpression
        Not a date and time of this form.
    """
    if not _FORM.fullmatch(body):
        raise InvalidExpression(f"at: expected yyyy-mm-ddThh:mm:ss, not {body!r}")
    try:
        local = datetime.fromisoformat(body)
    except ValueError as error:
        raise InvalidExpression(f"at: {error}: {body!r}") from None
    return At(text, local.replace(tzinfo=zone).astimezone(UTC))
