"""How a timeline reads."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console
from rich.text import Text

from testbed.demo.timeline import Hop, Timeline, chart, checklist

ORIGIN = datetime(2026, 1, 2, 3, 4, 5, 600_000, UTC)

CHECKLIST = """\
  ✓ check begins       HTTP 503 [down]
  · alert published
  ✓ email received     [critical] shop is DOWN
"""

CHART = """\
  shop breaks
  schedule fires          0 ms  ╸                       start
  check begins           50 ms  ━━━                     state in S3
  alert published       200 ms  ━━━━━━━━━━━             log of website-monitor
  email received        400 ms  ━━━━━━━━━━━━━━━━━━━━━━  seen by polling
  (incident-recorder started cold)

  shop recovers
  POST /checks            0 ms  ╸                       start
  email received        100 ms  ━━━━━━                  seen by polling
"""


def after(milliseconds: float) -> datetime:
    return ORIGIN + timedelta(milliseconds=milliseconds)


@pytest.fixture
def breaks() -> Timeline:
    return Timeline(
        "shop breaks",
        "schedule fires",
        ORIGIN,
        [Hop("check begins"), Hop("alert published"), Hop("email received")],
        ["incident-recorder started cold"],
    )


def plain(text: Text) -> str:
    """Print as to a file or a pipe."""
    console = Console(file=io.StringIO(), width=80, soft_wrap=True, highlight=False)
    console.print(text)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines)


def test_checklist_tells_what_was_seen_and_what_is_waited_for(breaks: Timeline) -> None:
    breaks.reach("email received", after(400), detail="[critical] shop is DOWN")
    breaks.reach("check begins", after(50), "state in S3", "HTTP 503 [down]")

    assert plain(checklist(breaks)) == CHECKLIST


def test_chart_draws_hops_in_order_of_time_and_to_one_scale(breaks: Timeline) -> None:
    breaks.reach("email received", after(400))
    breaks.reach("alert published", after(200), "log of website-monitor")
    breaks.reach("check begins", after(50), "state in S3")
    recovers = Timeline("shop recovers", "POST /checks", ORIGIN, [Hop("email received")])
    recovers.reach("email received", after(100))

    assert plain(chart([breaks, recovers])) == CHART


def test_lines_fit_a_terminal_of_80_columns() -> None:
    assert max(map(len, CHART.splitlines())) <= 80


def test_nothing_but_text_goes_to_a_file(breaks: Timeline) -> None:
    breaks.reach("check begins", after(50), "state in S3", "HTTP 503")

    shown = plain(checklist(breaks)) + plain(chart([breaks]))

    assert all(char.isprintable() or char == "\n" for char in shown)


def test_a_better_time_replaces_one_and_keeps_what_was_seen(breaks: Timeline) -> None:
    breaks.reach("check begins", after(90), detail="HTTP 503")
    breaks.reach("check begins", after(50), "state in S3")

    [hop, *_] = breaks.hops

    assert hop == Hop("check begins", after(50), "state in S3", "HTTP 503")


def test_a_hop_just_before_the_origin_has_a_negative_time_and_no_bar(breaks: Timeline) -> None:
    # The schedule may fire by itself between the outage and the tick.
    breaks.reach("check begins", after(-20), "state in S3")
    breaks.reach("email received", after(100))

    assert f"  check begins          -20 ms  ╸{' ' * 23}state in S3\n" in plain(chart([breaks]))


def test_chart_of_nothing_reached_shows_only_its_cause(breaks: Timeline) -> None:
    breaks.notes.clear()

    assert plain(chart([breaks])).splitlines() == [
        "  shop breaks",
        "  schedule fires          0 ms  ╸                       start",
    ]
