"""The command ``python -m benchmarks``."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

import click
from rich.console import RenderableType
from rich.text import Text

from benchmarks import report
from benchmarks.benchmark import Benchmark
from benchmarks.container import Contained
from benchmarks.emulators import Emulator, MiniStack, Testbed, WithoutJournal
from benchmarks.functions import benchmark as functions
from benchmarks.functions.metrics import FunctionMetric
from benchmarks.machine import Machine, this_machine
from benchmarks.metrics import Results
from benchmarks.pipeline import benchmark as pipeline
from benchmarks.pipeline.metrics import PipelineMetric
from benchmarks.schedules import benchmark as scheduled
from benchmarks.schedules import report as schedules_report
from benchmarks.schedules.metrics import Findings, ScheduleMetric
from testbed.errors import TestbedError
from testbed.terminal import console
from testbed.terminal.durations import Duration

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_PROJECT = Path(__file__).parent.parent
_ENDING = (signal.SIGINT, signal.SIGTERM)
_COMPARED: tuple[type[Emulator], ...] = (Testbed, MiniStack)
_MINUTE = timedelta(minutes=1)


class _View[R](Protocol):
    """How results are shown: a module such as ``benchmarks.report``."""

    def as_table(self, results: R, /) -> RenderableType: ...

    def as_markdown(self, results: R, machine: Machine, /) -> str: ...

    def as_json(self, results: R, machine: Machine, plan: DataclassInstance, /) -> str: ...


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
def benchmarks() -> None:
    """Metric the testbed. docs/benchmarks.md tells how to read the numbers."""


def _with_results[**P](command: Callable[P, None]) -> Callable[P, None]:
    """Add the options of all commands: what becomes of the results."""
    for option in (
        click.option("--markdown", is_flag=True, help="Print Markdown in place of a table."),
        click.option(
            "--json", "file", type=click.Path(path_type=Path, dir_okay=False, writable=True),
            metavar="FILE", help="Write every sample, and the machine, to FILE.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def _times(name: str, default: int, help_text: str) -> Callable[..., Any]:
    """Return an option that says how often to measure something."""
    return click.option(name, type=click.IntRange(0), default=default, help=help_text)


_without_journal = click.option(
    "--without-journal", is_flag=True, help="Metric the testbed without its journal, too."
)


@benchmarks.command()
@_times("--starts", pipeline.Plan.starts, "Starts from nothing of each.")
@_times("--rounds", pipeline.Plan.rounds, "Outages right after activity.")
@_times("--silent-rounds", pipeline.Plan.silent_rounds, "Outages after a silence.")
@click.option(
    "--silence", type=click.FloatRange(0), default=pipeline.Plan.silence, metavar="SECONDS",
    help="How long a silence is.",
)  # fmt: skip
@click.option(
    "--cold", is_flag=True, help="Metric a start from empty caches, too; it needs the network."
)
@click.option("--docker", is_flag=True, help="Metric the testbed in a container, too.")
@_without_journal
@_with_results
def up(
    starts: int,
    rounds: int,
    silent_rounds: int,
    silence: float,
    cold: bool,
    docker: bool,
    without_journal: bool,
    file: Path | None,
    markdown: bool,
) -> None:
    """Metric from nothing to the pipeline, and from a check to the incident, beside MiniStack."""
    plan = pipeline.Plan(starts, rounds, silent_rounds, silence, cold)

    def benchmark(emulators: Sequence[Emulator], results: Results) -> Benchmark:
        return pipeline.PipelineBenchmark(emulators, plan, results, console.report)

    _run(
        lambda names: Results(names, PipelineMetric), plan, benchmark, report, file, markdown,
        (
            *_COMPARED,
            *([Contained] if docker else []),
            *([WithoutJournal] if without_journal else []),
        ),
    )  # fmt: skip


@benchmarks.command("lambda")
@_times("--warm", functions.Plan.warm, "Invocations of an environment that is there.")
@_times("--cold", functions.Plan.cold, "Cold starts of each kind of function.")
@_times("--bursts", functions.Plan.bursts, "Bursts of 100 invocations, twice each.")
@_times("--batches", functions.Plan.batches, "Times to weigh 20 environments of each kind.")
@_without_journal
@_with_results
def lambda_(
    warm: int,
    cold: int,
    bursts: int,
    batches: int,
    without_journal: bool,
    file: Path | None,
    markdown: bool,
) -> None:
    """Metric functions by themselves, beside MiniStack: time of invocations, and memory."""
    plan = functions.Plan(warm, cold, bursts, batches)

    def benchmark(emulators: Sequence[Emulator], results: Results) -> Benchmark:
        return functions.FunctionBenchmark(emulators, plan, results, console.report)

    _run(
        lambda names: Results(names, FunctionMetric), plan, benchmark, report, file, markdown,
        (*_COMPARED, WithoutJournal) if without_journal else _COMPARED,
    )  # fmt: skip


@benchmarks.command()
@click.option(
    "--duration", type=Duration(), default="10m", help="How long rules and schedules fire."
)
@click.option(
    "--quiet", type=Duration(), default="1m",
    help="Duration of each of three CPU measurements, in whole minutes; 0m for no costs at all.",
)  # fmt: skip
@_with_results
def schedules(duration: timedelta, quiet: timedelta, file: Path | None, markdown: bool) -> None:
    """Let rules and schedules fire in real time, beside MiniStack, and weigh 1,000 of them.

    The exit code is 1 if one of ours fired never, twice, too early or once it was disabled.
    """
    if duration < _MINUTE:
        raise click.BadParameter("what fires once a minute needs 1m.", param_hint="--duration")
    if quiet % _MINUTE:
        raise click.BadParameter("only whole minutes are comparable.", param_hint="--quiet")
    plan = scheduled.Plan(duration.total_seconds(), quiet.total_seconds())

    def benchmark(emulators: Sequence[Emulator], findings: Findings) -> Benchmark:
        return scheduled.ScheduleBenchmark(emulators, plan, findings, console.report)

    findings = _run(
        lambda names: Findings(names, ScheduleMetric), plan, benchmark, schedules_report,
        file, markdown,
    )  # fmt: skip
    if schedules_report.is_wrong(findings):
        raise SystemExit(1)


def _run[R: Results](
    empty: Callable[[tuple[str, ...]], R],
    plan: DataclassInstance,
    benchmark: Callable[[Sequence[Emulator], R], Benchmark],
    view: _View[R],
    file: Path | None,
    markdown: bool,
    kinds: tuple[type[Emulator], ...] = _COMPARED,
) -> R:
    machine = this_machine()
    with TemporaryDirectory(prefix="benchmarks-") as folder:
        emulators = [kind(_PROJECT, Path(folder)) for kind in kinds]
        results = empty(tuple(emulator.name for emulator in emulators))
        benchmark(emulators, results).run()
    if file is not None:
        file.write_text(view.as_json(results, machine, plan), encoding="utf-8")
    if markdown:
        console.line(view.as_markdown(results, machine).rstrip("\n"), multiline=True)
    else:
        console.output.print(view.as_table(results))
        console.output.print(Text(str(machine)))
        for line in report.failures(results):
            console.output.print(Text(line))
    _check_ours(results, emulators)
    return results


def _check_ours(results: Results, emulators: Sequence[Emulator]) -> None:
    """Fail if the testbed could not do something; what MiniStack lacks is a result."""
    ours = [each.name for each in emulators if not isinstance(each, MiniStack)]
    failed = [
        f"{name}, {metric.label}: {reason}"
        for metric in results.measured()
        for name in ours
        if (reason := results.reason(metric, name))
    ]
    if failed:
        raise TestbedError("The testbed could not be measured.", details="\n".join(failed))


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
        console.fail_usage(error)
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
