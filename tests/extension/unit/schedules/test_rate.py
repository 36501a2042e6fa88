"""Rate expressions of rules and schedules."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from localstack_testbed.schedules.expressions import rule_expression, schedule_expression

from tests.extension.unit.schedules.times import JUST_BEFORE, due_times, moments, rows, utc

# Rate, its start, the first due time of a rule.
RATES = """
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rate-expressions.html
1 minute    | 2026-12-31 23:58:10 | 2026-12-31 23:59:10, 2027-01-01 00:00:10
5 minutes   | 2026-11-23 10:02    | 2026-11-23 10:07, 10:12, 10:17
1 hour      | 2026-11-23 22:30    | 2026-11-23 23:30, 2026-11-24 00:30
5 hours     | 2026-11-23 20:00    | 2026-11-24 01:00, 06:00
1 day       | 2028-02-28 10:00    | 2028-02-29 10:00, 2028-03-01 10:00
7 minutes   | 2026-11-23 10:50    | 2026-11-23 10:57, 11:04
90 minutes  | 2026-11-23 10:00    | 2026-11-23 11:30, 13:00
36 hours    | 2026-11-23          | 2026-11-24 12:00, 2026-11-26
400 days    | 2026-01-01          | 2027-02-05, 2028-03-11
# After the year 9999.
3000000 days | 2026-01-01         | never
999999999999 minutes | 2026-01-01 | never
"""


@pytest.mark.parametrize(("rate", "since", "due"), rows(RATES))
def test_a_rule_waits_for_one_period(rate: str, since: str, due: str) -> None:
    """ "A rate expression starts when you create the scheduled event rule"."""
    expected = moments(due)
    times = due_times(rule_expression(f"rate({rate})"), utc(since), len(expected))

    assert times == [utc(text) for text in expected if text != "never"]


@pytest.mark.parametrize(("rate", "since", "due"), rows(RATES))
def test_a_schedule_is_due_immediately(rate: str, since: str, due: str) -> None:
    """ "Use the StartDate property to set the first occurrence"; without one, "immediately".

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#rate-based
    """
    expected = moments(due)
    times = due_times(schedule_expression(f"rate({rate})"), utc(since), len(expected) + 1)

    assert times == [utc(text) for text in [since, *expected] if text != "never"]


@pytest.mark.parametrize(
    "unit", ["1 minutes", "1 hours", "1 days", "2 minute", "24 hour", "2 DAYS", "3 Minute"]
)
def test_the_number_of_a_schedules_unit_does_not_matter(unit: str) -> None:
    """AWS's page has ``rate(1 days)``; AWS was seen to accept ``rate(2 minute)`` (
    https://github.com/localstack/localstack/blob/main/tests/aws/services/scheduler/test_scheduler.py).
    """
    value, name = unit.lower().removesuffix("s").split()
    period = int(value) * timedelta(**{f"{name}s": 1})
    now = utc("2026-11-23")

    assert schedule_expression(f"rate({unit})").next_after(now, now) == now + period


def test_times_are_counted_from_the_beginning() -> None:
    expression = rule_expression("rate(10 minutes)")
    since = utc("2026-11-23 10:00:30.5")

    def next_after(moment: str) -> datetime | None:
        return expression.next_after(utc(moment), since)

    assert next_after("2026-11-23 10:10:30.4") == utc("2026-11-23 10:10:30.5")
    assert next_after("2026-11-23 10:10:30.5") == utc("2026-11-23 10:20:30.5")
    assert next_after("2026-11-24 10:05") == utc("2026-11-24 10:10:30.5")
    assert next_after("2026-11-22 00:00") == utc("2026-11-23 10:10:30.5")


def test_nothing_is_due_before_the_beginning() -> None:
    start = utc("2027-01-01")

    for moment in (utc("2026-11-23"), start - JUST_BEFORE):
        assert schedule_expression("rate(1 day)").next_after(moment, start) == start
        assert rule_expression("rate(1 day)").next_after(moment, start) == utc("2027-01-02")


def test_a_day_is_24_hours_where_the_clocks_change() -> None:
    """ "Days represents a 24-hour duration on the clock", in spring 2026 to 13:00."""
    vienna = ZoneInfo("Europe/Vienna")
    since = datetime(2026, 3, 28, 12, tzinfo=vienna)
    due = schedule_expression("rate(1 day)", "Europe/Vienna").next_after(since, since)

    assert due is not None
    assert due.astimezone(vienna).replace(tzinfo=None) == datetime(2026, 3, 29, 13)
    later = datetime(2026, 3, 29, 13, tzinfo=vienna)
    assert rule_expression("rate(1 day)").next_after(later, since) == due + timedelta(days=1)
