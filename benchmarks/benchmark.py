"""The base of all benchmarks: the emulators to compare, and the results."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import psutil

from benchmarks.emulators import Emulator, StartedEmulator
from benchmarks.metrics import Metric, Results
from benchmarks.processes import Memory, memory
from testbed.errors import TestbedError


class Benchmark[P, R: Results](ABC):
    """A benchmark, which measures the emulators in turn.

    Parameters
    ----------
    plan
        How often and how long to measure.
    results
        Gets the samples and failures.
    report
        Called with a message about what is being measured.
    """

    def __init__(
        self, emulators: Sequence[Emulator], plan: P, results: R, report: Callable[[str], None]
    ) -> None:
        self._emulators = emulators
        self._plan = plan
        self._results = results
        self._report = report

    @abstractmethod
    def run(self) -> None:
        """Measure everything; a failure of an emulator becomes part of the results."""

    def _start_all[T](
        self, stack: ExitStack, metric: Metric, contender: Callable[[Emulator, StartedEmulator], T]
    ) -> list[T]:
        """Start the emulators until the stack is closed; return those that did not fail.

        Parameters
        ----------
        contender
            Makes the object that stands for a started emulator.
        """
        made = []
        for emulator in self._emulators:
            self._report(f"start: {emulator.name}")
            with self._recording_failure(metric, emulator):
                made.append(contender(emulator, stack.enter_context(emulator.started())))
        return made

    def _measure_memory(
        self, emulator: Emulator, process: psutil.Process, rss: Metric, pss: Metric
    ) -> None:
        self._add_memory(emulator, memory(process), rss, pss)

    def _add_memory(self, emulator: Emulator, used: Memory, rss: Metric, pss: Metric) -> None:
        self._results.add(rss, emulator.name, used.rss)
        if used.pss is not None:
            self._results.add(pss, emulator.name, used.pss)

    @contextmanager
    def _recording_failure(self, metric: Metric, emulator: Emulator) -> Iterator[None]:
        """Record an expected failure as a result."""
        try:
            yield
        except TestbedError as error:
            self._record_failure(metric, emulator, error)

    def _record_failure(self, metric: Metric, emulator: Emulator, error: TestbedError) -> None:
        reason = " ".join(f"{error.message} {error.details}".split())
        self._report(f"{emulator.name}: {reason}")
        self._results.failed(metric, emulator.name, reason)
