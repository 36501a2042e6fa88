"""Rate expressions: a fixed period of elapsed time.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rate-expressions.html and
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#rate-based
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from localstack_testbed.schedules.invalid_expression import InvalidExpression

_SPACE = re.compile(r"\s+", re.ASCII)
_NUMBER = re.compile(r"[0-9]+")

_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
"""A day has 24 hours even when clocks change: "days represents a 24-hour duration"."""


@dataclass(frozen=True)
class Rate:
    """A parsed rate, which is due at every multiple of its period since the start."""

    text: str
    period: timedelta
    starts_immediately: bool
    """Whether the start itself is due, as in EventBridge Scheduler: "you use the StartDate property
    to set the first occurrence", "if you do not provide a StartDate, your schedule starts invoking
    the target immediately". A rule is first due after one period."""

    def next_after(self, moment: datetime, since: datetime) -> datetime | None:
        """Return the first due time after *moment*, in UTC."""
        # Python subtracts datetimes in the same time zone by wall clock, so convert to UTC.
        moment, since = moment.astimezone(UTC), since.astimezone(UTC)
        periods = max((moment - since) // self.period + 1, 0 if self.starts_immediately else 1)
        try:
            return since + periods * self.period
        except OverflowError:  # after the year 9999
            return None


def parse_rate(text: str, body: str, *, for_rule: bool) -> Rate:
    """Parse *body*, the part of *text* in parentheses.

    Rules require ``minute`` with 1 and ``minutes`` otherwise. EventBridge Scheduler does not: its
    documentation has ``rate(1 days)``, and it accepts ``rate(2 minute)`` and capital letters.

    Raises
    ------
    InvalidExpression
        A rate that AWS rejects.
    """
    fields = _SPACE.split(body)
    if len(fields) != 2:
        raise InvalidExpression(f"rate: expected a value and a unit, not {body!r}")
    value, unit = fields
    if not _NUMBER.fullmatch(value) or int(value) == 0:
        raise InvalidExpression(f"value: {value!r} is not a positive whole number")
    singular = (unit if for_rule else unit.lower()).removesuffix("s")
    if singular not in _UNITS:
        raise InvalidExpression(f"unit: {unit!r} is not minute(s), hour(s) or day(s)")
    if for_rule and (unit == singular) != (int(value) == 1):
        wanted = singular if int(value) == 1 else f"{singular}s"
        raise InvalidExpression(f"unit: {unit!r} must be {wanted!r} with {int(value)}")
    try:
        period = int(value) * _UNITS[singular]
    except OverflowError:
        raise InvalidExpression(f"value: {value} {unit} is too long") from None
    return Rate(text, period, starts_immediately=not for_rule)
