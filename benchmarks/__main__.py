"""The command ``python -m benchmarks``."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

import click
from rich.text import Text

from benchmarks import report
from benchmarks.course import Course, Plan
from benchmarks.emulators import MiniStack, Testbed
from benchmarks.machine import this_machine
from benchmarks.measures import Results
from testbed import console
from testbed.errors import TestbedError

_PROJECT = Path(__file__).parent.parent
_ENDING = (signal.SIGINT, signal.SIGTERM)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
def benchmarks() -> None:
    """Measure the testbed. docs/benchmarks.md tells how to read the numbers."""


@benchmarks.command()
@click.option(
    "--starts", type=click.IntRange(0), default=Plan.starts, help="Starts from nothing of each."
)
@click.option(
    "--rounds", type=click.IntRange(0), default=Plan.rounds, help="Outages right after activity."
)
@click.option(
    "--silent-rounds", type=click.IntRange(0), default=Plan.silent_rounds,
    help="Outages after a silence.",
)  # fmt: skip
@click.option(
    "--silence", type=click.FloatRange(0), default=Plan.silence, metavar="SECONDS",
    help="How long a silence is.",
)  # fmt: skip
@click.option(
    "--cold", is_flag=True, help="Measure a start from empty caches, too; it needs the network."
)
@click.option(
    "--json", "file", type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE", help="Write every sample, and the machine, to FILE.",
)  # fmt: skip
@click.option("--markdown", is_flag=True, help="Print Markdown in place of a table.")
def up(
    starts: int,
    rounds: int,
    silent_rounds: int,
    silence: float,
    cold: bool,
    file: Path | None,
    markdown: bool,
) -> None:
    """Measure from nothing to the pipeline, and from a check to the incident, beside MiniStack."""
    machine = this_machine()
    plan = Plan(starts, rounds, silent_rounds, silence, cold)
    with TemporaryDirectory(prefix="benchmarks-") as folder:
        emulators = [kind(_PROJECT, Path(folder)) for kind in (Testbed, MiniStack)]
        results = Results(tuple(emulator.name for emulator in emulators))
        Course(emulators, plan, results, console.report).run()
    if file is not None:
        file.write_text(report.as_json(results, machine, plan), encoding="utf-8")
    if markdown:
        click.echo(report.as_markdown(results, machine), nl=False)
        return
    console.output.print(report.as_table(results))
    console.output.print(Text(str(machine)))
    for line in report.lacking(results):
        console.output.print(Text(line))


def main() -> None:
    """Run the command line; whatever ends it, nothing stays behind."""
    for number in _ENDING:
        signal.signal(number, _leave)
    try:
        status = benchmarks.main(prog_name="python -m benchmarks", standalone_mode=False)
    except TestbedError as error:
        console.fail(error)
        status = 1
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    sys.exit(status)


def _leave(number: int, _frame: FrameType | None) -> None:
    """Stop everything and end; a second Ctrl-C must not disturb the first."""
    for one in _ENDING:
        signal.signal(one, signal.SIG_IGN)
    console.progress.print("Interrupted.")
    raise SystemExit(128 + number)  # as a shell reports it


if __name__ == "__main__":
    main()
