"""The relay between an IDE and the process of a function, which both connect to it.

The process runs debugpy, whose server speaks the Debug Adapter Protocol. The relay gives the IDE
one address for all processes of the function, one after the other: a process may crash, or be
replaced by one with new code. It also decides who may connect, because whoever debugs a process
can run any code in it:

- An IDE must run as the same user.
- A process must present a secret, and gets another one, without which it obeys nobody.
"""

from __future__ import annotations

import hmac
import queue
import secrets
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from testbed.debugger import messages
from testbed.debugger.messages import Message, read_message
from testbed.debugger.peers import is_of_this_user
from testbed.machine.ports import HOST, taken

TASK_ROOT = "/var/task"
"""The folder of the code in the file system of a function."""

Occurrence = Literal["attached", "detached", "started", "ended", "denied"]
"""What happens: an IDE attaches or detaches, a process starts or ends, a stranger is denied."""

Kind = Literal["ide", "process"]
"""Who connects to the relay."""

# Requests of the relay itself have higher numbers than those of any IDE.
_OWN_REQUESTS = 1_000_000_000
_AUTHORIZE = "pydevdAuthorize"


class _Connection:
    """A connection whose messages are put into the relay's queue by a thread."""

    def __init__(self, relay: Relay, connected: socket.socket) -> None:
        self._relay = relay
        self._socket = connected
        threading.Thread(target=self._read, name="testbed-debug", daemon=True).start()

    def send(self, message: Message) -> None:
        """Send a message, unless the connection is closed."""
        with suppress(OSError):
            self._socket.sendall(messages.encode(message))

    def close(self) -> None:
        """Close the connection."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _read(self) -> None:
        with self._socket, self._socket.makefile("rb") as stream, suppress(OSError, ValueError):
            while message := read_message(stream):
                self._relay.inbox.put((self, message))
        self._relay.inbox.put((self, None))


@dataclass(frozen=True)
class Secrets:
    """What the relay and a process present to each other.

    Parameters
    ----------
    token
        What the relay presents.
    proof
        What the process presents.
    """

    token: str
    proof: str


class Relay:
    """Listens until it is closed.

    Parameters
    ----------
    port
        The port for the IDE.
    task_root
        Returns the folder with the function's code, as the process sees it. It is called when an
        IDE attaches.
    local_root
        The folder with the source of the code, for IDEs that do not say where it is, or only
        where the project is.
    report
        Is called, by another thread, for each occurrence.

    Raises
    ------
    PortInUseError
        If another program listens on the port.
    """

    def __init__(
        self,
        port: int,
        task_root: Callable[[], str],
        local_root: Path,
        report: Callable[[Occurrence], None],
    ) -> None:
        self.secrets = Secrets(secrets.token_hex(), secrets.token_hex())
        self.inbox: queue.SimpleQueue[
            tuple[_Connection, Message | None] | tuple[Kind, socket.socket] | None
        ] = queue.SimpleQueue()
        self._task_root = task_root
        self._local_root = local_root
        self._report = report
        self._sequence = _OWN_REQUESTS
        self._ide: _Connection | None = None
        self._waiting: list[Message] = []
        self._joined = False  # whether messages of the IDE have been sent to the process
        self._attached = False
        self._polite = True
        self._process: _Connection | None = None
        self._unproven: set[_Connection] = set()
        try:
            self._ide_listener = _listen(port)
        except OSError as error:
            raise taken(port) from error
        self._process_listener = _listen(0)
        self.process_port = _port_of(self._process_listener)
        self.port = _port_of(self._ide_listener)
        for target in (self._accept_ides, self._accept_processes):
            threading.Thread(target=target, name="testbed-debug", daemon=True).start()
        self._thread = threading.Thread(target=self._run, name="testbed-debug", daemon=True)
        self._thread.start()

    def close(self, *, politely: bool = True) -> None:
        """Close all connections; the process continues without a debugger.

        Parameters
        ----------
        politely
            Whether the process and the IDE are told first.
        """
        self._polite = politely
        self.inbox.put(None)
        self._thread.join()
        for listener in (self._ide_listener, self._process_listener):
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _accept_ides(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._ide_listener.accept()
                with suppress(OSError):
                    if is_of_this_user(connection):
                        self.inbox.put(("ide", connection))
                        continue
                connection.close()
                self._report("denied")

    def _accept_processes(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._process_listener.accept()
                self.inbox.put(("process", connection))

    def _run(self) -> None:
        while (item := self.inbox.get()) is not None:
            match item:
                case "ide", socket.socket() as connected:
                    self._begin(connected)
                case "process", socket.socket() as connected:
                    process = _Connection(self, connected)
                    self._unproven.add(process)
                    self._authorize(process)
                case _Connection() as sender, message if not isinstance(message, socket.socket):
                    self._receive(sender, message)
        if self._polite:
            self._release_process()
            self._end_ide(restart=False)
        for connection in (self._process, self._ide, *self._unproven):
            if connection is not None:
                connection.close()

    def _receive(self, sender: _Connection, message: Message | None) -> None:
        if sender in self._unproven:
            self._check(sender, message)
        elif sender is self._ide:
            self._from_ide(message)
        elif sender is self._process:
            self._from_process(message)

    def _begin(self, connected: socket.socket) -> None:
        """Begin to serve an IDE; a second one is rejected while the first one is attached."""
        if self._attached:
            connected.close()
            return
        if self._ide is not None:
            self._leave()
        self._ide = _Connection(self, connected)

    def _from_ide(self, message: Message | None) -> None:
        if message is None:
            self._leave()
        elif message.get("command") == "launch":
            problem = "Use an attach configuration: the function is already running."
            self._answer(message, problem)
        elif message.get("command") == "disconnect" and not (self._process and self._joined):
            self._answer(message)
            self._leave()
        elif self._process is None:
            self._waiting.append(message)
        else:
            self._pass_on(message)

    def _pass_on(self, message: Message) -> None:
        assert self._process is not None
        if not self._joined:
            self._joined = True
            self._authorize(self._process)  # a process forgets it when an IDE disconnects
        arguments = message.get("arguments")
        if isinstance(arguments, dict):
            match message.get("command"):
                case "attach":
                    message = message | {"arguments": self._attach_arguments(arguments)}
                case "pause" | "continue":  # of all threads, as debugpy's own adapter does
                    message = message | {"arguments": arguments | {"threadId": "*"}}
        self._process.send(message)

    def _attach_arguments(self, given: dict[str, Any]) -> dict[str, Any]:
        """Complete the mapping between the folders of the IDE and of the function."""
        root = self._task_root()
        mappings = [_moved(each, root) for each in given.get("pathMappings") or ()]
        if not mappings or any(_is_above(each, self._local_root) for each in mappings):
            mappings.insert(0, {"localRoot": str(self._local_root), "remoteRoot": root})
        return given | {"subProcess": False, "pathMappings": mappings}

    def _from_process(self, message: Message | None) -> None:
        if message is None or _is(message, "event", "terminated"):
            self._lose_process()
            return
        if message.get("type") == "response":
            if message.get("request_seq", 0) > _OWN_REQUESTS:
                return
            if message.get("command") == "configurationDone" and message.get("success"):
                self._attached = True
                self._report("attached")
        if self._ide is None or not self._joined:
            return
        self._ide.send(message)
        if _is(message, "response", "disconnect"):
            self._leave(release=False)

    def _check(self, process: _Connection, message: Message | None) -> None:
        """Accept a new process once it has presented its secret."""
        if message is not None and not _is(message, "response", _AUTHORIZE):
            return
        self._unproven.discard(process)
        body = (message or {}).get("body") or {}
        given = str(body.get("clientAccessToken", ""))
        if not hmac.compare_digest(given.encode(), self.secrets.proof.encode()):
            process.close()
            return
        previous, self._process = self._process, process
        self._report("started")
        if previous is not None:
            previous.close()
            self._end_ide(restart=True)
            return
        if self._ide is not None:
            waiting, self._waiting = self._waiting, []
            for each in waiting:
                self._pass_on(each)

    def _lose_process(self) -> None:
        assert self._process is not None
        self._process.close()
        self._process = None
        self._report("ended")
        self._end_ide(restart=True)

    def _end_ide(self, *, restart: bool) -> None:
        """Tell the IDE that the process has ended; with ``restart``, that it may attach again.

        https://microsoft.github.io/debug-adapter-protocol/specification#Events_Terminated
        """
        if self._ide is None or not self._joined:
            return
        body: dict[str, Any] = {"restart": True} if restart else {}
        self._ide.send(messages.event(self._next(), "terminated", body))
        self._joined = False
        self._detach()

    def _leave(self, *, release: bool = True) -> None:
        """End the connection with the IDE."""
        if release:
            self._release_process()
        if self._ide is not None:
            self._ide.close()
        self._ide = None
        self._waiting = []
        self._joined = False
        self._detach()

    def _release_process(self) -> None:
        """Remove all breakpoints, and let the process continue."""
        if self._process is not None and self._joined:
            arguments = {"terminateDebuggee": False}
            self._process.send(messages.request(self._next(), "disconnect", arguments))

    def _detach(self) -> None:
        if self._attached:
            self._attached = False
            self._report("detached")

    def _authorize(self, process: _Connection) -> None:
        arguments = {"debugServerAccessToken": self.secrets.token}
        process.send(messages.request(self._next(), _AUTHORIZE, arguments))

    def _answer(self, message: Message, problem: str | None = None) -> None:
        if self._ide is not None:
            self._ide.send(messages.response(self._next(), message, problem=problem))

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence


def _is(message: Message, kind: str, name: str) -> bool:
    field = "event" if kind == "event" else "command"
    return message.get("type") == kind and message.get(field) == name


def _is_above(mapping: Any, folder: Path) -> bool:
    """Return whether a path mapping is for a folder above another one, such as the project's."""
    local = mapping.get("localRoot") if isinstance(mapping, dict) else None
    return isinstance(local, str) and Path(local) in folder.parents


def _moved(mapping: Any, root: str) -> Any:
    """Replace /var/task in a path mapping by where the process sees it, if it is not isolated."""
    if not isinstance(mapping, dict):
        return mapping
    remote = str(mapping.get("remoteRoot", TASK_ROOT))
    if remote == TASK_ROOT or remote.startswith(TASK_ROOT + "/"):
        remote = root + remote.removeprefix(TASK_ROOT)
    return mapping | {"remoteRoot": remote}


def _listen(port: int) -> socket.socket:
    return socket.create_server((HOST, port))


def _port_of(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port
