"""One-time schedules of EventBridge Scheduler: ``at(…)`` expressions.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#one-time
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from localstack_testbed.schedules.invalid_expression import InvalidExpression

_FORM = re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")


@dataclass(frozen=True)
class At:
    """A single due time."""

    text: str
    due: datetime

    def next_after(self, moment: datetime, since: datetime) -> datetime | None:
        """Return the due time in UTC if it is after *moment*."""
        return self.due if self.due > moment else None


def parse_at(text: str, body: str, zone: tzinfo) -> At:
    """Parse *body*, the part of *text* in parentheses, as a time in a time zone.

    When clocks are set back, a time that occurs twice means the first one. AWS does not document
    times that are skipped when clocks are set forward; here they are moved by the same amount
    (02:30 becomes 03:30), so that the schedule still fires.

    Raises
    ------
    InvalidExpression
        Not a date and time in this format.
    """
    if not _FORM.fullmatch(body):
        raise InvalidExpression(f"at: expected yyyy-mm-ddThh:mm:ss, not {body!r}")
    try:
        local = datetime.fromisoformat(body)
    except ValueError as error:
        raise InvalidExpression(f"at: {error}: {body!r}") from None
    return At(text, local.replace(tzinfo=zone).astimezone(UTC))
