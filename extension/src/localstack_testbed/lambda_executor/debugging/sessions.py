"""The functions that are being debugged, each until its client disconnects.

The client is the command ``testbed debug``. It listens on two ports of 127.0.0.1: on one for the
function's process, which connects with debugpy, and on the other for LocalStack, whose connection
ends when the client exits, even if it is killed.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

LOOPBACK = "127.0.0.1"
CONNECT_SECONDS = 5.0


@dataclass(frozen=True)
class FunctionKey:
    """A function, with all its versions."""

    account: str
    region: str
    name: str

    @classmethod
    def of_version(cls, version: Any) -> "FunctionKey":
        """Return the key of the function of a version (LocalStack's ``VersionIdentifier``)."""
        return cls(version.account, version.region, version.function_name)

    @property
    def arn(self) -> str:
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{self.name}"


@dataclass(frozen=True)
class Debugger:
    """How a function's process reaches the client.

    Parameters
    ----------
    packages
        By runtime, such as ``python3.13``, the folder with debugpy.
    port
        The client's port.
    token
        What the client presents to the process, which accepts no commands without it.
    proof
        What the process presents to the client.
    wait
        Whether the process waits for a debugger before it loads the function.
    """

    packages: Mapping[str, str]
    port: int
    token: str = field(repr=False)
    proof: str = field(repr=False)
    wait: bool

    def settings(self, packages: str) -> dict[str, Any]:
        """Return what the process needs to connect; ``packages`` is the folder as it sees it."""
        return {
            "packages": packages,
            "host": LOOPBACK,
            "port": self.port,
            "token": self.token,
            "proof": self.proof,
            "wait": self.wait,
        }


class DebugSession:
    """The debugging of one function.

    Parameters
    ----------
    lifeline
        A connection to the client, which ends with it.
    """

    def __init__(self, function: FunctionKey, debugger: Debugger, lifeline: socket.socket) -> None:
        self.function = function
        self.debugger = debugger
        self.environment: object | None = None
        self.task_root: str | None = None
        self._lifeline = lifeline
        self._changed = threading.Condition()
        self._busy = False
        self._ended: float | None = None

    @property
    def ended(self) -> bool:
        return self._ended is not None

    def seconds_since_end(self) -> float | None:
        """Return how long ago the session ended; None while it lasts."""
        return None if self._ended is None else time.monotonic() - self._ended

    def packages(self, runtime: str) -> str | None:
        """Return the folder with debugpy for a runtime; None if the session has ended."""
        return None if self.ended else self.debugger.packages.get(runtime)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until no other invocation runs, so that one environment is enough.

        The end of the session also ends the wait.
        """
        with self._changed:
            self._changed.wait_for(lambda: self.ended or not self._busy)
            waited_for = not self.ended
            self._busy = self._busy or waited_for
        try:
            yield
        finally:
            if waited_for:
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()

    def end(self) -> bool:
        """End the session; return False if it has already ended."""
        with self._changed:
            if self._ended is not None:
                return False
            self._ended = time.monotonic()
            self._changed.notify_all()
        with contextlib.suppress(OSError):
            self._lifeline.shutdown(socket.SHUT_RDWR)
        return True

    def await_client(self) -> None:
        """Return when the client has disconnected."""
        with self._lifeline, contextlib.suppress(OSError):
            while self._lifeline.recv(1024):
                pass


class BusyError(Exception):
    """Another client debugs the function."""


class UnreachableError(Exception):
    """LocalStack cannot connect to the client."""


class DebugSessions:
    """The sessions by function; ``on_end`` is called when one has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[FunctionKey, DebugSession] = {}
        self.on_end: Callable[[DebugSession], None] = lambda _session: None

    def __bool__(self) -> bool:
        return bool(self._sessions)

    def of(self, function: FunctionKey) -> DebugSession | None:
        """Return the session of a function, if it is being debugged."""
        return self._sessions.get(function)

    def all(self) -> list[DebugSession]:
        """Return all sessions."""
        with self._lock:
            return list(self._sessions.values())

    def begin(self, function: FunctionKey, debugger: Debugger, lifeline_port: int) -> DebugSession:
        """Begin a session, which ends when the client closes the connection to its port.

        Raises
        ------
        BusyError
            The function is already being debugged.
        UnreachableError
            The client does not listen on its port.
        """
        try:
            lifeline = socket.create_connection((LOOPBACK, lifeline_port), CONNECT_SECONDS)
        except OSError as error:
            raise UnreachableError(str(error)) from error
        lifeline.settimeout(None)
        session = DebugSession(function, debugger, lifeline)
        with self._lock:
            if function in self._sessions:
                lifeline.close()
                raise BusyError(function.arn)
            self._sessions[function] = session
        name = f"debugging-{function.name}"
        threading.Thread(target=self._watch, args=(session,), name=name, daemon=True).start()
        return session

    def end(self, session: DebugSession) -> None:
        """End a session, unless it has already ended."""
        if not session.end():
            return
        with self._lock:
            del self._sessions[session.function]
        self.on_end(session)

    def _watch(self, session: DebugSession) -> None:
        session.await_client()
        self.end(session)


SESSIONS = DebugSessions()
