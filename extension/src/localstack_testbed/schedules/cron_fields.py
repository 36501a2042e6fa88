"""The fields of cron expressions.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cron-expressions.html documents values
and wildcards of each field and, in an example (``20-2`` for hours), ranges that wrap around. AWS
also accepts:

- names in any case, ``mon-sun``:
  https://event-driven-architecture.workshop.aws/2-event-bridge/3-integrations/scheduled_expressions.html
- a step after a range, ``0-15/1``: https://github.com/localstack/localstack/issues/13572
- a step in the day of the week, which an earlier edition of the page listed:
  http://docs.aws.amazon.com/AmazonCloudWatch/latest/events/ScheduledEvents.html
- ``LW``: https://github.com/grumBit/aws_cron_expression_validator/issues/18
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from localstack_testbed.schedules.invalid_expression import InvalidExpression

_TERM = re.compile(r"(?:\*|([0-9A-Z]+)(?:-([0-9A-Z]+))?)(?:/([0-9]+))?")
_NTH = re.compile(r"([0-9A-Z]+)#([1-5])")
_NEAREST = re.compile(r"([0-9]+)W")
_LAST = re.compile(r"([0-9A-Z]+)L")

SUNDAY, SATURDAY = 1, 7


class Month(NamedTuple):
    """A month's first day of the week and its length, which determine all its weekdays."""

    first: int
    """The day of the week of the 1st, from 1 (Sunday) to 7."""
    length: int
    """The number of days."""

    def all_on(self, day_of_week: int) -> range:
        """Return the days of the month that fall on a day of the week."""
        return range(1 + (day_of_week - self.first) % 7, self.length + 1, 7)

    def nearest_weekday(self, day: int) -> int:
        """Return the weekday (Monday to Friday) closest to *day*, within the month."""
        day_of_week = (self.first + day - 2) % 7 + 1
        if day_of_week == SATURDAY:
            return day - 1 if day > 1 else day + 2
        if day_of_week == SUNDAY:
            return day + 1 if day < self.length else day - 2
        return day


type DayRule = Callable[[Month], Iterable[int]]
"""Returns the days of a month that match a term."""


@dataclass(frozen=True)
class Field:
    """A field of cron expressions, with its range of values."""

    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()
    """Names of the values, starting with the lowest."""
    wraps: bool = True
    """Whether ranges may wrap around from the highest to the lowest value."""

    def values(self, text: str) -> tuple[int, ...]:
        """Return the sorted values of a list of numbers, names, ranges and steps."""
        return tuple(sorted({value for term in text.split(",") for value in self.term(term)}))

    def term(self, text: str) -> Iterable[int]:
        """Return the values of one list element."""
        if not (match := _TERM.fullmatch(text)):
            raise self.error(f"{text!r} is not a value, a range or a step")
        start, end, step = match.groups()
        first = self.number(start) if start else self.lowest
        last = first if start and not step else self.highest
        if end:
            last = self.number(end)
        if step and int(step) == 0:
            raise self.error(f"the step of {text!r} is 0")
        count = self.highest - self.lowest + 1
        if last < first:
            if not self.wraps:
                raise self.error(f"{text!r} ends before it begins")
            last += count
        steps = range(first - self.lowest, last - self.lowest + 1, int(step or 1))
        return [self.lowest + value % count for value in steps]

    def number(self, text: str) -> int:
        """Return the value of a number or a name."""
        if text in self.names:
            return self.lowest + self.names.index(text)
        if not text.isdigit() or not self.lowest <= int(text) <= self.highest:
            values = f"{self.lowest}-{self.highest}"
            names = f" or {self.names[0]}-{self.names[-1]}" if self.names else ""
            raise self.error(f"{text!r} is not in {values}{names}")
        return int(text)

    def error(self, message: str) -> InvalidExpression:
        """Return an error that names the field."""
        return InvalidExpression(f"{self.name}: {message}")


MINUTES = Field("minutes", 0, 59)
HOURS = Field("hours", 0, 23)
MONTHS = Field(
    "month",
    1,
    12,
    ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
)
YEARS = Field("year", 1970, 2199, wraps=False)

_DAY_OF_MONTH = Field("day-of-month", 1, 31)
_DAY_OF_WEEK = Field("day-of-week", 1, 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))


def day_rules(day_of_month: str, day_of_week: str) -> list[DayRule]:
    """Return one rule for each list element of the two day fields.

    Raises
    ------
    InvalidExpression
        A field is invalid, or not exactly one of them is ``?``.
    """
    if (day_of_month == "?") == (day_of_week == "?"):
        raise InvalidExpression("day-of-month, day-of-week: exactly one of them must be '?'")
    if day_of_week == "?":
        return [_rule_of_month(term) for term in day_of_month.split(",")]
    if "#" in day_of_week and "," in day_of_week:
        raise _DAY_OF_WEEK.error("'#' allows for one expression only")
    return [_rule_of_week(term) for term in day_of_week.split(",")]


def _rule_of_month(term: str) -> DayRule:
    if term == "L":
        return lambda month: [month.length]
    if term == "LW":
        return lambda month: [month.nearest_weekday(month.length)]
    if match := _NEAREST.fullmatch(term):
        # Months without this day are skipped:
        # https://github.com/pitchblack408/pyawscron/issues/56
        day = _DAY_OF_MONTH.number(match[1])
        return lambda month: [month.nearest_weekday(day)] if day <= month.length else []
    days = _DAY_OF_MONTH.term(term)
    return lambda month: [day for day in days if day <= month.length]


def _rule_of_week(term: str) -> DayRule:
    if term == "L":  # "the last day of the … week"
        return lambda month: month.all_on(SATURDAY)
    if match := _LAST.fullmatch(term):
        last = _DAY_OF_WEEK.number(match[1])
        return lambda month: month.all_on(last)[-1:]
    if match := _NTH.fullmatch(term):
        number, position = _DAY_OF_WEEK.number(match[1]), int(match[2])
        return lambda month: month.all_on(number)[position - 1 : position]
    days = _DAY_OF_WEEK.term(term)
    return lambda month: [day for number in days for day in month.all_on(number)]
