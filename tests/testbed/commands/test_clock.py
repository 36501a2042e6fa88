"""The output of ``testbed clock`` and ``testbed clock advance``."""

from __future__ import annotations

import pytest

from testbed.commands.clock import print_advance, print_clock
from tests.testbed.schedules import GROUPED, NIGHTLY, RULE, firing, schedule


def test_clock_is_shown_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    print_clock(
        {
            "now": "2026-12-24T12:00:00.250000Z",
            "offset_seconds": 7200.0,
            "next": [
                schedule(RULE, scheduled_time="2026-12-24T13:30:00Z"),
                schedule(GROUPED, state="DISABLED"),
                schedule(NIGHTLY, expression="at(2026-12-24T01:00:00)"),
            ],
        }
    )
    assert capsys.readouterr().out.splitlines() == [
        "2026-12-24 12:00:00 UTC  2h ahead of real time",
        "",
        "name            kind      expression               next time                in",
        "cron-rule       rule      rate(1 minute)           2026-12-24 13:30:00 UTC  1h30m",
        "reports/weekly  schedule  rate(1 minute)           disabled",
        "nightly         schedule  at(2026-12-24T01:00:00)  never",
    ]


def test_every_firing_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    fired = [firing(RULE), firing(NIGHTLY, error="gone"), firing(NIGHTLY, 2, error="gone")]
    print_advance({"now": "2026-12-24T12:00:01Z", "fired": fired})
    written = capsys.readouterr()
    assert written.out.splitlines() == [
        "2026-12-24 12:00:00 UTC  cron-rule",
        "2026-12-24 12:00:00 UTC  nightly    ✗ gone",
        "2026-12-24 12:00:00 UTC  nightly    attempt 2  ✗ gone",
    ]
    assert "2026-12-24 12:00:01 UTC" in written.err
    assert "3 firings" in written.err


def test_many_firings_are_summed_up(capsys: pytest.CaptureFixture[str]) -> None:
    times = [f"2026-12-24T12:{minute:02}:00Z" for minute in range(30)]
    fired = [firing(RULE, scheduled_time=time) for time in times]
    fired.insert(7, firing(NIGHTLY, error="gone"))
    print_advance({"now": "2026-12-24T12:30:00Z", "fired": fired})
    written = capsys.readouterr()
    assert written.out.splitlines() == [
        "name       firings  failed  first                    last",
        "cron-rule       30       0  2026-12-24 12:00:00 UTC  2026-12-24 12:29:00 UTC",
        "nightly          1       1  2026-12-24 12:00:00 UTC  2026-12-24 12:00:00 UTC",
        "",
        "2026-12-24 12:00:00 UTC  nightly  ✗ gone",
    ]
    assert "after 31 firings" in written.err
