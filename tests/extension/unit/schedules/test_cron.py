"""Due times of cron expressions, from AWS's documentation and from a calendar.

The first table has the examples of
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cron-expressions.html and
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html. Each line has the
fields, the start and the due times, in UTC; ``never`` means that there are no more.
"""

from datetime import timedelta, timezone

import pytest
from localstack_testbed.schedules.expressions import rule_expression, schedule_expression

from tests.extension.unit.schedules.times import JUST_BEFORE, due_times, moments, rows, utc

AWS_EXAMPLES = """
0 10 * * ? *                  | 2026-11-23 10:00 | 2026-11-23 10:00, 2026-11-24 10:00
15 12 * * ? *                 | 2026-12-31 12:16 | 2027-01-01 12:15, 2027-01-02 12:15
# 27 November 2026 is a Friday.
0 18 ? * MON-FRI *            | 2026-11-26       | 2026-11-26 18:00, 2026-11-27 18:00,
                              |                  | 2026-11-30 18:00
0 8 1 * ? *                   | 2026-11-01 08:01 | 2026-12-01 08:00, 2027-01-01 08:00
0/15 * * * ? *                | 2026-11-23 22:31 | 2026-11-23 22:45, 23:00, 23:15
0/10 * ? * MON-FRI *          | 2026-11-27 23:41 | 2026-11-27 23:50, 2026-11-30, 00:10
0/5 8-17 ? * MON-FRI *        | 2026-11-27 17:50 | 2026-11-27 17:50, 17:55, 2026-11-30 08:00
# Not on Saturday: the hours are those of each day.
0/30 20-2 ? * MON-FRI *       | 2026-11-27 01:45 | 2026-11-27 02:00, 02:30, 20:00, 20:30, 21:00,
                              |                  | 21:30, 22:00, 22:30, 23:00, 23:30, 2026-11-30
0 12 * * ? *                  | 2028-02-28 12:01 | 2028-02-29 12:00, 2028-03-01 12:00
5,35 14 * * ? *               | 2026-11-23 14:05 | 2026-11-23 14:05, 14:35, 2026-11-24 14:05
15 10 ? * 6L 2022-2023        | 2023-10-01       | 2023-10-27 10:15, 2023-11-24 10:15,
                              |                  | 2023-12-29 10:15, never
1/10 3 1 1 ? 2026             | 2026-01-01 03:02 | 2026-01-01 03:11, 03:21
0 0 ? * 3#2 *                 | 2026-11-01       | 2026-11-10, 2026-12-08
0 0 3W * ? *                  | 2026-09-01       | 2026-09-03, 2026-10-02
0 0 1 JAN,FEB,MAR ? *         | 2026-02-02       | 2026-03-01, 2027-01-01
0 0 1-15 * ? *                | 2026-11-15       | 2026-11-15, 2026-12-01
0 0 7 * ? *                   | 2026-11-01       | 2026-11-07, 2026-12-07
"""

MINUTES_AND_HOURS = """
* * * * ? *                   | 2026-12-31 23:59 | 2026-12-31 23:59, 2027-01-01
5/10 0 * * ? *                | 2026-01-01 00:40 | 2026-01-01 00:45, 00:55, 2026-01-02 00:05
*/25 * * * ? *                | 2026-01-01 00:30 | 2026-01-01 00:50, 01:00
50-10/10 7 * * ? *            | 2026-01-01       | 2026-01-01 07:00, 07:10, 07:50
15/65 10 * * ? *              | 2026-01-01       | 2026-01-01 10:15, 2026-01-02 10:15
10,5,5 0 * * ? *              | 2026-01-01       | 2026-01-01 00:05, 00:10, 2026-01-02 00:05
0-2,30-40/5,59 1 * * ? *      | 2026-01-01 01:02 | 2026-01-01 01:02, 01:30, 01:35
00 07/12 * * ? *              | 2026-01-01       | 2026-01-01 07:00, 19:00, 2026-01-02 07:00
0 22-2 * * ? *                | 2026-01-01 01:30 | 2026-01-01 02:00, 22:00, 23:00
0 22-2/2 * * ? *              | 2026-01-01       | 2026-01-01, 02:00, 22:00
30-30 13-13 * * ? *           | 2026-01-01 14:00 | 2026-01-02 13:30, 2026-01-03 13:30
59 23 * * ? *                 | 2026-02-28 23:59 | 2026-02-28 23:59, 2026-03-01 23:59
*,5 3 * * ? *                 | 2026-01-01 03:58 | 2026-01-01 03:58, 03:59, 2026-01-02 03:00
"""

