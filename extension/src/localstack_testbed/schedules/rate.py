"""Rates: an amount of elapsed time, again and again.

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
"""A day is 24 hours, also where the clocks change: "days represents a 24-hour duration"."""


@dataclass(frozen=True)
class Rate:
    """Due at every multiple of the period since its beginning."""

    text: str
    period: timedelta
    starts_immediately: bool
    """Whether the beginning itself is due, as for the Scheduler: "you use the StartDate property to
    set the first occurrence", "if you do not provide a StartDate, your schedule starts invoking the
    target immediately". A rule waits for one period first."""

    def next_after(self, moment: datetime, since: datetime) -> datetime | None:
        """Return the first due time strictly later than *moment*, in UTC."""
        # In UTC: datetimes of one time zone would be subtracted by their clocks.
        moment, since = moment.astimezone(UTC), since.astimezone(UTC)
        periods = max((moment - since) // self.period + 1, 0 if self.starts_immediately else 1)
        try:
            return since + periods * self.period
        except OverflowError:  # after the year 9999
            return None


def parse_rate(text: str, body: str, *, for_rule: bool) -> Rate:
    """Return the rate of *body*, what stands between the parentheses of *text*.

    A rule demands ``minute`` with 1 and ``minutes`` with more. The Scheduler does not: its own
    documentation writes ``rate(1 days)``, and it takes ``rate(2 minute)`` and capital letters.

    Raises
    ------
    InvalidExpression
        A rate that AWS refuses.
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
        raise InvalidExpression(f"value: {value} {unit} is too long a time") from None
    return Rate(text, period, starts_immediately=not for_rule)
