"""The command ``schedules``: lateness, defects and costs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from benchmarks.benchmark import Benchmark
from benchmarks.emulators import Emulator, StartedEmulator
from benchmarks.processes import cpu_seconds, memory
from benchmarks.schedules.bulk import Bulk
from benchmarks.schedules.firings import MINUTE, judge, next_minute, times
from benchmarks.schedules.metrics import Findings
from benchmarks.schedules.metrics import ScheduleMetric as Metric
from benchmarks.schedules.scheduling import Scheduling
from benchmarks.schedules.watching import Watch

QUIET, DUE = 1000, 100
_BATCHES = 3
# After this time without requests, an emulator counts as idle.
_SETTLE_SECONDS = 3.0
# The wait for late messages: MiniStack checks only every 10 s what is due.
_GRACE = timedelta(seconds=20)
# Time to create all schedules on all emulators before the first is due.
_LEAD = timedelta(seconds=15)


@dataclass(frozen=True)
class Plan:
    """How long to measure.

    Parameters
    ----------
    duration
        How long rules and schedules fire, in seconds.
    quiet
        How long each of three measurements of CPU time takes, in seconds: whole minutes, so that
        schedules fire equally often in each. 0: costs are not measured.
    """

    duration: float = 600.0
    quiet: float = 60.0


@dataclass(frozen=True)
class Contender:
    """An emulator that is running, and a client for it."""

    emulator: Emulator
    started: StartedEmulator
    scheduling: Scheduling


class ScheduleBenchmark(Benchmark[Plan, Findings]):
    """The benchmark of one command."""

    _contenders: Sequence[Contender] = ()

    def run(self) -> None:
        """Measure everything; a failure of an emulator becomes part of the results.

        All emulators run all the time, so that other load on the machine affects them equally.
        """
        with ExitStack() as stack:
            self._contenders = self._start_all(
                stack,
                Metric.RULE_RATE,
                lambda emulator, started: Contender(
                    emulator, started, Scheduling(started.endpoint_url)
                ),
            )
            self._watch()
            if self._plan.quiet:
                self._measure_costs()
                self._measure_memory_of_many()

    def _watch(self) -> None:
        """Let every kind of rule and schedule fire, and judge the messages that arrived."""
        self._report("create rules and schedules")
        _sleep_until(_early_in_a_minute(_now()))
        begin = _now() + _LEAD
        until = begin + timedelta(seconds=self._plan.duration)
        # Spread over the minute, as MiniStack's lateness depends on the second.
        moments = [
            moment + timedelta(seconds=7 * number % 30)
            for number, moment in enumerate(times(begin + MINUTE / 2, until))
        ]
        watches = self._each(Metric.RULE_RATE, lambda contender: self._watched(contender, moments))
        if not watches:
            return
        first = watches[0][1]
        disabling = first.between_due_times(begin + (until - begin) / 2)
        self._wait("one of the rules is disabled", disabling)
        for contender, watch in watches:
            with self._recording_failure(Metric.RULE_DISABLED, contender.emulator):
                watch.disable()
        self._wait("all has fired", until + _GRACE)
        collected = _now()
        for contender, watch in watches:
            with self._recording_failure(Metric.RULE_RATE, contender.emulator):
                for kind, verdict in watch.verdicts(until, collected):
                    self._results.judged(kind.metric, contender.emulator.name, verdict)

    def _watched(self, contender: Contender, moments: Sequence[datetime]) -> Watch:
        return Watch(
            contender.scheduling,
            moments,
            lambda kind, error: self._record_failure(kind.metric, contender.emulator, error),
        )

    def _measure_costs(self) -> None:
        """Measure CPU time without schedules, with 1,000, and with 100 more that fire."""
        bulks = self._each(Metric.QUIET_CPU, lambda contender: Bulk(contender.scheduling, "bulk"))
        idle = self._cpu("nothing scheduled", bulks)
        self._add_growth(Metric.IDLE_CPU, idle, {})

        self._report(f"create {QUIET} that are not due")
        bulks = self._remaining(bulks, Metric.QUIET_CPU, lambda bulk: bulk.add_quiet(QUIET))
        quiet = self._cpu(f"{QUIET} that are not due", bulks)
        self._add_growth(Metric.QUIET_CPU, quiet, idle)

        _sleep_until(_early_in_a_minute(_now()))
        bulks = self._remaining(bulks, Metric.DUE_CPU, lambda bulk: bulk.add_due(DUE))
        begin = next_minute(_now())
        until = begin + timedelta(seconds=self._plan.quiet) - MINUTE / 2
        due = self._cpu(f"{DUE} more that are due once a minute", bulks)
        self._add_growth(Metric.DUE_CPU, due, quiet)
        # In the middle of a minute, all messages have arrived.
        self._wait("all has fired", max(_now(), until))
        for contender, bulk in bulks:
            with self._recording_failure(Metric.HUNDRED, contender.emulator):
                verdict = judge(
                    times(begin, until + MINUTE), bulk.arrivals(), until=until, copies=DUE
                )
                self._results.judged(Metric.HUNDRED, contender.emulator.name, verdict)

    def _measure_memory_of_many(self) -> None:
        """Measure the memory of further schedules: the earlier ones used memory that was free."""
        self._report(f"{_BATCHES} times {QUIET} more")
        for number in range(_BATCHES):
            for contender in self._contenders:
                with self._recording_failure(Metric.EACH_RSS, contender.emulator):
                    before = memory(contender.started.process)
                    Bulk(contender.scheduling, f"batch-{number}").add_quiet(QUIET)
                    time.sleep(_SETTLE_SECONDS)
                    growth = memory(contender.started.process).growth(before, QUIET)
                    self._add_memory(contender.emulator, growth, Metric.EACH_RSS, Metric.EACH_PSS)

    def _cpu(self, name: str, bulks: list[tuple[Contender, Bulk]]) -> dict[str, float]:
        """Return the CPU usage of each emulator in an interval, in percent of one core."""
        time.sleep(_SETTLE_SECONDS)
        self._report(f"{self._plan.quiet:g} s with {name}")
        started = time.perf_counter()
        before = {
            contender.emulator.name: cpu_seconds(contender.started.process)
            for contender, _ in bulks
        }
        time.sleep(self._plan.quiet)
        used = {
            contender.emulator.name: cpu_seconds(contender.started.process)
            for contender, _ in bulks
        }
        seconds = time.perf_counter() - started
        return {name: 100 * (used[name] - before[name]) / seconds for name in before}

    def _add_growth(self, metric: Metric, now: dict[str, float], before: dict[str, float]) -> None:
        for name, percent in now.items():
            self._results.add(metric, name, percent - before.get(name, 0.0))

    def _each[T](self, metric: Metric, make: Callable[[Contender], T]) -> list[tuple[Contender, T]]:
        """Call a function with each contender; return the results of those that did not fail."""
        made = []
        for contender in self._contenders:
            with self._recording_failure(metric, contender.emulator):
                made.append((contender, make(contender)))
        return made

    def _remaining(
        self,
        bulks: list[tuple[Contender, Bulk]],
        metric: Metric,
        do: Callable[[Bulk], None],
    ) -> list[tuple[Contender, Bulk]]:
        remaining = []
        for contender, bulk in bulks:
            with self._recording_failure(metric, contender.emulator):
                do(bulk)
                remaining.append((contender, bulk))
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
    """Return the moment, or the next full minute if that is less than 20 seconds away."""
    return moment if moment.second < 40 else next_minute(moment)
