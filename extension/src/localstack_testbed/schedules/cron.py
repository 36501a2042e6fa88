"""Cron expressions and their due times in a time zone.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cron-expressions.html and
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import calendar
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache

from localstack_testbed.schedules.cron_fields import (
    HOURS,
    MINUTES,
    MONTHS,
    YEARS,
    DayRule,
    Month,
    day_rules,
)
from localstack_testbed.schedules.invalid_expression import InvalidExpression

_SPACE = re.compile(r"\s+", re.ASCII)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Cron:
    """A parsed cron expression; the values of all fields are sorted."""

    text: str
    zone: tzinfo
    minutes: Sequence[int]
    hours: Sequence[int]
    days: Callable[[Month], Sequence[int]]
    months: Sequence[int]
    years: Sequence[int]

    def next_after(self, moment: datetime, since: datetime) -> datetime | None:
        """Return the first due time after *moment*, in UTC.

        When clocks are set forward, skipped times are not due. When they are set back, times that
        occur twice are due the first time only
        (https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time).
        """
        moment = moment.astimezone(UTC)
        shown = moment.astimezone(self.zone).replace(tzinfo=None)
        for local in self._from(shown.replace(second=0, microsecond=0) + _MINUTE):
            due = local.replace(tzinfo=self.zone).astimezone(UTC)
            # The first comparison excludes repeated times, the second one skipped times.
            if due > moment and due.astimezone(self.zone).replace(tzinfo=None) == local:
                return due
        return None

    def _from(self, earliest: datetime) -> Iterator[datetime]:
        """Yield the local times that match the expression, without a time zone."""
        for day in self._days_from(earliest.date()):
            after = earliest.time() if day == earliest.date() else time.min
            for hour in _from(self.hours, after.hour):
                for minute in _from(self.minutes, after.minute if hour == after.hour else 0):
                    yield datetime(day.year, day.month, day.day, hour, minute)

    def _days_from(self, earliest: date) -> Iterator[date]:
        for year in _from(self.years, earliest.year):
            first_month = earliest.month if year == earliest.year else 1
            for month in _from(self.months, first_month):
                first = earliest.day if (year, month) == (earliest.year, earliest.month) else 1
                for day in _from(self.days(_month(year, month)), first):
                    yield date(year, month, day)


def parse_cron(text: str, body: str, zone: tzinfo, *, year_is_optional: bool) -> Cron:
    """Parse *body*, the part of *text* in parentheses.

    EventBridge Scheduler has "five required fields … and one optional field, year".

    Raises
    ------
    InvalidExpression
        An expression that AWS rejects.
    """
    fields = _SPACE.split(body.upper())
    if len(fields) == 5 and year_is_optional:
        fields.append("*")
    if len(fields) != 6:
        raise InvalidExpression(f"cron: expected six fields separated by spaces, not {body!r}")
    minutes, hours, day_of_month, months, day_of_week, years = fields
    return Cron(
        text,
        zone,
        minutes=MINUTES.values(minutes),
        hours=HOURS.values(hours),
        days=_days(day_rules(day_of_month, day_of_week)),
        months=MONTHS.values(months),
        years=YEARS.values(years),
    )


def _days(rules: list[DayRule]) -> Callable[[Month], Sequence[int]]:
    # There are only 28 different months: 4 lengths and 7 weekdays of the first day.
    return cache(lambda month: sorted({day for rule in rules for day in rule(month)}))


@cache
def _month(year: int, month: int) -> Month:
    first, length = calendar.monthrange(year, month)  # Monday is 0
    return Month((first + 1) % 7 + 1, length)


def _from(values: Sequence[int], lowest: int) -> Sequence[int]:
    return values[bisect_left(values, lowest) :]
