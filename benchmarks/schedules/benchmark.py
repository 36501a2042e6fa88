"""The course of the command ``schedules``."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from benchmarks.course import Course
from benchmarks.emulators import Emulator, Started
from benchmarks.processes import cpu_seconds, memory
from benchmarks.schedules.bulk import Bulk
from benchmarks.schedules.firings import MINUTE, judge, next_minute, times
from benchmarks.schedules.measures import Findings
from benchmarks.schedules.measures import ScheduleMeasure as Measure
from benchmarks.schedules.scheduling import Scheduling
from benchmarks.schedules.watching import Watch
from testbed.errors import TestbedError

QUIET, DUE = 1000, 100
_BATCHES = 3
# After this an emulator that was just used is taken to be idle.
_SETTLE_SECONDS = 3.0
# How long late messages are waited for: MiniStack looks every 10 s what is due.
_GRACE = timedelta(seconds=20)
# All emulators have all schedules before the first of them is due.
_LEAD = timedelta(seconds=15)


@dataclass(frozen=True)
class Plan:
    """How long to measure.

    Parameters
    ----------
    duration
        How long rules and schedules fire, in seconds.
    quiet
        How long the processor's time is measured, three times, in seconds: whole minutes, so that
        what fires once a minute fires as often in each. 0: costs are not measured.
    """

    duration: float = 600.0
    quiet: float = 60.0


@dataclass(frozen=True)
class Side:
    """An emulator that is up."""

    emulator: Emulator
    started: Started
    scheduling: Scheduling


class ScheduleCourse(Course):
    """One run of the command."""

    def __init__(
        self,
        emulators: Sequence[Emulator],
        plan: Plan,
        results: Findings,
        report: Callable[[str], None],
    ) -> None:
        super().__init__(emulators, results, report)
        self._findings = results
        self._plan = plan
        self._sides: list[Side] = []

    def run(self) -> None:
        """Measure everything; what an emulator cannot do becomes part of the results.

        All emulators are up all the time, so that what else the machine does meets them alike.
        """
        with ExitStack() as stack:
            for emulator in self._emulators:
                self._report(f"start: {emulator.name}")
                with self._noting(Measure.RULE_RATE, emulator):
                    started = stack.enter_context(emulator.started())
                    self._sides.append(Side(emulator, started, Scheduling(started.endpoint_url)))
            self._watch()
            if self._plan.quiet:
                self._measure_costs()
                self._weigh_many()

    def _watch(self) -> None:
        """Let every kind of rule and schedule fire, and judge what arrived."""
        self._report("create rules and schedules")
        _sleep_until(_early_in_a_minute(_now()))
        begin = _now() + _LEAD
        until = begin + timedelta(seconds=self._plan.duration)
        # MiniStack's pace is a part of a minute: here it shows how late it is at all times.
        moments = [
            moment + timedelta(seconds=7 * number % 30)
            for number, moment in enumerate(times(begin + MINUTE / 2, until))
        ]
        watches = self._each(Measure.RULE_RATE, lambda side: self._watched(side, moments))
        if not watches:
            return
        first = watches[0][1]
        disabling = first.between_due_times(begin + (until - begin) / 2)
        self._wait("one of the rules is disabled", disabling)
        for side, watch in watches:
            with self._noting(Measure.RULE_DISABLED, side.emulator):
                watch.disable()
        self._wait("all has fired", until + _GRACE)
        collected = _now()
        for side, watch in watches:
            with self._noting(Measure.RULE_RATE, side.emulator):
                for kind, verdict in watch.verdicts(until, collected):
                    self._findings.judged(kind.measure, side.emulator.name, verdict)

    def _watched(self, side: Side, moments: Sequence[datetime]) -> Watch:
        return Watch(
            side.scheduling,
            moments,
            lambda kind, error: self._note(kind.measure, side.emulator, error),
        )

    def _measure_costs(self) -> None:
        """Measure the processor's time with no schedule, with 1,000, and with 100 that fire."""
        bulks = self._each(Measure.QUIET_CPU, lambda side: Bulk(side.scheduling, "bulk"))
        idle = self._cpu("nothing scheduled", bulks)
        self._add_growth(Measure.IDLE_CPU, idle, {})

        self._report(f"create {QUIET} that are not due")
        bulks = self._remaining(bulks, Measure.QUIET_CPU, lambda bulk: bulk.add_quiet(QUIET))
        quiet = self._cpu(f"{QUIET} that are not due", bulks)
        self._add_growth(Measure.QUIET_CPU, quiet, idle)

        _sleep_until(_early_in_a_minute(_now()))
        bulks = self._remaining(bulks, Measure.DUE_CPU, lambda bulk: bulk.add_due(DUE))
        begin = next_minute(_now())
        until = begin + timedelta(seconds=self._plan.quiet) - MINUTE / 2
        due = self._cpu(f"{DUE} more that are due once a minute", bulks)
        self._add_growth(Measure.DUE_CPU, due, quiet)
        # In the middle of a minute nothing is on its way any more.
        self._wait("all has fired", max(_now(), until))
        for side, bulk in bulks:
            with self._noting(Measure.HUNDRED, side.emulator):
                verdict = judge(
                    times(begin, until + MINUTE), bulk.arrivals(), until=until, copies=DUE
                )
                self._findings.judged(Measure.HUNDRED, side.emulator.name, verdict)

    def _weigh_many(self) -> None:
        """Weigh further ones: those that came before them have taken what memory was free."""
        self._report(f"{_BATCHES} times {QUIET} more")
        for number in range(_BATCHES):
            for side in self._sides:
                with self._noting(Measure.EACH_RSS, side.emulator):
                    before = memory(side.started.process)
                    Bulk(side.scheduling, f"batch-{number}").add_quiet(QUIET)
                    time.sleep(_SETTLE_SECONDS)
                    growth = memory(side.started.process).growth(before, QUIET)
                    self._add_memory(side.emulator, growth, Measure.EACH_RSS, Measure.EACH_PSS)

    def _cpu(self, name: str, bulks: list[tuple[Side, Bulk]]) -> dict[str, float]:
        """Return what each emulator uses of one core in an interval, in percent."""
        time.sleep(_SETTLE_SECONDS)
        self._report(f"{self._plan.quiet:g} s with {name}")
        started = time.perf_counter()
        before = {side.emulator.name: cpu_seconds(side.started.process) for side, _ in bulks}
        time.sleep(self._plan.quiet)
        used = {side.emulator.name: cpu_seconds(side.started.process) for side, _ in bulks}
        seconds = time.perf_counter() - started
        return {name: 100 * (used[name] - before[name]) / seconds for name in before}

    def _add_growth(
        self, measure: Measure, now: dict[str, float], before: dict[str, float]
    ) -> None:
        for name, percent in now.items():
            self._results.add(measure, name, percent - before.get(name, 0.0))

    def _each[T](self, measure: Measure, make: Callable[[Side], T]) -> list[tuple[Side, T]]:
        """Make something with each emulator; return it where that did not fail."""
        made = []
        for side in self._sides:
            with self._noting(measure, side.emulator):
                made.append((side, make(side)))
        return made

    def _remaining(
        self,
        bulks: list[tuple[Side, Bulk]],
        measure: Measure,
        do: Callable[[Bulk], None],
    ) -> list[tuple[Side, Bulk]]:
        remaining = []
        for side, bulk in bulks:
            try:
                do(bulk)
                remaining.append((side, bulk))
            except TestbedError as error:
                self._note(measure, side.emulator, error)
        return remaining

    def _wait(self, what: str, moment: datetime) -> None:
        self._report(f"until {what}: {max(0.0, (moment - _now()).total_seconds()):.0f} s")
        _sleep_until(moment)


def _now() -> datetime:
    return datetime.now(UTC)


def _sleep_until(moment: datetime) -> None:
    while (seconds := (moment - _now()).total_seconds()) > 0:
        time.sleep(seconds)


def _early_in_a_minute(moment: datetime) -> datetime:
    """Return this moment, or the next full minute if that is so near that it would come between."""
    return moment if moment.second < 40 else next_minute(moment)
