"""What people see of schedules: the clock, what fires next, and what was fired."""

from __future__ import annotations

from datetime import datetime, timedelta

from testbed.control.clock import Advance, Firing, Schedule, View, label
from testbed.errors import TestbedError
from testbed.terminal import console
from testbed.terminal.console import progress
from testbed.terminal.durations import duration_text, moment_text

_HEADINGS = ("name", "kind", "expression", "next time", "in")


def print_clock(view: View) -> None:
    """Print the time and a table of the next firings."""
    offset = timedelta(seconds=view["offset_seconds"])
    ahead = f"{duration_text(offset)} ahead of real time" if offset else "real time"
    console.line(f"{moment_text(view['now'])}  ", (ahead, "dim"))
    if not view["next"]:
        progress.print("There are no schedules.")
        return
    now = datetime.fromisoformat(view["now"])
    rows = [_HEADINGS, *(_row(each, now) for each in view["next"])]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    console.line()
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        console.line(("  ".join(cells).rstrip(), "bold" if row is _HEADINGS else ""))


def _row(schedule: Schedule, now: datetime) -> tuple[str, ...]:
    if schedule["state"] == "DISABLED":
        next_time, pause = "disabled", ""
    elif due := schedule.get("scheduled_time"):
        next_time, pause = moment_text(due), duration_text(datetime.fromisoformat(due) - now)
    else:
        next_time, pause = "never", ""
    name, kind = label(schedule["arn"]), schedule["kind"]
    return name, kind, schedule["expression"], next_time, pause


def print_advance(advance: Advance) -> None:
    """Print a line for every firing, and the time."""
    width = max((len(label(firing["arn"])) for firing in advance["fired"]), default=0)
    for firing in advance["fired"]:
        console.line(*_parts(firing, width))
    count = len(advance["fired"])
    firings = f"{count} firing{'' if count == 1 else 's'}"
    progress.print(f"It is {moment_text(advance['now'])} now, after {firings}.")


def _parts(firing: Firing, width: int) -> list[tuple[str, str]]:
    again, failed = firing["attempt"] > 1, "error" in firing
    name = f"{label(firing['arn']):<{width}}"
    parts = [
        (moment_text(firing["scheduled_time"]), "dim"),
        (f"  {name if again or failed else name.rstrip()}", ""),
    ]
    if again:
        parts.append((f"  attempt {firing['attempt']}", ""))
    if failed:
        parts.append((f"  ✗ {firing['error']}", "red"))
    return parts


def check(firings: list[Firing]) -> None:
    """Fail if a firing has failed.

    Raises
    ------
    TestbedError
        Which names the first one that failed.
    """
    failed = [firing for firing in firings if "error" in firing]
    if not failed:
        return
    first = failed[0]
    raise TestbedError(
        f"{label(first['arn'])} failed"
        if len(firings) == 1
        else f"{len(failed)} of {len(firings)} firings failed, first {label(first['arn'])}",
        details=first["error"],
        advice="A delivery is tried again as the retry policy says, and its event goes to the"
        " dead-letter queue in the end, if there is one.",
    )
