"""One run of the runtime: its process, its Runtime API and its output."""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

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
    """The process has ended, with this wait status."""

    status: int


@dataclass(frozen=True)
class TimedOut:
    """Nothing happened in time."""


@dataclass(frozen=True)
class OutOfMemory:
    """The environment uses more memory than the function has."""


@dataclass(frozen=True)
class TooManyProcesses:
    """The environment has more processes and threads than it may."""


@dataclass(frozen=True)
class Stopped:
    """LocalStack wants the environment to end."""


type ProcessEvent = RuntimeEvent | Exited | TimedOut | OutOfMemory | TooManyProcesses | Stopped


class RuntimeProcess:
    """Starts a runtime process; ``launch`` is told the address of its Runtime API.

    Raises
    ------
    ConnectionError
        The supervisor has ended.
    """

    def __init__(
        self, supervisor: SupervisorClient, launch: Callable[[str], Launch], memory_limit: int
    ) -> None:
        self._events: queue.SimpleQueue[ProcessEvent] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._memory_limit = memory_limit
        self._peak = 0
        # The process may ask for its first event before we have been told that it started.
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

    def next_event(self, deadline: float) -> ProcessEvent:
        """Wait for what happens next, until ``deadline`` (``time.monotonic``).

        Meanwhile the memory in use is measured, and processes are counted: too much of either is
        an event.
        """
        while True:
            remaining = deadline - time.monotonic()
            try:
                return self._events.get(timeout=max(0, min(remaining, SAMPLE_SECONDS)))
            except queue.Empty:
                if remaining <= 0:
                    return TimedOut()
            used = usage(self._handle.process)
            self._peak = max(self._peak, used.memory)
            if used.memory > self._memory_limit:
                return OutOfMemory()
            if used.processes > PROCESS_LIMIT:
                return TooManyProcesses()

    def send(self, invocation: Invocation) -> None:
        """Thaw the environment and answer its request for an event."""
        self._handle.thaw()
        self._api.send(invocation)

    def measure_memory(self) -> int:
        """Return the most memory that was seen in use since the start, in bytes."""
        self._peak = max(self._peak, peak_memory(self._handle.process))
        return self._peak

    def interrupt(self) -> None:
        """Make whoever waits for an event see that LocalStack wants the end."""
        self._events.put(Stopped())

    def kill(self) -> None:
        """End the process and what it started, and wait for its end."""
        self._handle.kill()
        self._ended.wait(KILL_LIMIT_SECONDS)

    def _report(self, event: RuntimeEvent) -> None:
        if isinstance(event, Ready):
            # Between invocations an environment stands still, and what a function left running in
            # it too. It must, before anyone hears of this event and thaws it again.
            self._started.result().freeze()
        self._events.put(event)

    def _exited(self, status: int) -> None:
        self._ended.set()
        self._api.close()
        self._events.put(Exited(status))
