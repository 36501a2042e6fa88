"""``testbed clock``, and ``testbed clock advance``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from testbed.commands.options import json_option, reject_options
from testbed.control.clock import (
    Advance,
    Clock,
    Firing,
    InvalidAdvanceError,
    Schedule,
    View,
    check_firings,
    label,
)
from testbed.terminal import console
from testbed.terminal.durations import Duration, Moment, duration_text, moment_text
from testbed.terminal.tables import print_table

if TYPE_CHECKING:
    from testbed.session import Session
    from testbed.terminal.console import Part

# More firings are summed up: an advance of two hours fires a rule of every minute 120 times.
_MOST_FIRINGS_SHOWN = 20


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def clock(context: click.Context, as_json: bool) -> None:
    """Show the clock of the schedules, and their next firings."""
    if context.invoked_subcommand:
        reject_options(f"put it after {context.invoked_subcommand}")
        return
    view = Clock(context.obj.endpoint).view()
    if as_json:
        console.print_json(view)
    else:
        print_clock(view)


@clock.command()
@click.argument(
    "duration", type=Duration(), required=False,
    help="How far to advance, for example 90s, 5m, 2h, 1d or 1h30m.",
)  # fmt: skip
@click.option(
    "--to", "moment", type=Moment(), metavar="TIME",
    help="Advance to TIME instead of by DURATION, for example 2026-12-24T12:00Z.",
)  # fmt: skip
@json_option
@click.pass_obj
def advance(
    session: Session, duration: timedelta | None, moment: datetime | None, as_json: bool
) -> None:
    """Move the clock forward by DURATION, and fire everything that is due until then.

    At most 10,000 firings may be due, and a hundred years pass; otherwise nothing is changed. More
    than 20 firings are summed up.
    """
    schedules = Clock(session.endpoint)
    try:
        match duration, moment:
            case timedelta(), None:
                result = schedules.advance_by(duration)
            case None, datetime():
                result = schedules.advance_to(moment)
            case _:
                raise click.UsageError("Give either a DURATION such as 2h, or --to TIME.")
    except InvalidAdvanceError as error:
        raise click.UsageError(f"The clock was not moved: {error.message}") from error
    if as_json:
        console.print_json(result)
    else:
        print_advance(result)
    check_firings(result["fired"])


def print_clock(view: View) -> None:
    """Print the time, and a table of the next firings."""
    offset = timedelta(seconds=view["offset_seconds"])
    ahead = f"{duration_text(offset)} ahead of real time" if offset else "real time"
    console.line(f"{moment_text(view['now'])}  ", (ahead, "dim"))
    if not view["next"]:
        console.progress.print("There are no schedules.")
        return
    now = datetime.fromisoformat(view["now"])
    console.line()
    print_table(
        ("name", "kind", "expression", "next time", "in"),
        [_row(each, now) for each in view["next"]],
    )


def _row(schedule: Schedule, now: datetime) -> Sequence[str]:
    if schedule["state"] == "DISABLED":
        next_time, remaining = "disabled", ""
    elif due := schedule.get("scheduled_time"):
        next_time, remaining = moment_text(due), duration_text(datetime.fromisoformat(due) - now)
    else:
        next_time, remaining = "never", ""
    name, kind = label(schedule["arn"]), schedule["kind"]
    return name, kind, schedule["expression"], next_time, remaining


def print_advance(advance: Advance) -> None:
    """Print the firings, or a summary of many and each failure, and the time after them."""
    fired = advance["fired"]
    if len(fired) > _MOST_FIRINGS_SHOWN:
        _print_summary(fired)
        fired = [firing for firing in fired if "error" in firing]
        if fired:
            console.line()
    if fired:
        print_table((), map(_cells, fired))
    count = len(advance["fired"])
    firings = f"{count} firing{'' if count == 1 else 's'}"
    console.progress.print(f"The clock is now at {moment_text(advance['now'])}, after {firings}.")


def _print_summary(fired: list[Firing]) -> None:
    counts = Counter(firing["arn"] for firing in fired)
    failures = Counter(firing["arn"] for firing in fired if "error" in firing)
    times = {
        arn: [moment_text(each["scheduled_time"]) for each in fired if each["arn"] == arn]
        for arn in counts
    }
    print_table(
        ("name", "firings", "failed", "first", "last"),
        [
            (label(arn), str(count), str(failures[arn]), times[arn][0], times[arn][-1])
            for arn, count in counts.items()
        ],
        right_aligned=("firings", "failed"),
    )


def _cells(firing: Firing) -> Sequence[Part]:
    notes: list[Part] = []
    if firing["attempt"] > 1:
        notes.append(f"attempt {firing['attempt']}")
    if "error" in firing:
        notes.append((f"✗ {firing['error']}", "red"))
    note = console.joined("  ", map(console.text, notes))
    return (moment_text(firing["scheduled_time"]), "dim"), label(firing["arn"]), note