DAYS_OF_THE_MONTH = """
0 0 31 * ? *                  | 2026-01-01       | 2026-01-31, 2026-03-31, 2026-05-31
0 0 30 1-3 ? *                | 2026-01-31       | 2026-03-30, 2027-01-30
0 0 29 2 ? *                  | 2026-01-01       | 2028-02-29, 2032-02-29
# 2100 is no leap year.
0 0 29 FEB ? *                | 2096-03-01       | 2104-02-29
0 0 29 2 ? 2000/100           | 1970-01-01       | 2000-02-29, never
0 0 L * ? *                   | 2027-12-31 00:01 | 2028-01-31, 2028-02-29, 2028-03-31
0 0 L 2 ? *                   | 2026-01-01       | 2026-02-28, 2027-02-28, 2028-02-29
0 0 1,L * ? *                 | 2026-02-02       | 2026-02-28, 2026-03-01, 2026-03-31
0 0 1-31/2 2-3 ? *            | 2026-02-26       | 2026-02-27, 2026-03-01
0 0 1-31/30 * ? *             | 2026-01-02       | 2026-01-31, 2026-02-01, 2026-03-01
0 0 */10 * ? *                | 2026-02-01       | 2026-02-01, 2026-02-11, 2026-02-21, 2026-03-01
0 0 28-2 * ? *                | 2026-02-27       | 2026-02-28, 2026-03-01, 2026-03-02, 2026-03-28
# 1 August 2026 is a Saturday, 1 November 2026 a Sunday: the next Monday is in the same month.
0 0 1W * ? *                  | 2026-07-02       | 2026-08-03, 2026-09-01
0 0 1W 11 ? *                 | 2026-01-01       | 2026-11-02, 2027-11-01
# 31 January 2027 is a Sunday, 31 July a Saturday; months without a 31st are passed over.
0 0 31W * ? 2027              | 2027-01-01       | 2027-01-29, 2027-03-31, 2027-05-31, 2027-07-30,
                              |                  | 2027-08-31, 2027-10-29, 2027-12-31, never
# 28 February: a Saturday in 2026, a Sunday in 2027. 29 February 2032 is a Sunday.
0 0 28W 2 ? *                 | 2026-01-01       | 2026-02-27, 2027-02-26
0 0 29W 2 ? *                 | 2026-01-01       | 2028-02-29, 2032-02-27
0 0 15W 8,11 ? 2026           | 2026-01-01       | 2026-08-14, 2026-11-16, never
0 0 LW * ? *                  | 2026-01-01       | 2026-01-30, 2026-02-27, 2026-03-31, 2026-04-30,
                              |                  | 2026-05-29
0 0 1W,15 8 ? *               | 2026-01-01       | 2026-08-03, 2026-08-15
0 0 lw 5 ? *                  | 2026-01-01       | 2026-05-29
"""

DAYS_OF_THE_WEEK = """
0 0 ? * 1 *                   | 2026-11-23       | 2026-11-29, 2026-12-06
0 0 ? * 7 *                   | 2026-11-23       | 2026-11-28, 2026-12-05
0 0 ? * SUN,WED *             | 2026-11-23       | 2026-11-25, 2026-11-29
0 0 ? * * *                   | 2026-11-23       | 2026-11-23, 2026-11-24
* * ? * mon-sun *             | 2026-11-28 23:59 | 2026-11-28 23:59, 2026-11-29
0 0 ? * FRI-MON *             | 2026-11-23 00:01 | 2026-11-27, 2026-11-28, 2026-11-29, 2026-11-30,
                              |                  | 2026-12-04
0 0 ? * Sat-1 *               | 2026-11-23       | 2026-11-28, 2026-11-29, 2026-12-05
0 0 ? * MON-FRI/2 *           | 2026-11-23       | 2026-11-23, 2026-11-25, 2026-11-27, 2026-11-30
0 0 ? * 2/3 *                 | 2026-11-23       | 2026-11-23, 2026-11-26, 2026-11-30
0 0 ? * L *                   | 2026-11-23       | 2026-11-28, 2026-12-05
0 0 ? * 5L *                  | 2026-11-01       | 2026-11-26, 2026-12-31
0 0 ? * FRIL *                | 2026-11-01       | 2026-11-27, 2026-12-25
0 0 ? 2 SUNL *                | 2026-01-01       | 2026-02-22, 2027-02-28
0 0 ? 2 3L 2028               | 2026-01-01       | 2028-02-29, never
0 0 ? * SAT#3 *               | 2026-11-01       | 2026-11-21, 2026-12-19
0 0 ? * 1#1 *                 | 2026-11-01       | 2026-11-01, 2026-12-06
# Months with five Mondays; a February with five Wednesdays.
0 0 ? * 2#5 *                 | 2026-09-01       | 2026-11-30, 2027-03-29
0 0 ? 2 WED#5 *               | 2026-01-01       | 2040-02-29, 2068-02-29
0 0 ? * MON,FRIL *            | 2026-11-24       | 2026-11-27, 2026-11-30
"""

