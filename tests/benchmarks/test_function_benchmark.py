"""The benchmark of ``lambda``, with emulators that answer from this process."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import pytest

from benchmarks.emulators import StartedEmulator
from benchmarks.functions import benchmark
from benchmarks.functions.benchmark import BATCH, BURST, FunctionBenchmark, Plan
from benchmarks.functions.invoking import Answer, Kind
from benchmarks.functions.metrics import FunctionMetric as Metric
from benchmarks.metrics import Results
from testbed.errors import StartError, TestbedError
from tests.benchmarks.unusable import UnusableEmulator

# Things that can be wrong with an emulator, by the word that stands for them in its URL.
NO_CLIENT, ONE_FAILS, ONE_FOR_ALL, NEVER_WARM = "no-client", "one-fails", "one-for-all", "cold"


class FakeEmulator(UnusableEmulator):
    """Starts at once."""

    def __init__(self, name: str, scratch: Path, fault: str = "") -> None:
        super().__init__(scratch, scratch)
        self.name = name
        self.running = 0
        self._fault = fault

    @contextmanager
    def started(self) -> Iterator[StartedEmulator]:
        """Name its fault in place of an endpoint."""
        self.running += 1
        try:
            yield StartedEmulator(self._fault, psutil.Process(os.getpid()), Path(sys.executable))
        finally:
            self.running -= 1


class BrokenEmulator(FakeEmulator):
    """Does not start."""

    @contextmanager
    def started(self) -> Iterator[StartedEmulator]:
        """Fail."""
        raise StartError("It did not start.", details="no\n  reason")
        yield


class FakeFunction:
    """Has one environment for calls one after another, and one for each of those at once."""

    _environments = count()

    def __init__(self, fault: str) -> None:
        self._fault = fault
        self._environment = self._new()

    def invoke(self, *, logs: bool = True, tail: bool = False) -> Answer:
        if self._fault == NEVER_WARM:
            self._environment = self._new()
        return Answer(self._environment, 1.0, 1.25, 0.125 if tail else None)

    def invoke_at_once(self, number: int, seconds: float) -> list[Answer | TestbedError]:
        answers: list[Answer | TestbedError] = [
            Answer(self._new(), 1.0 + position, 3.0 + position, None) for position in range(number)
        ]
        if self._fault == ONE_FAILS:
            answers[-1] = TestbedError("Too much.")
        return answers

    def _new(self) -> str:
        return "the only one" if self._fault == ONE_FOR_ALL else str(next(self._environments))


class FakeFunctions:
    """Makes functions with the fault that an endpoint names."""

    def __init__(self, endpoint_url: str, connections: int) -> None:
        assert connections == BURST
        self._fault = endpoint_url

    @contextmanager
    def made(self, kind: Kind) -> Iterator[FakeFunction]:
        if self._fault == NO_CLIENT and kind is Kind.CLIENT:
            raise TestbedError("No module named boto3.")
        yield FakeFunction(self._fault)


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "_SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(benchmark, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(benchmark, "Functions", FakeFunctions)


def measured(*emulators: FakeEmulator, **plan: Any) -> Results:
    results = Results(tuple(emulator.name for emulator in emulators), Metric)
    chosen = Plan(**{"warm": 3, "cold": 1, "bursts": 2, "batches": 1, **plan})
    FunctionBenchmark(emulators, chosen, results, lambda _: None).run()
    assert [emulator.running for emulator in emulators] == [0] * len(emulators)
    return results


def test_everything_is_measured(tmp_path: Path) -> None:
    results = measured(FakeEmulator("A", tmp_path), FakeEmulator("B", tmp_path))
    assert not results.failures
    assert results.measured() == list(Metric)
    for name in "AB":
        assert results.of(Metric.WARM, name) == [0.25] * 3
        assert results.of(Metric.WARM_SILENT, name) == [0.25] * 3
        assert results.of(Metric.COLD, name) == [0.25]
        assert results.of(Metric.COLD_CLIENT_INIT, name) == [0.125]
        assert results.of(Metric.BURST_COLD, name) == [2.0] * (2 * BURST)
        assert results.of(Metric.BURST_WARM_ALL, name) == [BURST + 1.0] * 2
        assert results.of(Metric.BURST_ERRORS, name) == [0]
        assert len(results.of(Metric.IDLE_CLIENT_RSS, name)) == 1


def test_nothing_is_measured_if_nothing_is_asked_for(tmp_path: Path) -> None:
    emulators = FakeEmulator("A", tmp_path), FakeEmulator("B", tmp_path)
    assert measured(*emulators, warm=0, cold=0, bursts=0, batches=0).measured() == []


def test_what_does_not_start_is_reported_and_left_out(tmp_path: Path) -> None:
    results = measured(FakeEmulator("A", tmp_path), BrokenEmulator("B", tmp_path))
    assert results.reason(Metric.WARM, "B") == "It did not start. no reason"
    assert len(results.of(Metric.WARM, "A")) == 3
    assert not results.of(Metric.INTERPRETER, "B")


def test_what_it_cannot_do_does_not_keep_it_from_the_rest(tmp_path: Path) -> None:
    results = measured(FakeEmulator("A", tmp_path, NO_CLIENT))
    assert results.reason(Metric.COLD_CLIENT, "A") == "No module named boto3."
    assert results.reason(Metric.IDLE_CLIENT_RSS, "A") == "No module named boto3."
    assert set(results.failures) == {Metric.COLD_CLIENT, Metric.IDLE_CLIENT_RSS}
    assert results.of(Metric.COLD_IMPORT, "A")


def test_errors_of_a_burst_are_counted_and_are_no_samples(tmp_path: Path) -> None:
    results = measured(FakeEmulator("A", tmp_path, ONE_FAILS))
    assert results.of(Metric.BURST_ERRORS, "A") == [4]  # two bursts, twice each
    assert results.reason(Metric.BURST_ERRORS, "A") == "Too much."
    assert len(results.of(Metric.BURST_COLD, "A")) == 2 * (BURST - 1)
    assert not results.of(Metric.BURST_COLD_ALL, "A")
    assert results.reason(Metric.IDLE_RSS, "A") == "Too much."


def test_environment_that_was_used_is_no_cold_start(tmp_path: Path) -> None:
    results = measured(FakeEmulator("A", tmp_path, ONE_FOR_ALL))
    assert "An existing environment" in (results.reason(Metric.COLD, "A") or "")
    assert not results.of(Metric.COLD, "A")
    assert f"{BATCH} invocations at once used 1" in (results.reason(Metric.IDLE_RSS, "A") or "")


def test_environment_that_is_new_is_not_warm(tmp_path: Path) -> None:
    results = measured(FakeEmulator("A", tmp_path, NEVER_WARM))
    assert "Another environment" in (results.reason(Metric.WARM, "A") or "")
    assert not results.of(Metric.WARM, "A")
