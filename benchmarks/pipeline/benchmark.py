"""The command ``up``: starts, checks and memory."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.benchmark import Benchmark
from benchmarks.emulators import DeployedPipeline, Emulator
from benchmarks.metrics import Results
from benchmarks.pipeline.checks import await_api, timed_check
from benchmarks.pipeline.metrics import PipelineMetric as Metric
from benchmarks.pipeline.website import WatchedWebsite
from testbed.demo.status_api import StatusApi
from testbed.errors import TestbedError

# After this time without requests, an emulator counts as idle.
_SETTLE_SECONDS = 3.0
# Between two checks: the functions of the first have returned.
_PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class Plan:
    """How often to measure.

    Parameters
    ----------
    starts
        Starts from nothing of each emulator.
    rounds
        Outages of the website right after another check.
    silent_rounds
        Outages after a silence.
    silence
        How long a silence lasts, in seconds.
    cold
        Whether to measure a start from empty caches, too.
    """

    starts: int = 5
    rounds: int = 30
    silent_rounds: int = 3
    silence: float = 60.0
    cold: bool = False


class PipelineBenchmark(Benchmark[Plan, Results]):
    """The benchmark of one command."""

    def run(self) -> None:
        """Measure everything; a failure of an emulator becomes part of the results."""
        if self._plan.cold:
            self._measure_cold_starts()
        self._warm_caches()
        for number in range(1, self._plan.starts + 1):
            for emulator in self._emulators:
                self._report(f"start {number} of {self._plan.starts}: {emulator.name}")
                with self._recording_failure(Metric.START, emulator):
                    self._measure_start(emulator)
        self._measure_checks()

    def _measure_cold_starts(self) -> None:
        for emulator in self._emulators:
            self._report(f"start from empty caches: {emulator.name}")
            with (
                self._recording_failure(Metric.COLD_START, emulator),
                empty_caches(),
                started(emulator) as (_, _, seconds),
            ):
                self._results.add(Metric.COLD_START, emulator.name, seconds)

    def _warm_caches(self) -> None:
        """Start each emulator once, not counted: environments and packages may have to be built.

        An emulator that does not start is skipped from here on.
        """
        working = []
        for emulator in self._emulators:
            self._report(f"environments and packages: {emulator.name}")
            with self._recording_failure(Metric.START, emulator), started(emulator):
                working.append(emulator)
        self._emulators = working

    def _measure_start(self, emulator: Emulator) -> None:
        with started(emulator) as (running, website, seconds):
            self._results.add(Metric.START, emulator.name, seconds)
            time.sleep(_SETTLE_SECONDS)
            self._measure_memory(emulator, running.process, Metric.IDLE_RSS, Metric.IDLE_PSS)
            with (
                self._recording_failure(Metric.FIRST_INCIDENT, emulator),
                StatusApi(running.api_url) as api,
            ):
                await_api(api)
                website.start_outage()
                self._results.add(Metric.FIRST_INCIDENT, emulator.name, timed_check(api, "OPEN"))

    def _measure_checks(self) -> None:
        """Measure with all emulators running, so that other load affects them equally."""
        with ExitStack() as stack:
            watched = []
            for emulator in self._emulators:
                with self._recording_failure(Metric.INCIDENT, emulator):
                    running, website, _ = stack.enter_context(started(emulator))
                    api = stack.enter_context(StatusApi(running.api_url))
                    outage = Outage(emulator, running, website, api)
                    outage.begins()  # the functions' first invocations
                    outage.ends()
                    watched.append(outage)
            for number in range(1, self._plan.rounds + 1):
                self._report(f"check {number} of {self._plan.rounds}")
                self._measure_outages(watched, Metric.INCIDENT, Metric.END_OF_INCIDENT)
            for number in range(1, self._plan.silent_rounds + 1):
                self._report(f"silence {number} of {self._plan.silent_rounds}")
                time.sleep(self._plan.silence)
                self._measure_outages(watched, Metric.INCIDENT_AFTER_SILENCE, None)
            time.sleep(_SETTLE_SECONDS)
            for outage in watched:
                self._measure_memory(
                    outage.emulator, outage.running.process, Metric.BUSY_RSS, Metric.BUSY_PSS
                )

    def _measure_outages(
        self, watched: list[Outage], beginning: Metric, end: Metric | None
    ) -> None:
        for outage in list(watched):
            name = outage.emulator.name
            with self._recording_failure(beginning, outage.emulator):
                try:
                    begun, ended = outage.begins(), outage.ends()
                except TestbedError:
                    # The next outage would find another incident than it expects.
                    watched.remove(outage)
                    raise
                self._results.add(beginning, name, begun)
                if end is not None:
                    self._results.add(end, name, ended)


@dataclass(frozen=True)
class Outage:
    """Outages of the website that an emulator's pipeline watches."""

    emulator: Emulator
    running: DeployedPipeline
    website: WatchedWebsite
    api: StatusApi

    def begins(self) -> float:
        """Break the website; return the seconds from a check to its incident at the API."""
        self.website.start_outage()
        return self._check("OPEN")

    def ends(self) -> float:
        """Repair the website; return the seconds from a check to the incident's end at the API."""
        self.website.end_outage()
        return self._check("CLOSED")

    def _check(self, status: str) -> float:
        seconds = timed_check(self.api, status)
        time.sleep(_PAUSE_SECONDS)
        return seconds


@contextmanager
def started(emulator: Emulator) -> Iterator[tuple[DeployedPipeline, WatchedWebsite, float]]:
    """Deploy the pipeline with a website; yield also the seconds until its API answered."""
    address = emulator.host_address
    with (
        TemporaryDirectory() as folder,
        WatchedWebsite(Path(folder) / "sites.yaml", address) as website,
    ):
        beginning = time.perf_counter()
        with emulator.deployed(website.sites) as running:
            with StatusApi(running.api_url) as api:
                await_api(api)
            yield running, website, time.perf_counter() - beginning


@contextmanager
def empty_caches() -> Iterator[None]:
    """Make the testbed and uv use empty, temporary caches."""
    names = ("TESTBED_CACHE", "UV_CACHE_DIR")
    before = {name: os.environ[name] for name in names if name in os.environ}
    with TemporaryDirectory() as folder:
        os.environ.update({name: str(Path(folder) / name.lower()) for name in names})
        try:
            yield
        finally:
            for name in names:
                os.environ.pop(name)
            os.environ.update(before)
