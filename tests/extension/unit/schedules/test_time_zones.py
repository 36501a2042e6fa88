"""Schedules in time zones with daylight saving time.

"When time shifts forward in the Spring, if a cron expression falls on a non-existent date and time,
your schedule invocation is skipped. When time shifts backwards in the Fall, your schedule runs only
once and does not repeat its invocation."
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time

The due times are local times with their UTC offset.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from localstack_testbed.schedules.expressions import schedule_expression

from tests.extension.unit.schedules.times import due_times, moments, rows, utc

CRON = """
# The example of AWS's page: 02:30 is skipped on 8 March 2026, and not repeated on 1 November.
30 2 * * ? *       | America/Los_Angeles | 2026-03-07 | 2026-03-07 02:30-08:00,
                   |                     |            | 2026-03-09 02:30-07:00
30 1 * * ? *       | America/Los_Angeles | 2026-11-01 | 2026-11-01 01:30-07:00,
                   |                     |            | 2026-11-02 01:30-08:00
30 8 * * ? *       | America/New_York    | 2026-10-31 | 2026-10-31 08:30-04:00,
                   |                     |            | 2026-11-01 08:30-05:00
30 2 8 3 ? *       | America/New_York    | 2026-01-01 | 2027-03-08 02:30-05:00
30 2 8 3 ? 2026    | America/New_York    | 2026-01-01 | never
0/30 1-3 8 3 ? *   | America/New_York    | 2026-03-01 | 2026-03-08 01:00-05:00, 01:30-05:00,
                   |                     |            | 03:00-04:00, 03:30-04:00
0/30 0-2 1 11 ? *  | America/New_York    | 2026-11-01 | 2026-11-01 00:00-04:00, 00:30-04:00,
                   |                     |            | 01:00-04:00, 01:30-04:00, 02:00-05:00
* * * * ? *        | America/New_York    | 2026-11-01 05:59 | 2026-11-01 01:59-04:00, 02:00-05:00
# Vienna: 29 March and 25 October 2026.
30 2 ? * SUN *     | Europe/Vienna       | 2026-03-22 | 2026-03-22 02:30+01:00,
                   |                     |            | 2026-04-05 02:30+02:00
30 2 ? * SUN *     | Europe/Vienna       | 2026-10-24 | 2026-10-25 02:30+02:00,
                   |                     |            | 2026-11-01 02:30+01:00
0 2,3 29 3 ? *     | Europe/Vienna       | 2026-03-01 | 2026-03-29 03:00+02:00,
                   |                     |            | 2027-03-29 02:00+02:00
0 3 25 10 ? *      | Europe/Vienna       | 2026-10-01 | 2026-10-25 03:00+01:00
0 0 L * ? *        | Europe/Vienna       | 2026-09-30 | 2026-10-31 00:00+01:00,
                   |                     |            | 2026-11-30 00:00+01:00
0 0 1 1 ? 2027     | Europe/Vienna       | 2026-06-01 | 2027-01-01 00:00+01:00, never
# Lord Howe shifts by 30 minutes: 02:00-02:30 is skipped on 4 October 2026, and 01:30-02:00 comes
# twice on 5 April.
15 2 * * ? *       | Australia/Lord_Howe | 2026-10-02 15:00 | 2026-10-03 02:15+10:30,
                   |                     |            | 2026-10-05 02:15+11:00
30 2 * * ? *       | Australia/Lord_Howe | 2026-10-02 16:30 | 2026-10-04 02:30+11:00
45 1 * * ? *       | Australia/Lord_Howe | 2026-04-04 12:00 | 2026-04-05 01:45+11:00,
                   |                     |            | 2026-04-06 01:45+10:30
0/15 1-2 5 4 ? *   | Australia/Lord_Howe | 2026-04-04 | 2026-04-05 01:00+11:00, 01:15+11:00,
                   |                     |            | 01:30+11:00, 01:45+11:00, 02:00+10:30
# Apia skipped 30 December 2011.
0 12 * * ? *       | Pacific/Apia        | 2011-12-29 22:00 | 2011-12-29 12:00-10:00,
                   |                     |            | 2011-12-31 12:00+14:00
* * * * ? *        | Pacific/Apia        | 2011-12-30 09:59 | 2011-12-29 23:59-10:00,
                   |                     |            | 2011-12-31 00:00+14:00
0 0 30 12 ? *      | Pacific/Apia        | 2011-01-01 | 2012-12-30 00:00+14:00
# No daylight saving time.
0 9 ? * MON *      | Asia/Kathmandu      | 2026-11-23 | 2026-11-23 09:00+05:45,
                   |                     |            | 2026-11-30 09:00+05:45
0 0 1 * ? *        | Etc/UTC             | 2026-11-23 | 2026-12-01 00:00+00:00
"""


@pytest.mark.parametrize(("fields", "zone", "start", "due"), rows(CRON))
def test_cron(fields: str, zone: str, start: str, due: str) -> None:
    expected = moments(due)
    times = due_times(schedule_expression(f"cron({fields})", zone), utc(start), len(expected))

    assert times == [utc(text) for text in expected if text != "never"]
    assert all(time.utcoffset() == utc("2026-01-01").utcoffset() for time in times)


def test_nothing_is_due_while_the_clocks_show_the_same_times_again() -> None:
    expression = schedule_expression("cron(0/5 * * * ? *)", "Europe/Vienna")
    again = datetime(2026, 10, 25, 2, 10, tzinfo=ZoneInfo("Europe/Vienna"), fold=1)

    assert expression.next_after(again, again) == utc("2026-10-25 03:00+01:00")


AT = """
2022-11-20T13:00:00 | America/Los_Angeles | 2022-11-20 21:00
2026-07-01T00:00:00 | UTC                 | 2026-07-01
2028-02-29T23:59:59 | Asia/Tokyo          | 2028-02-29 14:59:59
# Times that occur twice: the first one. Skipped times: moved forward.
2026-10-25T02:30:00 | Europe/Vienna       | 2026-10-25 02:30+02:00
2026-03-29T02:30:00 | Europe/Vienna       | 2026-03-29 03:30+02:00
"""


@pytest.mark.parametrize(("text", "zone", "due"), rows(AT))
def test_at(text: str, zone: str, due: str) -> None:
    """The first one is the example of AWS's page, "1pm UTC-8 on November 20, 2022"."""
    expression = schedule_expression(f"at({text})", zone)

    assert expression.text == f"at({text})"
    assert due_times(expression, utc("2000-01-01"), 2) == [utc(due)]
    assert due_times(expression, utc(due), 2) == [utc(due)]
    assert expression.next_after(utc(due), utc(due)) is None
