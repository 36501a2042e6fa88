"""Expressions that AWS rejects, and the invalid part in the error message.

LocalStack's authors sent those after a ``# *`` to AWS, and recorded the responses:
https://github.com/localstack/localstack/blob/main/tests/aws/services/events/test_events_schedule.py
https://github.com/localstack/localstack/blob/main/tests/aws/services/scheduler/test_scheduler.py
"""

import pytest
from localstack_testbed.schedules.expressions import (
    InvalidExpression,
    rule_expression,
    schedule_expression,
)

from tests.extension.unit.schedules.times import rows

BOTH = """
form | rate
form | 5 minutes
form | rate(5 minutes
form | rate 5 minutes
form | Rate(5 minutes)
form | rate((5 minutes))
form | cron(0 0 * * ? *);
form | cron(0 0 * * ? *)cron(0 0 * * ? *)
kind | every(5 minutes)
# *
rate  | rate()
rate  | rate(10)
unit  | rate(10 seconds)
unit  | rate(10 years)
unit  | rate(10 minutess)
value | rate(foo minutes)
value | rate(-10 minutes)
minutes | cron(71 8 1 * ? *)
hours | cron(0 dummy ? * MON-FRI *)
cron  | cron(INVALID)
cron  | cron()
day-of-month, day-of-week | cron(0 1 * * * *)
day-of-month, day-of-week | cron(7 20 * * NOT *)
# Documented: "a positive number".
value | rate(0 minutes)
value | rate(00 minutes)
value | rate(1.5 hours)
value | rate(+5 minutes)
value | rate(٥ minutes)
value | rate(1_0 minutes)
value | rate(99999999999999999999 days)
rate  | rate(5 minutes 3)
rate  | rate(5minutes)
unit  | rate(5 weeks)
unit  | rate(5 s)
# Documented: six fields, and their values.
cron  | cron(0 0 * * ? * *)
cron  | cron(0 0 * *)
cron  | cron( 0 0 * * ? *)
cron  | cron(0 0 * * ? * )
minutes | cron(60 0 * * ? *)
minutes | cron(-1 0 * * ? *)
minutes | cron(? 0 * * ? *)
minutes | cron(L 0 * * ? *)
minutes | cron(0,,5 0 * * ? *)
minutes | cron(0, 0 * * ? *)
minutes | cron(0/ 0 * * ? *)
minutes | cron(/5 0 * * ? *)
minutes | cron(0/0 0 * * ? *)
minutes | cron(0/-5 0 * * ? *)
minutes | cron(0/5/5 0 * * ? *)
minutes | cron(0- 0 * * ? *)
minutes | cron(0-10-20 0 * * ? *)
minutes | cron(*-10 0 * * ? *)
minutes | cron(5-60 0 * * ? *)
minutes | cron(1# 0 * * ? *)
minutes | cron(٥ 0 * * ? *)
hours | cron(0 24 * * ? *)
hours | cron(0 8-24 * * ? *)
hours | cron(0 8am * * ? *)
hours | cron(0 24/2 * * ? *)
day-of-month | cron(0 0 0 * ? *)
day-of-month | cron(0 0 32 * ? *)
day-of-month | cron(0 0 32W * ? *)
day-of-month | cron(0 0 0W * ? *)
day-of-month | cron(0 0 W * ? *)
day-of-month | cron(0 0 WL * ? *)
day-of-month | cron(0 0 1-5W * ? *)
day-of-month | cron(0 0 3L * ? *)
day-of-month | cron(0 0 L-3 * ? *)
day-of-month | cron(0 0 1#2 * ? *)
day-of-month | cron(0 0 MON * ? *)
day-of-month | cron(0 0 1,? * ? *)
month | cron(0 0 1 0 ? *)
month | cron(0 0 1 13 ? *)
month | cron(0 0 1 JANUARY ? *)
month | cron(0 0 1 MON ? *)
month | cron(0 0 1 ? ? *)
month | cron(0 0 1 JAN-13 ? *)
day-of-week | cron(0 0 ? * 0 *)
day-of-week | cron(0 0 ? * 8 *)
day-of-week | cron(0 0 ? * MONDAY *)
day-of-week | cron(0 0 ? * JAN *)
day-of-week | cron(0 0 ? * 8L *)
day-of-week | cron(0 0 ? * LW *)
day-of-week | cron(0 0 ? * 3W *)
day-of-week | cron(0 0 ? * 3#0 *)
day-of-week | cron(0 0 ? * 3#6 *)
day-of-week | cron(0 0 ? * 8#1 *)
day-of-week | cron(0 0 ? * #2 *)
day-of-week | cron(0 0 ? * 3# *)
day-of-week | cron(0 0 ? * 3#1,6#3 *)
day-of-week | cron(0 0 ? * 3#1,6 *)
day-of-week | cron(0 0 ? * 3#1-5 *)
day-of-week | cron(0 0 ? * ?,2 *)
day-of-month, day-of-week | cron(0 0 ? * ? *)
day-of-month, day-of-week | cron(0 0 1 * MON *)
day-of-month, day-of-week | cron(0 0 L * FRIL *)
year  | cron(0 0 * * ? 1969)
year  | cron(0 0 * * ? 2200)
year  | cron(0 0 * * ? 26)
year  | cron(0 0 * * ? ?)
year  | cron(0 0 * * ? 2030-2026)
"""

