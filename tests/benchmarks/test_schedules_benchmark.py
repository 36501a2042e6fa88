"""The benchmark of ``schedules``, with emulators and a time that are made up."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from benchmarks.emulators import StartedEmulator
from benchmarks.schedules import benchmark, bulk
from benchmarks.schedules.benchmark import DUE, Plan, ScheduleBenchmark
from benchmarks.schedules.firings import MINUTE, Arrival, Defect, next_minute, times
from benchmarks.schedules.metrics import Findings
from benchmarks.schedules.metrics import ScheduleMetric as Metric
from benchmarks.schedules.scheduling import Created, Queue, at, daily, whole_second
from testbed.errors import TestbedError
from tests.benchmarks.unusable import UnusableEmulator

# Things that can be wrong with an emulator, by the word that stands for them in its URL.
NOT_DISABLED, NO_CRON, KEEPS = "not-disabled", "no-cron", "keeps"

LATE = timedelta(milliseconds=7)


class FakeTime:
    """Passes only when someone sleeps."""

    def __init__(self) -> None:
        self.moment = datetime(2030, 1, 1, 12, 0, 50, 250_000, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)

    def sleep_until(self, moment: datetime) -> None:
        self.moment = max(self.moment, moment)


class FakeScheduling:
    """Says that everything was delivered 7 ms late, when it is asked."""

    clock: FakeTime

    def __init__(self, defect: str) -> None:
        self._fault = defect
        self._disabled: datetime | None = None
        self._fired: dict[str, list[tuple[str, datetime]]] = {}
        self._there: list[str] = []

    def create_queue(self, name: str) -> Queue:
        self._fired[name] = []
        return Queue(name, f"http://{name}", f"arn:{name}")

    def put_rule(self, name: str, expression: str, queue: Queue) -> Created:
        return self._created(name, expression, queue, MINUTE)

    def create_schedule(self, name: str, expression: str, queue: Queue) -> Created:
        if self._fault == NO_CRON and expression.startswith("cron"):
            raise TestbedError("No cron.")
        return self._created(name, expression, queue, timedelta())

    def first_due(self, created: Created, wait: timedelta) -> datetime:
        return whole_second(created.before) + wait

    def disable_rule(self, name: str) -> datetime:
        self._disabled = self.clock.now()
        return self._disabled

    def delete_rule(self, name: str) -> None:
        self._there.remove(name)

    def has_schedule(self, name: str) -> bool:
        return self._fault == KEEPS

    def delete_schedule(self, name: str) -> None:
        self._there.remove(name)

    def drain(self, queue: Queue) -> list[Arrival]:
        return [
            Arrival(due + LATE, due)
            for name, first in self._fired.pop(queue.name)
            for due in ([first] if "_at-" in name else times(first, self.clock.now()))
            if not self._is_disabled(name, due)
        ]

    def _is_disabled(self, name: str, due: datetime) -> bool:
        return (
            name == "rule_disabled"
            and self._fault != NOT_DISABLED
            and self._disabled is not None
            and due > self._disabled
        )

    def _created(self, name: str, expression: str, queue: Queue, wait: timedelta) -> Created:
        now = self.clock.now()
        self._there.append(name)
        if expression == "rate(1 minute)":
            self._fired[queue.name].append((name, whole_second(now) + wait))
        elif expression == "cron(* * * * ? *)":
            self._fired[queue.name].append((name, next_minute(now)))
        elif expression.startswith("at(2030-01-01"):
            moment = datetime.fromisoformat(expression[3:-1]).replace(tzinfo=UTC)
            if moment < now + timedelta(hours=1):
                self._fired[queue.name].append((name, moment))
        return Created(name, f"arn:{name}", now, now)


class FakeEmulator(UnusableEmulator):
    """Starts at once."""

    def __init__(self, name: str, scratch: Path, defect: str = "") -> None:
        super().__init__(scratch, scratch)
        self.name = name
        self._fault = defect

    @contextmanager
    def started(self) -> Iterator[StartedEmulator]:
        """Name its defect in place of an endpoint."""
        yield StartedEmulator(self._fault, psutil.Process(os.getpid()), Path(sys.executable))


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeTime()
    monkeypatch.setattr(FakeScheduling, "clock", clock, raising=False)
    monkeypatch.setattr(benchmark, "Scheduling", FakeScheduling)
    monkeypatch.setattr(benchmark, "_now", clock.now)
    monkeypatch.setattr(benchmark, "_sleep_until", clock.sleep_until)
    monkeypatch.setattr(bulk, "_now", clock.now)
    monkeypatch.setattr(time, "sleep", clock.sleep)


def found(*emulators: FakeEmulator, minutes: int = 4) -> Findings:
    findings = Findings(tuple(emulator.name for emulator in emulators), Metric)
    plan = Plan(duration=60.0 * minutes, quiet=60.0)
    ScheduleBenchmark(emulators, plan, findings, lambda _: None).run()
    return findings


def test_everything_is_measured(tmp_path: Path) -> None:
    findings = found(FakeEmulator("A", tmp_path), FakeEmulator("B", tmp_path))
    assert not findings.failures
    assert findings.measured() == list(Metric)
    for name in "AB":
        expected = {
            metric: by_emulator[name].expected for metric, by_emulator in findings.verdicts.items()
        }
        assert expected == {
            Metric.RULE_RATE: 4,
            Metric.RULE_CRON: 4,
            Metric.RULE_DISABLED: 2,
            Metric.SCHEDULE_RATE: 5,
            Metric.SCHEDULE_CRON: 4,
            Metric.SCHEDULE_AT: 4,
            Metric.HUNDRED: DUE,
        }
        for metric, by_emulator in findings.verdicts.items():
            assert not by_emulator[name].defects
            assert findings.of(metric, name) == [0.007] * expected[metric]


def test_rule_that_fires_although_it_is_disabled_is_noticed(tmp_path: Path) -> None:
    findings = found(FakeEmulator("A", tmp_path, NOT_DISABLED))
    verdict = findings.verdicts[Metric.RULE_DISABLED]["A"]
    assert set(verdict.defects) == {Defect.DISABLED}


def test_schedules_that_are_left_are_noticed(tmp_path: Path) -> None:
    findings = found(FakeEmulator("A", tmp_path, KEEPS), minutes=3)
    assert findings.verdicts[Metric.SCHEDULE_AT]["A"].count(Defect.LEFT) == 3


def test_emulator_that_cannot_do_it_is_lacking_and_the_other_is_not(tmp_path: Path) -> None:
    findings = found(FakeEmulator("A", tmp_path), FakeEmulator("B", tmp_path, NO_CRON))
    assert findings.failures == {
        metric: {"B": "No cron."}
        for metric in (Metric.SCHEDULE_CRON, Metric.QUIET_CPU, Metric.EACH_RSS)
    }
    assert len(findings.of(Metric.RULE_RATE, "B")) == 4
    assert len(findings.of(Metric.SCHEDULE_CRON, "A")) == 4
    assert not findings.of(Metric.SCHEDULE_CRON, "B")


def test_expressions() -> None:
    moment = datetime(2030, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert at(moment) == "at(2030-02-03T04:05:06)"
    assert daily(moment) == "cron(5 4 * * ? *)"
    assert whole_second(moment + LATE) == moment + timedelta(seconds=1)
    assert whole_second(moment) == moment
