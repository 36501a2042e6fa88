"""The client of the supervisor process: starts it and sends it commands."""

import contextlib
import itertools
import json
import logging
import os
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localstack_testbed.lambda_executor.files import EnvironmentFiles
from localstack_testbed.lambda_executor.process_table import (
    NO_PROCESS,
    children,
    inner_pid,
)
from localstack_testbed.lambda_executor.settings import Settings, packages_of

LOG = logging.getLogger(__name__)

PROGRAM = "localstack_testbed.lambda_executor.supervisor"
PACKAGE_FOLDER = Path(__file__).parents[2]
SUPERVISOR_EXITED = "The supervisor of Lambda environments has exited"


@dataclass(frozen=True)
class Launch:
    """The parameters of a new runtime process.

    ``storage`` is the size of its temporary folder in bytes. ``path`` comes first on its module
    search path. ``fork`` allows forking it from the supervisor, which has imported the AWS SDK
    already. ``debugger`` are the settings of the debugger, if the process runs under one, with the
    folder of its packages.
    """

    handler: str
    files: EnvironmentFiles
    storage: int
    path: tuple[str, ...]
    environment: dict[str, str]
    fork: bool
    debugger: dict[str, Any] | None = None


class SupervisorClient:
    """Starts a supervisor with a runtime's interpreter, and keeps the connection to it.

    ``python`` is the interpreter; ``settings`` has the modules to import in advance, and whether
    environments are isolated. The supervisor deletes ``directory`` when the connection is closed.
    """

    def __init__(self, runtime: str, python: Path, settings: Settings, directory: Path) -> None:
        self.runtime = runtime
        self.packages = packages_of(python)
        self._connection, theirs = socket.socketpair()
        directory.mkdir(exist_ok=True)
        environment = {
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "HOME": str(directory),
            "PYTHONPATH": str(PACKAGE_FOLDER),
        }
        root = directory / f"root-{runtime}" if settings.isolation else ""
        arguments = [str(theirs.fileno()), str(directory), str(root), str(self.packages)]
        with theirs:
            self._process = subprocess.Popen(
                [str(python), "-s", "-m", PROGRAM, *arguments, *settings.preload],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=environment,
                cwd=directory,
                start_new_session=True,
            )
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._started: dict[int, Future[int]] = {}
        self._exits: dict[int, Callable[[int], None]] = {}
        self._compilations: dict[int, Future[int]] = {}
        self._not_isolated_reason: Future[str | None] = Future()
        self._ended = False
        threading.Thread(target=self._receive, name="lambda-supervisor", daemon=True).start()

    @property
    def running(self) -> bool:
        return not self._ended

    @property
    def isolated(self) -> bool:
        """Whether environments have their own file system.

        Raises
        ------
        ConnectionError
            The supervisor has exited.
        """
        return self.not_isolated_reason is None

    @property
    def not_isolated_reason(self) -> str | None:
        """Why environments share the machine's file system; None if they have their own.

        Raises
        ------
        ConnectionError
            The supervisor has exited.
        """
        return self._not_isolated_reason.result()

    def start(self, launch: Launch, output: int, on_exit: Callable[[int], None]) -> "RuntimeHandle":
        """Start a runtime process that writes to the file descriptor ``output``.

        When the process exits, ``on_exit`` is called with the wait status, from another thread.

        Raises
        ------
        ConnectionError
            The supervisor has exited.
        """
        number = next(self._numbers)
        started: Future[int] = Future()
        with self._lock:
            if self._ended:
                raise ConnectionError(SUPERVISOR_EXITED)
            self._started[number] = started
            self._exits[number] = on_exit
        message = {
            "command": "start",
            "id": number,
            "handler": launch.handler,
            "code": str(launch.files.code),
            "layers": str(launch.files.layers or ""),
            "temporary": str(launch.files.temporary),
            "storage": launch.storage,
            "path": launch.path,
            "environment": launch.environment,
            "fork": launch.fork,
            "debugger": launch.debugger,
        }
        self._send(message, output)
        return RuntimeHandle(self, number, self._outer_pid(started.result()))

    def compile(self, directory: Path, others: Sequence[Path] = ()) -> Future[int]:
        """Start compiling the modules in a folder to byte code.

        Parameters
        ----------
        others
            Folders that may hold the same modules, compiled already.

        Raises
        ------
        ConnectionError
            The supervisor has exited.
        """
        number = next(self._numbers)
        compiled: Future[int] = Future()
        with self._lock:
            if self._ended:
                raise ConnectionError(SUPERVISOR_EXITED)
            self._compilations[number] = compiled
        command = {"command": "compile", "id": number, "directory": str(directory)}
        self._send({**command, "others": [str(other) for other in others]})
        return compiled

    def discard(self, temporary: Path) -> None:
        """Delete an environment's temporary folder."""
        self._send({"command": "discard", "id": 0, "directory": str(temporary)})

    def signal(self, number: int, command: str) -> None:
        self._send({"command": command, "id": number})

    def stop(self) -> None:
        """Stop the supervisor, which kills all environments, and wait until it has exited."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._process.wait()

    def _send(self, message: dict[str, Any], descriptor: int | None = None) -> None:
        data = json.dumps(message).encode()
        data = struct.pack(">I", len(data)) + data
        with self._lock, contextlib.suppress(OSError):
            sent = 0
            if descriptor is not None:
                sent = socket.send_fds(self._connection, [data], [descriptor])
            self._connection.sendall(data[sent:])

    def _receive(self) -> None:
        try:
            with self._connection.makefile("rb") as events:
                while header := events.read(4):
                    (length,) = struct.unpack(">I", header)
                    self._dispatch(json.loads(events.read(length)))
        except (OSError, struct.error, ValueError):
            LOG.debug("The connection to the Lambda supervisor was lost")
        with self._lock:
            self._ended = True
            exits, self._exits = self._exits, {}
            futures: list[Future[Any]] = [*self._started.values(), *self._compilations.values()]
            self._started, self._compilations = {}, {}
        if not self._not_isolated_reason.done():
            futures.append(self._not_isolated_reason)
        for future in futures:
            future.set_exception(ConnectionError(SUPERVISOR_EXITED))
        for on_exit in exits.values():
            on_exit(9)

    def _dispatch(self, event: dict[str, Any]) -> None:
        if event["event"] == "ready":
            if event["reason"] is not None:
                LOG.info("Lambda functions are not isolated: %s", event["reason"])
            self._not_isolated_reason.set_result(event["reason"])
            return
        number = event["id"]
        match event["event"]:
            case "started":
                self._started.pop(number).set_result(event["process"])
            case "exited":
                self._exits.pop(number)(event["status"])
            case "compiled":
                self._compilations.pop(number).set_result(event["status"])

    def _outer_pid(self, process: int) -> int:
        """Return the id in our PID namespace of a process in the supervisor's namespace."""
        if not self.isolated:
            return process
        for supervisor in children(self._process.pid):
            for child in reversed(children(supervisor)):  # it is one of the newest
                if inner_pid(child) == process:
                    return child
        return NO_PROCESS


@dataclass(frozen=True)
class RuntimeHandle:
    """A runtime process, to which the supervisor sends signals.

    Only the supervisor, its parent, knows that the process id has not been reused.
    """

    supervisor: SupervisorClient
    number: int
    process: int

    def kill(self) -> None:
        self.supervisor.signal(self.number, "kill")

    def freeze(self) -> None:
        self.supervisor.signal(self.number, "freeze")

    def thaw(self) -> None:
        self.supervisor.signal(self.number, "thaw")


def describe_exit(status: int) -> str:
    """Describe a wait status as Lambda does.

    >>> describe_exit(256), describe_exit(9), describe_exit(0)
    ('exit status 1', 'signal: killed', '')
    """
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        return f"signal: {SIGNAL_NAMES.get(-code, f'signal {-code}')}"
    return f"exit status {code}" if code else ""


# The names of Go's package syscall, because AWS's runtime manager is written in Go.
SIGNAL_NAMES = {
    1: "hangup",
    2: "interrupt",
    3: "quit",
    4: "illegal instruction",
    6: "aborted",
    7: "bus error",
    8: "floating point exception",
    9: "killed",
    11: "segmentation fault",
    13: "broken pipe",
    14: "alarm clock",
    15: "terminated",
}
