"""What the courses of all commands have in common: failures and memory become results."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import psutil

from benchmarks.emulators import Emulator
from benchmarks.measures import Measure, Results
from benchmarks.processes import Memory, memory
from testbed.errors import TestbedError


class Course(ABC):
    """One run: what is measured when, the emulators always in turn.

    Parameters
    ----------
    results
        Gets the samples, and what could not be measured.
    report
        Is told what is being measured.
    """

    def __init__(
        self, emulators: Sequence[Emulator], results: Results, report: Callable[[str], None]
    ) -> None:
        self._emulators = emulators
        self._results = results
        self._report = report

    @abstractmethod
    def run(self) -> None:
        """Measure everything; what an emulator cannot do becomes part of the results."""

    def _weigh(
        self, emulator: Emulator, process: psutil.Process, rss: Measure, pss: Measure
    ) -> None:
        self._add_memory(emulator, memory(process), rss, pss)

    def _add_memory(self, emulator: Emulator, weight: Memory, rss: Measure, pss: Measure) -> None:
        self._results.add(rss, emulator.name, weight.rss)
        if weight.pss is not None:
            self._results.add(pss, emulator.name, weight.pss)

    @contextmanager
    def _noting(self, measure: Measure, emulator: Emulator) -> Iterator[None]:
        """Make an expected failure a result: the emulator lacks something."""
        try:
            yield
        except TestbedError as error:
            self._note(measure, emulator, error)

    def _note(self, measure: Measure, emulator: Emulator, error: TestbedError) -> None:
        reason = " ".join(f"{error.message} {error.details}".split())
        self._report(f"{emulator.name}: {reason}")
        self._results.lacks(measure, emulator.name, reason)
