"""The lifecycle, invocations and log of a Lambda execution environment.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from localstack_testbed.lambda_executor.deadlines import Deadline, Suspension, deadline_in
from localstack_testbed.lambda_executor.invocation_failure import InvocationFailure, failure_of
from localstack_testbed.lambda_executor.platform_log import PlatformLog, Report
from localstack_testbed.lambda_executor.runtime_api import Invocation, Ready, Succeeded
from localstack_testbed.lambda_executor.runtime_process import RuntimeProcess
from localstack_testbed.timing.timed_text import Line, TimedText, lines_of

INIT_LIMIT_SECONDS = 10.0
# What a function is told while its timeout is suspended.
SUSPENDED_TIMEOUT_SECONDS = 24 * 60 * 60.0
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Request:
    """One invocation; ``kill_after`` is the number of seconds after which to kill its process."""

    request_id: str
    function_arn: str
    payload: bytes
    trace_id: str
    client_context: str | None
    kill_after: float | None = None


@dataclass(frozen=True)
class Result:
    """The result of an invocation; ``logs`` are whole lines."""

    payload: bytes
    failed: bool
    logs: TimedText


@dataclass(frozen=True)
class FunctionLimits:
    """A function version's name and limits: ``timeout`` in seconds, ``memory_size`` in MB."""

    version: str
    timeout: float
    memory_size: int


