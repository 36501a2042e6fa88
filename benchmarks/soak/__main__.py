"""The command ``python -m benchmarks.soak``."""

from __future__ import annotations

import signal
import sys
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

import click

from benchmarks.machine import this_machine
from benchmarks.soak import report
from benchmarks.soak.soak_run import Findings, Plan, SoakRun
from testbed.errors import TestbedError
from testbed.terminal import console
from testbed.terminal.durations import Duration

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Interrupted(BaseException):
    """The run was interrupted; the argument is the exit status for the signal."""


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option(
    "--duration", type=Duration(), default="5m", help="Load for this long; rests take extra time."
)
@click.option(
    "--rate", type=click.FloatRange(0.1), default=Plan.rate,
    help="Make at most this many operations per second.",
)  # fmt: skip
@click.option(
    "--clients",
    type=click.IntRange(1, 32),
    default=Plan.clients,
    help="Run this many clients at the same time.",
)
@click.option(
    "--rest-every", type=Duration(), default="3m",
    help="Rest after this much load; earlier if there would be fewer than six rests.",
)  # fmt: skip
@click.option(
    "--sample-every",
    type=Duration(),
    default="10s",
    help="Take a sample under load at this interval.",
)
@click.option(
    "--json", "file", type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE", help="Write all results, samples and the machine to FILE as JSON.",
)  # fmt: skip
@click.option("--markdown", is_flag=True, help="Print the results as Markdown.")
def soak(
    duration: timedelta,
    rate: float,
    clients: int,
    rest_every: timedelta,
    sample_every: timedelta,
    file: Path | None,
    markdown: bool,
) -> None:
    """Load the Lambda executor for a long time, and check for leaks (docs/soak.md).

    The exit status is 1 if a response was not the expected one, or something leaks.
    """
    if not (duration and rest_every and sample_every):
        raise click.BadParameter("a duration must be more than 0.")
    machine = this_machine()
    plan = Plan(
        duration.total_seconds(),
        rate,
        clients,
        rest_every.total_seconds(),
        sample_every.total_seconds(),
    )
    findings = Findings()
    status = 0
    with TemporaryDirectory(prefix="soak-") as folder:
        try:
            SoakRun(plan, Path(folder).resolve(), findings, console.report).run()
        except _Interrupted as interruption:
            status = int(interruption.args[0])
    if file is not None:
        file.write_text(report.as_json(findings, machine, plan), encoding="utf-8")
    if markdown:
        markdown_text = report.as_markdown(findings, machine, plan)
        console.line(markdown_text.rstrip("\n"), multiline=True)
    else:
        console.output.print(report.as_tables(findings))
        console.output.print(str(machine))
    if not report.passed(findings):
        status = 1
    raise SystemExit(status)


def main() -> None:
    """Run the command line; Ctrl-C stops it with the findings so far."""
    for number in _STOP_SIGNALS:
        signal.signal(number, _interrupt)
    try:
        soak.main(prog_name="python -m benchmarks.soak", standalone_mode=False)
    except TestbedError as error:
        console.fail(error)
        sys.exit(1)
    except click.ClickException as error:
        console.fail_usage(error)
        sys.exit(error.exit_code)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    """Stop the run; further signals do not interrupt that."""
    for one in _STOP_SIGNALS:
        signal.signal(one, signal.SIG_IGN)
    console.progress.print("Interrupted.")
    raise _Interrupted(128 + number)


if __name__ == "__main__":
    main()