MONTHS_AND_YEARS = """
0 0 1 NOV-FEB ? *             | 2026-10-01       | 2026-11-01, 2026-12-01, 2027-01-01, 2027-02-01,
                              |                  | 2027-11-01
0 0 1 1/5 ? *                 | 2026-01-02       | 2026-06-01, 2026-11-01, 2027-01-01
0 0 1 jan-APR,Jul-oct/2,12 ? *| 2026-04-02       | 2026-07-01, 2026-09-01, 2026-12-01, 2027-01-01
0 0 1 1 ? 2026,2030           | 2026-01-01 00:01 | 2030-01-01, never
0 0 1 1 ? 2026/2              | 2026-06-01       | 2028-01-01, 2030-01-01
0 0 1 1 ? */100               | 2026-06-01       | 2070-01-01, 2170-01-01, never
0 0 1 1 ? 2020                | 2026-06-01       | never
0 0 1 1 ? 1970-2199           | 1969-06-01       | 1970-01-01
59 23 31 12 ? 2199            | 2026-01-01       | 2199-12-31 23:59, never
* * * * ? *                   | 2199-12-31 23:59 | 2199-12-31 23:59, never
# Dates that do not exist.
0 0 30 2 ? 2030               | 2026-01-01       | never
0 0 31 2,4,6,9,11 ? *         | 2026-01-01       | never
* * 30W 2 ? *                 | 2026-01-01       | never
0 0 29 2 ? 2027               | 2026-01-01       | never
"""

TABLES = [AWS_EXAMPLES, MINUTES_AND_HOURS, DAYS_OF_THE_MONTH, DAYS_OF_THE_WEEK, MONTHS_AND_YEARS]


@pytest.mark.parametrize(("fields", "start", "due"), [row for t in TABLES for row in rows(t)])
def test_due_times(fields: str, start: str, due: str) -> None:
    expected = moments(due)
    times = [utc(text) for text in expected if text != "never"]

    for expression in (rule_expression(f"cron({fields})"), schedule_expression(f"cron({fields})")):
        assert due_times(expression, utc(start), len(expected)) == times
        assert expression.text == f"cron({fields})"


def test_the_next_time_is_strictly_later() -> None:
    expression = rule_expression("cron(0 10 * * ? *)")
    ten, tomorrow = utc("2026-11-23 10:00"), utc("2026-11-24 10:00")

    assert expression.next_after(ten - JUST_BEFORE, ten) == ten
    assert expression.next_after(ten, ten) == tomorrow
    assert expression.next_after(ten + JUST_BEFORE, ten) == tomorrow
    assert expression.next_after(ten + timedelta(seconds=59), ten) == tomorrow


def test_moments_come_in_any_time_zone() -> None:
    moment = utc("2026-11-23 10:00").astimezone(timezone(timedelta(hours=5, minutes=30)))
    due = rule_expression("cron(0 10 * * ? *)").next_after(moment, moment)

    assert due is not None
    assert due.isoformat() == "2026-11-24T10:00:00+00:00"


def test_the_year_may_be_left_out_of_a_schedule() -> None:
    """By the syntax of https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html."""
    expression = schedule_expression("cron(0 10 * * ?)")

    assert due_times(expression, utc("2026-12-31 11:00"), 1) == [utc("2027-01-01 10:00")]


def test_fields_may_stand_apart() -> None:
    expression = rule_expression("cron(0  10\t* * ? *)")

    assert due_times(expression, utc("2026-11-23"), 1) == [utc("2026-11-23 10:00")]
