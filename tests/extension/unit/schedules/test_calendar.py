"""Random cron expressions, compared with a brute-force check of every minute or day of a period.

The check decides for one minute at a time whether it is due, from the text of the fields. It shares
no code with the implementation.
"""

import random
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from localstack_testbed.schedules.expressions import Expression, schedule_expression

from tests.extension.unit.schedules.times import utc

type Names = tuple[str, ...]

NO_NAMES: Names = ()
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEK = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")

CHANGES = [
    ("Europe/Vienna", utc("2026-03-29 01:00")),
    ("Europe/Vienna", utc("2026-10-25 01:00")),
    ("America/New_York", utc("2026-03-08 07:00")),
    ("America/New_York", utc("2026-11-01 06:00")),
    ("Australia/Lord_Howe", utc("2026-04-04 15:00")),
    ("Australia/Lord_Howe", utc("2026-10-03 15:30")),
    ("Pacific/Apia", utc("2011-12-30 10:00")),
]


def number(text: str, names: Names) -> int:
    return names.index(text.upper()) + 1 if text.isalpha() else int(text)


@cache
def counted(element: str, lowest: int, highest: int, names: Names) -> set[int]:
    """Return the values of a range with a step, by counting from its start to its end."""
    span, _, step = element.partition("/")
    begin, _, end = span.partition("-")
    value = lowest if begin == "*" else number(begin, names)
    last = number(end, names) if end else highest if step or begin == "*" else value
    kept, position = set(), 0
    while True:
        if position % int(step or 1) == 0:
            kept.add(value)
        if value == last:
            return kept
        value = lowest if value == highest else value + 1
        position += 1


def among(field: str, value: int, lowest: int, highest: int, names: Names = NO_NAMES) -> bool:
    return any(value in counted(part, lowest, highest, names) for part in field.split(","))


def is_weekday(day: date) -> bool:
    return day.isoweekday() < 6


def is_nearest_weekday(day: date, anchor: date) -> bool:
    """Search from the anchor outwards, without leaving its month."""
    for distance in (0, -1, 1, -2, 2):
        candidate = anchor + distance * DAY
        if candidate.month == anchor.month and is_weekday(candidate):
            return candidate == day
    raise AssertionError("five days in a row without a weekday")


def is_on_day_of_month(field: str, day: date) -> bool:
    is_last = (day + DAY).month != day.month
    for part in field.upper().split(","):
        if part in ("?", "L"):
            hit = part == "?" or is_last
        elif part == "LW":
            rest = [day + n * DAY for n in range(1, 4)]
            hit = is_weekday(day) and not any(d.month == day.month and is_weekday(d) for d in rest)
        elif part.endswith("W"):
            try:
                hit = is_nearest_weekday(day, day.replace(day=int(part[:-1])))
            except ValueError:  # no such day in this month
                hit = False
        else:
            hit = among(part, day.day, 1, 31)
        if hit:
            return True
    return False


def is_on_day_of_week(field: str, day: date) -> bool:
    today = day.isoweekday() % 7 + 1
    for part in field.upper().split(","):
        if part in ("?", "L"):
            hit = part == "?" or today == 7
        elif part.endswith("L"):
            hit = today == number(part[:-1], WEEK) and (day + 7 * DAY).month != day.month
        elif "#" in part:
            name, _, position = part.partition("#")
            earlier = sum((day - n * 7 * DAY).month == day.month for n in range(1, 5))
            hit = today == number(name, WEEK) and earlier + 1 == int(position)
        else:
            hit = among(part, today, 1, 7, WEEK)
        if hit:
            return True
    return False


def is_on_day(fields: list[str], day: date) -> bool:
    return (
        is_on_day_of_month(fields[2], day)
        and among(fields[3], day.month, 1, 12, MONTHS)
        and is_on_day_of_week(fields[4], day)
        and among(fields[5], day.year, 1970, 2199)
    )


class Writer:
    """Generates random fields."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - nothing secret

    def value(self, lowest: int, highest: int, names: Names) -> str:
        value = self.chance.randint(lowest, highest)
        forms = [str(value)]
        if names:
            forms += [names[value - 1], names[value - 1].capitalize()]
        return self.chance.choice(forms)

    def element(self, lowest: int, highest: int, names: Names) -> str:
        first, last = (self.value(lowest, highest, names) for _ in range(2))
        step = self.chance.randint(1, highest - lowest)
        forms = ["*", first, f"{first}-{last}", f"*/{step}", f"{first}/{step}"]
        return self.chance.choice([*forms, f"{first}-{last}/{step}"])

    def field(self, lowest: int, highest: int, names: Names = NO_NAMES) -> str:
        count = self.chance.choice([1, 1, 2, 3])
        return ",".join(self.element(lowest, highest, names) for _ in range(count))

    def day_fields(self) -> tuple[str, str]:
        day, week = self.chance.randint(1, 31), self.value(1, 7, WEEK)
        plain, position = self.field(1, 31), self.chance.randint(1, 5)
        of_month = [plain, f"{plain},L", "L", "LW", f"{day}W", f"{day}W,LW"]
        of_week = [self.field(1, 7, WEEK), "L", f"{week}L", f"{week}#{position}"]
        if self.chance.random() < 0.5:
            return self.chance.choice(of_month), "?"
        return "?", self.chance.choice(of_week)

    def year_field(self, lowest: int, highest: int) -> str:
        first, last = sorted(self.chance.choices(range(lowest, highest + 1), k=2))
        step = self.chance.randint(1, 3)
        forms = ["*", f"{first}", f"{first}-{last}", f"*/{step}", f"{first}/{step}"]
        return self.chance.choice(forms)


def due_between(expression: Expression, start: datetime, end: datetime) -> list[datetime]:
    times: list[datetime] = []
    moment = start - timedelta(microseconds=1)
    while (due := expression.next_after(moment, start)) and due < end:
        times.append(due)
        moment = due
    return times


def test_days() -> None:
    """Three years from a random day."""
    for seed in range(150):
        write = Writer(seed)
        start = datetime(2026, 1, 1, tzinfo=UTC) + write.chance.randint(0, 5_000) * DAY
        of_month, of_week = write.day_fields()
        year = write.year_field(start.year, start.year + 3)
        fields = ["0", "0", of_month, write.field(1, 12, MONTHS), of_week, year]

        walk = [start + n * DAY for n in range(3 * 365)]
        expected = [moment for moment in walk if is_on_day(fields, moment.date())]
        expression = schedule_expression(f"cron({' '.join(fields)})")

        assert due_between(expression, start, walk[-1] + DAY) == expected, expression.text


@pytest.mark.parametrize(("zone", "change"), CHANGES)
def test_minutes_around_a_change_of_the_clocks(zone: str, change: datetime) -> None:
    """Every minute that clocks show for the first time."""
    walk = [change + n * MINUTE for n in range(-24 * 60, 24 * 60)]
    clocks = [moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) for moment in walk]
    first_shown = dict(reversed(list(zip(clocks, walk, strict=True))))

    for seed in range(100):
        write = Writer(seed)
        minutes, hours = write.field(0, 59), write.field(0, 23)
        start = change + write.chance.randint(-300, 120) * MINUTE
        end = start + write.chance.randint(0, 1_000) * MINUTE
        expected = sorted(
            moment
            for local, moment in first_shown.items()
            if start <= moment < end
            and among(minutes, local.minute, 0, 59)
            and among(hours, local.hour, 0, 23)
        )
        expression = schedule_expression(f"cron({minutes} {hours} * * ? *)", zone)

        assert due_between(expression, start, end) == expected, expression.text
