"""The command ``lambda``: time and memory of invocations."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

from benchmarks import processes
from benchmarks.benchmark import Benchmark
from benchmarks.emulators import Emulator, StartedEmulator
from benchmarks.functions.invoking import Answer, Function, Functions, Kind
from benchmarks.functions.metrics import FunctionMetric as Metric
from benchmarks.metrics import Results
from testbed.errors import TestbedError
from testbed.machine.waiting import WaitedTooLong, until

BURST = 100
BATCH = 20
# How long each invocation of a burst, and of a batch, takes.
_BURST_SECONDS = 0.05
_BATCH_SECONDS = 1.0
# After this time without requests, an emulator counts as idle.
_SETTLE_SECONDS = 3.0
# After this, the environments of a batch are idle, and their logs are processed.
_PAUSE_SECONDS = 1.0
_LIMIT_SECONDS = 60.0
_COLD = {
    Kind.TRIVIAL: (Metric.COLD, Metric.COLD_INIT),
    Kind.IMPORT: (Metric.COLD_IMPORT, Metric.COLD_IMPORT_INIT),
    Kind.CLIENT: (Metric.COLD_CLIENT, Metric.COLD_CLIENT_INIT),
}
_IDLE = {
    Kind.TRIVIAL: (Metric.IDLE_RSS, Metric.IDLE_PSS),
    Kind.CLIENT: (Metric.IDLE_CLIENT_RSS, Metric.IDLE_CLIENT_PSS),
}


@dataclass(frozen=True)
class Plan:
    """How often to measure.

    Parameters
    ----------
    warm
        Invocations of an existing environment.
    cold
        Cold starts of each kind of function, and starts of the interpreter.
    bursts
        Times to send 100 invocations at once, first cold and then warm.
    batches
        Times to measure the memory of 20 environments of each kind.
    """

    warm: int = 500
    cold: int = 20
    bursts: int = 5
    batches: int = 3


@dataclass(frozen=True)
class Contender:
    """An emulator that is running, and a client for it."""

    emulator: Emulator
    started: StartedEmulator
    functions: Functions
    seen: set[str] = field(default_factory=set)

    def first_answer(self, function: Function) -> Answer:
        """Invoke a new function.

        Raises
        ------
        TestbedError
            If an existing environment answers.
        """
        answer = function.invoke(tail=True)
        if answer.environment in self.seen:
            raise TestbedError("An existing environment answered for a new function.")
        self.seen.add(answer.environment)
        return answer


class FunctionBenchmark(Benchmark[Plan, Results]):
    """The benchmark of one command."""

    _contenders: Sequence[Contender] = ()

    def run(self) -> None:
        """Measure everything; a failure of an emulator becomes part of the results.

        All emulators run all the time, so that other load on the machine affects them equally.
        """
        with ExitStack() as stack:
            self._contenders = self._start_all(
                stack,
                Metric.WARM,
                lambda emulator, started: Contender(
                    emulator, started, Functions(started.endpoint_url, BURST)
                ),
            )
            time.sleep(_SETTLE_SECONDS)
            self._measure_warm_invocations()
            for kind in _COLD:
                self._measure_cold_starts(kind)
            self._measure_interpreters()
            self._measure_bursts()
            for kind in _IDLE:
                self._measure_idle_environments(kind)

    def _measure_warm_invocations(self) -> None:
        self._report(f"{self._plan.warm} warm invocations")
        with ExitStack() as stack:
            functions: dict[str, tuple[Function, str]] = {}

            def make(contender: Contender) -> None:
                function = stack.enter_context(contender.functions.made(Kind.TRIVIAL))
                functions[contender.emulator.name] = (
                    function,
                    contender.first_answer(function).environment,
                )

            def invoke(contender: Contender, metric: Metric, logs: bool) -> None:
                function, environment = functions[contender.emulator.name]
                answer = function.invoke(logs=logs)
                if answer.environment != environment:
                    raise TestbedError("Another environment answered a warm invocation.")
                self._results.add(metric, contender.emulator.name, answer.seconds)

            ready = self._in_turn(self._contenders, 1, Metric.WARM, make)
            for metric, logs in ((Metric.WARM, True), (Metric.WARM_SILENT, False)):
                sample = partial(invoke, metric=metric, logs=logs)
                self._in_turn(ready, self._plan.warm, metric, sample)

    def _measure_cold_starts(self, kind: Kind) -> None:
        self._report(f"{self._plan.cold} cold starts: {kind}")
        metric, init = _COLD[kind]

        def start(contender: Contender) -> Answer:
            with contender.functions.made(kind) as function:
                return contender.first_answer(function)

        def start_and_count(contender: Contender) -> None:
            answer = start(contender)
            self._results.add(metric, contender.emulator.name, answer.seconds)
            if answer.init_duration is not None:
                self._results.add(init, contender.emulator.name, answer.init_duration)

        # Not counted: the first start reads files from the disk.
        ready = self._in_turn(self._contenders, 1, metric, start)
        self._in_turn(ready, self._plan.cold, metric, start_and_count)

    def _measure_interpreters(self) -> None:
        self._report(f"{self._plan.cold} starts of the functions' interpreters")

        def start(contender: Contender) -> None:
            command = [str(contender.started.python), "-c", "import boto3"]
            started = time.perf_counter()
            processes.run(command, {}, _LIMIT_SECONDS)
            seconds = time.perf_counter() - started
            self._results.add(Metric.INTERPRETER, contender.emulator.name, seconds)

        self._in_turn(self._contenders, self._plan.cold, Metric.INTERPRETER, start)

    def _measure_bursts(self) -> None:
        self._report(f"{self._plan.bursts} bursts of {BURST} invocations")
        errors = {contender.emulator.name: 0 for contender in self._contenders}

        def burst(
            contender: Contender, function: Function, each: Metric, everything: Metric
        ) -> None:
            name = contender.emulator.name
            answers: list[Answer] = []
            for got in function.invoke_at_once(BURST, _BURST_SECONDS):
                if isinstance(got, TestbedError):
                    errors[name] += 1
                    self._record_failure(Metric.BURST_ERRORS, contender.emulator, got)
                else:
                    answers.append(got)
                    self._results.add(each, name, got.seconds)
            if len(answers) == BURST:
                first, last = min(a.started for a in answers), max(a.ended for a in answers)
                self._results.add(everything, name, last - first)

        def bursts(contender: Contender) -> None:
            with contender.functions.made(Kind.TRIVIAL) as function:
                burst(contender, function, Metric.BURST_COLD, Metric.BURST_COLD_ALL)
                burst(contender, function, Metric.BURST_WARM, Metric.BURST_WARM_ALL)

        self._in_turn(self._contenders, self._plan.bursts, Metric.BURST_COLD, bursts)
        if self._plan.bursts:
            for name, number in errors.items():
                self._results.add(Metric.BURST_ERRORS, name, number)

    def _measure_idle_environments(self, kind: Kind) -> None:
        self._report(f"{self._plan.batches} times {BATCH} idle environments: {kind}")
        rss, pss = _IDLE[kind]

        def measure(contender: Contender) -> None:
            emulator = contender.started.process
            with contender.functions.made(kind) as function:
                members = len(processes.family(emulator))
                before = processes.memory(emulator)
                answers = function.invoke_at_once(BATCH, _BATCH_SECONDS)
                self._check_batch(answers)
                time.sleep(_PAUSE_SECONDS)
                growth = processes.memory(emulator).growth(before, BATCH)
            self._add_memory(contender.emulator, growth, rss, pss)
            # Environments that are still being removed would be missing from the next growth.
            try:
                until(
                    lambda: len(processes.family(emulator)) <= members,
                    within=_LIMIT_SECONDS,
                    what="end of the environments of a deleted function",
                )
            except WaitedTooLong as error:
                raise TestbedError(str(error)) from error

        self._in_turn(self._contenders, self._plan.batches, rss, measure)

    @staticmethod
    def _check_batch(answers: list[Answer | TestbedError]) -> None:
        for answer in answers:
            if isinstance(answer, TestbedError):
                raise answer
        number = len({a.environment for a in answers if isinstance(a, Answer)})
        if number != BATCH:
            raise TestbedError(f"{BATCH} invocations at once used {number} environments.")

    def _in_turn(
        self,
        contenders: Sequence[Contender],
        times: int,
        metric: Metric,
        sample: Callable[[Contender], object],
    ) -> list[Contender]:
        """Take a number of samples of each emulator in turn; return those that have not failed.

        An emulator that fails is skipped from then on.
        """
        remaining = list(contenders)
        for _ in range(times):
            for contender in list(remaining):
                try:
                    sample(contender)
                except TestbedError as error:
                    self._record_failure(metric, contender.emulator, error)
                    remaining.remove(contender)
        return remaining