class Sandbox:
    """One environment of a function version, with at most one runtime process at a time.

    If the process has exited, was killed, or could not load the function, the next invocation
    starts a new one in the same environment (log stream, temporary folder), as on AWS.

    Parameters
    ----------
    start_process
        Starts a runtime process.
    suspension
        Suspends the time limits, if it is given.
    """

    def __init__(
        self,
        limits: FunctionLimits,
        start_process: Callable[[], RuntimeProcess],
        platform_log: PlatformLog,
        suspension: Suspension | None = None,
    ) -> None:
        self._limits = limits
        self._start_process = start_process
        self._platform_log = platform_log
        self._suspension = suspension
        self._log: list[Line] = []
        self._process: RuntimeProcess | None = None
        self._asks_for_event = False
        self._loading = False
        self._init_duration: float | None = None
        self._memory_used = 0
        self._stopped = False
        self._invoking = threading.Lock()

    def initialize(self, runtime: str, runtime_arn: str) -> None:
        """Start the runtime and wait until it has loaded the function, for at most ten seconds.

        A failure is only logged, and the first invocation retries.
        """
        self._add(self._platform_log.init_start(runtime, runtime_arn))
        started = time.monotonic()
        failure = self._load("init", deadline_in(INIT_LIMIT_SECONDS, self._suspension))
        if failure is None:
            self._init_duration = _milliseconds_since(started)

    def invoke(self, request: Request) -> Result:
        """Run one invocation; a failure is returned as a result, too."""
        with self._invoking:
            started = time.monotonic()
            self._take_output()
            self._add(self._platform_log.start(request.request_id, self._limits.version))
            outcome = self._run(request, deadline_in(self._limits.timeout, self._suspension))
            duration = _milliseconds_since(started)
            if self._suspension is None:
                duration = min(duration, self._limits.timeout * 1000)
            self._take_output()
            failure = outcome if isinstance(outcome, InvocationFailure) else None
            self._report(request.request_id, duration, failure)
            logs = self.log()
            self._log.clear()
            if isinstance(outcome, InvocationFailure):
                return Result(outcome.response(request.request_id), True, logs)
            return Result(outcome, False, logs)

    def stop(self, finish: bool) -> None:
        """Stop the environment; with ``finish``, wait for a running invocation first."""
        if finish:
            with self._invoking:
                self._end()
        else:
            self._end()

    def kill(self) -> None:
        """Kill the process, like a crash; the next invocation starts a new one."""
        process = self._process
        if process is not None:
            process.kill()

    def end_suspension(self) -> None:
        """Replace a process that has not loaded the function by one with time limits."""
        process = self._process
        if self._loading and process is not None:
            process.kill()

    def log(self) -> TimedText:
        """Return the log lines that no invocation has returned yet."""
        return TimedText.of(self._log)

    def _add(self, text: str) -> None:
        """Add lines of the service itself to the log, with the current time."""
        self._log += lines_of(text)[: text.count("\n")]

    def _end(self) -> None:
        self._stopped = True
        process = self._process
        if process is not None:
            process.interrupt()
            process.kill()

    def _load(self, phase: str, deadline: Deadline) -> InvocationFailure | None:
        """Start a process, and wait until it has loaded the function and requests an event."""
        if self._stopped:
            return InvocationFailure(
                "Runtime.ExitError", "The environment was stopped", logged=True
            )
        started = time.monotonic()
        self._loading = True
        try:
            process = self._process = self._start_process()
        except ConnectionError as error:
            return InvocationFailure("Runtime.ExitError", str(error), logged=True)
        event = process.next_event(deadline)
        self._loading = False
        if isinstance(event, Ready):
            self._asks_for_event = True
            return None
        if process.debugged and not self._suspended:
            # It waited for a debugger that does not come any more.
            self._reset()
            return self._load(phase, deadline)
        failure = failure_of(event, self._limits.timeout)
        self._reset()
        if failure.failure is not None:
            duration = _milliseconds_since(started)
            self._add(self._platform_log.init_report(duration, phase, failure.failure))
        return failure

    def _run(self, request: Request, deadline: Deadline) -> InvocationFailure | bytes:
        process = self._process
        # The process may have exited after its last response.
        if process is not None and (
            process.ended
            or not (self._asks_for_event or isinstance(process.next_event(deadline), Ready))
        ):
            self._reset()
        if self._process is None:
            failure = self._load("invoke", deadline)
            if failure is not None:
                return failure
        process = self._process
        assert process is not None
        self._asks_for_event = False
        invocation = Invocation(
            request_id=request.request_id,
            function_arn=request.function_arn,
            payload=request.payload,
            deadline=int((time.time() + self._time_left(deadline)) * 1000),
            trace_id=request.trace_id,
            client_context=request.client_context,
        )
        if request.kill_after == 0:
            process.kill()  # a timer could be slower than the function
        else:
            process.send(invocation)
        with _kill_after(process, request.kill_after):
            event = process.next_event(deadline)
        if isinstance(event, Succeeded):
            return event.payload
        failure = failure_of(event, self._limits.timeout)
        if failure.resets:
            self._reset()
        return failure

    @property
    def _suspended(self) -> bool:
        return self._suspension is not None and self._suspension.seconds_since_end() is None

    def _time_left(self, deadline: Deadline) -> float:
        return min(deadline.remaining(), SUSPENDED_TIMEOUT_SECONDS)

    def _report(self, request_id: str, duration: float, failure: InvocationFailure | None) -> None:
        if failure is not None and failure.timed_out:
            self._add(self._platform_log.timed_out(request_id, self._limits.timeout))
        elif failure is not None and failure.logged:
            line = self._platform_log.runtime_exited(
                request_id, failure.message, failure.error_type
            )
            self._add(line)
        self._measure_memory()
        memory_used = math.ceil(self._memory_used / MEGABYTE)
        if failure is not None and failure.error_type == "Runtime.OutOfMemory":
            # It exceeded the limit for a moment, which is impossible on AWS.
            memory_used = self._limits.memory_size
        figures = Report(
            duration=duration,
            memory_size=self._limits.memory_size,
            memory_used=memory_used,
            init_duration=self._init_duration,
            failure=failure.failure if failure is not None else None,
        )
        self._init_duration = None
        self._add(self._platform_log.end(request_id))
        self._add(self._platform_log.report(request_id, figures))

    def _reset(self) -> None:
        """Kill the process, so that the next invocation starts a new one."""
        if self._process is not None:
            self._measure_memory()
            self._process.kill()
            self._take_output()
        self._process, self._asks_for_event = None, False

    def _measure_memory(self) -> None:
        if self._process is not None:
            self._memory_used = max(self._memory_used, self._process.measure_memory())

    def _take_output(self) -> None:
        if self._process is not None:
            self._log += self._process.output.take()


@contextmanager
def _kill_after(process: RuntimeProcess, after: float | None) -> Iterator[None]:
    """Kill a process ``after`` seconds, unless the ``with`` block finishes first."""
    if not after:
        yield
        return
    timer = threading.Timer(after, process.kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _milliseconds_since(moment: float) -> float:
    return (time.monotonic() - moment) * 1000