RULES_ONLY = """
kind | at(2026-11-23T10:00:00)
cron | cron(0 0 * * ?)
# *
unit | rate(1 minutes)
unit | rate(1 hours)
unit | rate(1 days)
unit | rate(10 minute)
unit | rate(10 hour)
unit | rate(10 day)
unit | rate(10 MINUTES)
"""

SCHEDULES_ONLY = """
# *
at | at(2021-12-31T23:59:59Z)
at | at(2021-12-31)
# Documented: yyyy-mm-ddThh:mm:ss.
at | at()
at | at(2026-11-23 10:00:00)
at | at(2026-11-23T10:00)
at | at(2026-11-23T10:00:00.5)
at | at(2026-11-23T10:00:00+01:00)
at | at(26-11-23T10:00:00)
at | at( 2026-11-23T10:00:00)
at | at(2027-02-29T10:00:00)
at | at(2026-13-01T10:00:00)
at | at(2026-11-23T24:00:01)
at | at(2026-11-23T10:60:00)
at | at(2026-11-23T10:00:60)
"""

# Expressions that do not fit into a table; the first two were sent to AWS as well.
SPACES = [
    ("form", " rate(10 minutes)"),
    ("rate", "rate( 10 minutes )"),
    ("form", "rate(10 minutes) "),
    ("form", "rate (10 minutes)"),
    ("form", "rate(10 minutes)\n"),
    ("form", ""),
    ("minutes", "cron(0\u00a00 0 * * ? *)"),
    ("length", f"cron({'0,' * 130}0 0 * * ? *)"),
]


@pytest.mark.parametrize(("part", "text"), [*rows(BOTH), *rows(RULES_ONLY), *SPACES])
def test_rules(part: str, text: str) -> None:
    with pytest.raises(InvalidExpression) as error:
        rule_expression(text)

    assert str(error.value).startswith(f"{part}: ")


@pytest.mark.parametrize(("part", "text"), [*rows(BOTH), *rows(SCHEDULES_ONLY), *SPACES])
def test_schedules(part: str, text: str) -> None:
    with pytest.raises(InvalidExpression) as error:
        schedule_expression(text, "Europe/Vienna")

    assert str(error.value).startswith(f"{part}: ")


@pytest.mark.parametrize(
    "name",
    ["", "Vienna", "Europe", "Europe/Vienna ", "/etc/localtime", "../zone", "+01:00", "a\0b"],
)
@pytest.mark.parametrize("text", ["rate(1 hour)", "cron(0 0 * * ? *)", "at(2026-11-23T10:00:00)"])
def test_time_zones(text: str, name: str) -> None:
    with pytest.raises(InvalidExpression, match=r"^time zone: ") as error:
        schedule_expression(text, name)

    assert repr(name) in str(error.value)


def test_the_message_says_what_is_expected() -> None:
    def message(text: str) -> str:
        with pytest.raises(InvalidExpression) as error:
            rule_expression(text)
        return str(error.value)

    assert message("cron(0 0 1 JUNE ? *)") == "month: 'JUNE' is not in 1-12 or JAN-DEC"
    assert message("rate(1 hours)") == "unit: 'hours' must be 'hour' with 1"
    assert message("rate(5 hour)") == "unit: 'hour' must be 'hours' with 5"
    assert message("cron(0 0 * * * *)").endswith("exactly one of them must be '?'")
