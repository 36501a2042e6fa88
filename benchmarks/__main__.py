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
from benchmarks.container import DockerTestbed
from benchmarks.deployments import benchmark as deployments
from benchmarks.deployments.metrics import DeploymentMetric
from benchmarks.emulators import Emulator, MiniStack, Testbed, TestbedWithoutJournal
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
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_COMPARED: tuple[type[Emulator], ...] = (Testbed, MiniStack)
_MINUTE = timedelta(minutes=1)


class _View[R](Protocol):
    """How to show results: a module such as ``benchmarks.report``."""

    def as_table(self, results: R, /) -> RenderableType: ...

    def as_markdown(self, results: R, machine: Machine, /) -> str: ...

    def as_json(self, results: R, machine: Machine, plan: DataclassInstance, /) -> str: ...


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
def benchmarks() -> None:
    """Measure the testbed. See docs/benchmarks.md for how to read the results."""


def _with_results[**P](command: Callable[P, None]) -> Callable[P, None]:
    """Add the options for output, which all commands have."""
    for option in (
        click.option("--markdown", is_flag=True, help="Print the results as Markdown."),
        click.option(
            "--json", "file", type=click.Path(path_type=Path, dir_okay=False, writable=True),
            metavar="FILE", help="Write all samples, and the machine, to FILE as JSON.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def _times(name: str, default: int, help_text: str) -> Callable[..., Any]:
    """Return an option for the number of measurements."""
    return click.option(name, type=click.IntRange(0), default=default, metavar="N", help=help_text)


_without_journal = click.option(
    "--without-journal", is_flag=True, help="Measure the testbed also without its journal."
)


@benchmarks.command()
@_times("--starts", pipeline.Plan.starts, "Start each emulator N times from nothing.")
@_times("--rounds", pipeline.Plan.rounds, "Measure N outages right after another check.")
@_times("--silent-rounds", pipeline.Plan.silent_rounds, "Measure N outages after a silence.")
@click.option(
    "--silence", type=click.FloatRange(0), default=pipeline.Plan.silence, metavar="SECONDS",
    help="Let a silence last SECONDS.",
)  # fmt: skip
@click.option(
    "--cold", is_flag=True, help="Measure also a start from empty caches, which needs the network."
)
@click.option("--docker", is_flag=True, help="Measure the testbed also in a container.")
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
    """Measure deployment of the pipeline, and checks of a website, next to MiniStack."""
    plan = pipeline.Plan(starts, rounds, silent_rounds, silence, cold)

    _run(
        lambda names: Results(names, PipelineMetric), plan, pipeline.PipelineBenchmark,
        report, file, markdown,
        (
            *_COMPARED,
            *([DockerTestbed] if docker else []),
            *([TestbedWithoutJournal] if without_journal else []),
        ),
    )  # fmt: skip


@benchmarks.command()
@_times("--rounds", deployments.Plan.rounds, "Measure N deployments of each kind.")
@_times("--saves", deployments.Plan.saves, "Measure N saved files while `testbed watch` runs.")
@_with_results
def deploy(rounds: int, saves: int, file: Path | None, markdown: bool) -> None:
    """Measure deployments with and without a change, next to MiniStack."""
    plan = deployments.Plan(rounds, saves)

    _run(
        lambda names: Results(names, DeploymentMetric), plan, deployments.DeploymentBenchmark,
        report, file, markdown,
    )  # fmt: skip


@benchmarks.command("lambda")
@_times("--warm", functions.Plan.warm, "Measure N warm invocations.")
@_times("--cold", functions.Plan.cold, "Measure N cold starts of each kind of function.")
@_times("--bursts", functions.Plan.bursts, "Measure N bursts of 100 invocations.")
@_times(
    "--batches",
    functions.Plan.batches,
    "Measure the memory of N batches of 20.",
)
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
    """Measure the time and memory of Lambda invocations, next to MiniStack."""
    plan = functions.Plan(warm, cold, bursts, batches)

    _run(
        lambda names: Results(names, FunctionMetric), plan, functions.FunctionBenchmark,
        report, file, markdown,
        (*_COMPARED, TestbedWithoutJournal) if without_journal else _COMPARED,
    )  # fmt: skip


@benchmarks.command()
@click.option(
    "--duration", type=Duration(), default="10m", help="Let rules and schedules fire for this long."
)
@click.option(
    "--quiet", type=Duration(), default="1m",
    help="Measure CPU time three times for this long, in whole minutes; 0m for no costs.",
)  # fmt: skip
@_with_results
def schedules(duration: timedelta, quiet: timedelta, file: Path | None, markdown: bool) -> None:
    """Measure rules and schedules in real time, next to MiniStack, and the cost of 1,000.

    The exit status is 1 if one of the testbed's fired never, twice, early or after it was disabled.
    """
    if duration < _MINUTE:
        raise click.BadParameter(
            "must be at least 1m, as schedules fire once a minute.", param_hint="--duration"
        )
    if quiet % _MINUTE:
        raise click.BadParameter(
            "must be in whole minutes, as schedules fire once a minute.", param_hint="--quiet"
        )
    plan = scheduled.Plan(duration.total_seconds(), quiet.total_seconds())

    findings = _run(
        lambda names: Findings(names, ScheduleMetric), plan, scheduled.ScheduleBenchmark,
        schedules_report, file, markdown,
    )  # fmt: skip
    if schedules_report.is_wrong(findings):
        raise SystemExit(1)


def _run[P: DataclassInstance, R: Results](
    empty: Callable[[tuple[str, ...]], R],
    plan: P,
    benchmark: Callable[[Sequence[Emulator], P, R, Callable[[str], None]], Benchmark[P, R]],
    view: _View[R],
    file: Path | None,
    markdown: bool,
    kinds: tuple[type[Emulator], ...] = _COMPARED,
) -> R:
    machine = this_machine()
    with TemporaryDirectory(prefix="benchmarks-") as folder:
        emulators = [kind(_PROJECT, Path(folder)) for kind in kinds]
        results = empty(tuple(emulator.name for emulator in emulators))
        benchmark(emulators, plan, results, console.report).run()
    if file is not None:
        file.write_text(view.as_json(results, machine, plan), encoding="utf-8")
    if markdown:
        console.line(view.as_markdown(results, machine).rstrip("\n"), multiline=True)
    else:
        console.output.print(view.as_table(results))
        console.output.print(Text(str(machine)))
        for line in report.failures(results):
            console.output.print(Text(line))
    _check_testbed(results, emulators)
    return results


def _check_testbed(results: Results, emulators: Sequence[Emulator]) -> None:
    """Raise an error if the testbed failed at something; a failure of MiniStack is a result."""
    ours = [each.name for each in emulators if not isinstance(each, MiniStack)]
    failed = [
        f"{name}, {metric.label}: {reason}"
        for metric in results.measured()
        for name in ours
        if (reason := results.reason(metric, name))
    ]
    if failed:
        raise TestbedError(
            "The testbed failed at what was to be measured.", details="\n".join(failed)
        )


def main() -> None:
    """Run the command line, and clean up however it ends."""
    for number in _STOP_SIGNALS:
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
    """Stop everything and exit; further signals do not interrupt that."""
    for one in _STOP_SIGNALS:
        signal.signal(one, signal.SIG_IGN)
    console.progress.print("Interrupted.")
    raise SystemExit(128 + number)  # as a shell reports it


if __name__ == "__main__":
    main()
