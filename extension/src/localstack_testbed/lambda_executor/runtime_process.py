"""A runtime process with its Runtime API and its output."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from localstack_testbed.lambda_executor.deadlines import Deadline
from localstack_testbed.lambda_executor.output import OutputStream
from localstack_testbed.lambda_executor.resource_usage import PROCESS_LIMIT, peak_memory, usage
from localstack_testbed.lambda_executor.runtime_api import (
    Invocation,
    Ready,
    RuntimeApi,
    RuntimeEvent,
)
from localstack_testbed.lambda_executor.supervisor_client import (
    Launch,
    RuntimeHandle,
    SupervisorClient,
)

SAMPLE_SECONDS = 0.05
KILL_LIMIT_SECONDS = 5.0


@dataclass(frozen=True)
class Exited:
    """The process has exited with this wait status."""

    status: int


@dataclass(frozen=True)
class TimedOut:
    """No event occurred before the deadline."""


@dataclass(frozen=True)
class OutOfMemory:
    """The environment exceeds the function's memory size."""


@dataclass(frozen=True)
class TooManyProcesses:
    """The environment exceeds the limit of processes and threads."""


@dataclass(frozen=True)
class Stopped:
    """LocalStack stops the environment."""


type ProcessEvent = RuntimeEvent | Exited | TimedOut | OutOfMemory | TooManyProcesses | Stopped


class RuntimeProcess:
    """Starts a runtime process; ``launch`` gets the address of its Runtime API.

    A process under a debugger is neither frozen, because it has to answer the debugger between
    invocations, nor limited in memory, which the debugger uses as well.

    Raises
    ------
    ConnectionError
        The supervisor has exited.
    """

    def __init__(
        self,
        supervisor: SupervisorClient,
        launch: Callable[[str], Launch],
        memory_limit: int,
        debugged: bool = False,
    ) -> None:
        self._events: queue.SimpleQueue[ProcessEvent] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._memory_limit = memory_limit
        self.debugged = debugged
        self._peak = 0
        # The process may request its first event before the supervisor has reported its start.
        self._started: Future[RuntimeHandle] = Future()
        self._api = RuntimeApi(self._report)
        self.output = OutputStream()
        try:
            self._handle = supervisor.start(
                launch(self._api.address), self.output.writer, self._exited
            )
        except ConnectionError:
            self._api.close()
            raise
        finally:
            self.output.close_writer()
        self._started.set_result(self._handle)

    @property
    def ended(self) -> bool:
        return self._ended.is_set()

    def next_event(self, deadline: Deadline) -> ProcessEvent:
        """Wait for the next event until ``deadline``.

        Meanwhile, memory and number of processes are monitored: exceeding a limit is an event.
        """
        while True:
            remaining = deadline.remaining()
            try:
                return self._events.get(timeout=max(0, min(remaining, SAMPLE_SECONDS)))
            except queue.Empty:
                if remaining <= 0:
                    return TimedOut()
            used = usage(self._handle.process)
            self._peak = max(self._peak, used.memory)
            if used.memory > self._memory_limit and not self.debugged:
                return OutOfMemory()
            if used.processes > PROCESS_LIMIT:
                return TooManyProcesses()

    def send(self, invocation: Invocation) -> None:
        """Resume the environment and answer its request for an event."""
        self._handle.thaw()
        self._api.send(invocation)

    def measure_memory(self) -> int:
        """Return the maximum memory use observed since the start, in bytes."""
        self._peak = max(self._peak, peak_memory(self._handle.process))
        return self._peak

    def interrupt(self) -> None:
        """Wake up ``next_event`` with the event ``Stopped``."""
        self._events.put(Stopped())

    def kill(self) -> None:
        """Kill the process and its descendants, and wait until it has exited."""
        self._handle.kill()
        self._ended.wait(KILL_LIMIT_SECONDS)

    def _report(self, event: RuntimeEvent) -> None:
        if isinstance(event, Ready) and not self.debugged:
            # Lambda freezes an environment between invocations, including processes that the
            # function left running. Freeze before reporting the event, which may lead to a thaw.
            self._started.result().freeze()
        self._events.put(event)

    def _exited(self, status: int) -> None:
        self._ended.set()
        self._api.close()
        self._events.put(Exited(status))
