"""One run of the soak test: load and rest in turn, then the stop of LocalStack."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from botocore.exceptions import BotoCoreError, ClientError

from benchmarks.soak.clients import Clients
from benchmarks.soak.fleet import Fleet
from benchmarks.soak.load import Deck, Pace, run
from benchmarks.soak.operations import BURST, Operations
from benchmarks.soak.resource_usage import Figures, Gauge, marked_processes
from benchmarks.soak.settling import settle
from benchmarks.soak.tally import Tally
from benchmarks.soak.verdicts import RestPoint
from testbed.emulators.environments import ensure_environments
from testbed.emulators.localstack import LocalStack
from testbed.machine.ports import random_free_port
from testbed.machine.waiting import WaitedTooLong

# Enough for a slope over the second half.
_FEWEST_PHASES = 6
_STOP_LIMIT_SECONDS = 30.0


@dataclass(frozen=True)
class Plan:
    """The parameters of a run.

    Parameters
    ----------
    duration
        Total time under load, in seconds; rests take extra time.
    rate
        Operations per second, of all clients together, at most.
    clients
        The number of concurrent clients.
    rest_every
        Seconds of load before each rest; fewer if there would be too few rests.
    sample_every
        Seconds between two samples under load.
    """

    duration: float = 300.0
    rate: float = 8.0
    clients: int = 4
    rest_every: float = 180.0
    sample_every: float = 10.0

    @property
    def phases(self) -> int:
        """The number of phases of load and rest."""
        return max(_FEWEST_PHASES, round(self.duration / self.rest_every))


@dataclass(frozen=True)
class Sample:
    """Figures under load, ``second`` seconds after the start."""

    second: float
    figures: Figures


@dataclass
class Findings:
    """The findings of a run so far.

    Parameters
    ----------
    broken_off
        Why the run could not continue; empty if it could.
    remains
        What was left after LocalStack had stopped.
    """

    tally: Tally = field(default_factory=Tally)
    samples: list[Sample] = field(default_factory=list)
    rest_points: list[RestPoint] = field(default_factory=list)
    broken_off: str = ""
    remains: list[str] = field(default_factory=list)


class SoakRun:
    """One run.

    Parameters
    ----------
    scratch
        An empty folder.
    findings
        Gets the findings as they are made, so that an interrupted run has them.
    report
        Called with a message about what is being done.
    """

    def __init__(
        self, plan: Plan, scratch: Path, findings: Findings, report: Callable[[str], None]
    ) -> None:
        self._plan = plan
        self._scratch = scratch
        self._temporary = scratch / "tmp"
        self._findings = findings
        self._report = report
        self._started = time.monotonic()

    def run(self) -> None:
        """Run the soak test, and clean up.

        Raises
        ------
        TestbedError
            If LocalStack does not start.
        """
        environments = ensure_environments(self._report)
        self._temporary.mkdir()
        localstack = LocalStack(self._scratch / "testbed")
        try:
            instance = localstack.start(
                environments,
                port=random_free_port(),
                settings={"TEMP": str(self._temporary), "LAMBDA_RETRY_BASE_DELAY": "1"},
            )
            process = psutil.Process(instance.pid)
            # The environments of LocalStack and its supervisor have the folder, functions the URL.
            marks = (str(self._scratch), instance.endpoint_url)
            gauge = Gauge(process, self._scratch, self._temporary, localstack.log, marks)
            try:
                self._load_and_rest(instance.endpoint_url, gauge)
            except (BotoCoreError, ClientError, WaitedTooLong) as error:
                self._findings.broken_off = f"{type(error).__name__}: {error}"
            except psutil.NoSuchProcess:
                self._findings.broken_off = "LocalStack has exited."
            finally:
                self._stop(process, marks)
        finally:
            localstack.stop()

    def _load_and_rest(self, endpoint_url: str, gauge: Gauge) -> None:
        operations = Operations(self._findings.tally)
        deck = Deck(operations.kinds)
        phases = self._plan.phases
        for number in range(1, phases + 1):
            self._report(f"load {number} of {phases}")
            # Closed at the rest: connections would count as LocalStack's open files.
            with Clients(endpoint_url, self._plan.clients * BURST) as clients:
                fleet = Fleet(clients)
                fleet.deploy()
                operations.use(clients, fleet)
                with self._sampling(gauge):
                    pace = Pace(self._plan.rate, self._plan.duration / phases)
                    run(operations.perform, deck, pace, self._plan.clients)
                    operations.await_deliveries()
                fleet.delete_all()
            self._report(f"rest {number} of {phases}")
            self._rest(gauge)

    def _rest(self, gauge: Gauge) -> None:
        started = time.monotonic()
        points = self._findings.rest_points
        settle(gauge.counts, points[0].figures.counts if points else None)
        settled_after = time.monotonic() - started
        points.append(RestPoint(self._findings.tally.total, settled_after, gauge.read()))

    @contextmanager
    def _sampling(self, gauge: Gauge) -> Iterator[None]:
        ended = threading.Event()

        def sample() -> None:
            while not ended.wait(self._plan.sample_every):
                try:
                    figures = gauge.read()
                except psutil.NoSuchProcess:
                    return  # the next rest reports that
                second = time.monotonic() - self._started
                self._findings.samples.append(Sample(second, figures))

        thread = threading.Thread(target=sample, name="sampling")
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _stop(self, process: psutil.Process, marks: tuple[str, ...]) -> None:
        """Stop LocalStack, and record what is left."""
        remains = self._findings.remains
        self._report("stop")
        try:
            process.terminate()
            process.wait(_STOP_LIMIT_SECONDS)
        except psutil.NoSuchProcess:
            pass
        except psutil.TimeoutExpired:
            remains.append(f"LocalStack, {_STOP_LIMIT_SECONDS:g} s after SIGTERM")
        for left in marked_processes(marks):
            if left != process:
                remains.append(f"process {left.pid}: {' '.join(left.cmdline())[:80]}")
                left.kill()
        remains += [f"folder {left.name}" for left in self._temporary.glob("lambda-environments-*")]
