"""The relay lets only those through who may debug the function."""

from __future__ import annotations

import queue
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from testbed.debugger import relay as module
from testbed.debugger.messages import Message, encode, read_message, response
from testbed.debugger.relay import Occurrence, Relay
from testbed.errors import TestbedError
from testbed.machine.ports import HOST
from tests.debug_adapter import Ide

LIMIT_SECONDS = 20.0
SOURCE = Path("/projects/shop/src")
CODE = "/store/abc"


class Process:
    """Stands in for debugpy in a function's process."""

    def __init__(self, relay: Relay, proof: str | None = None) -> None:
        self._socket = socket.create_connection((HOST, relay.process_port), LIMIT_SECONDS)
        self._stream = self._socket.makefile("rb")
        authorize = self.receive("pydevdAuthorize")
        self.token = authorize["arguments"]["debugServerAccessToken"]
        self.answer(authorize, clientAccessToken=proof or relay.secrets.proof)

    def receive(self, command: str) -> Message:
        """Return the next request with a command; it must come before any other one."""
        message = read_message(self._stream)
        assert message is not None
        assert message["command"] == command
        return message

    def answer(self, request: Message, **body: Any) -> None:
        self.send(response(1, request) | {"body": body})

    def send(self, message: Message) -> None:
        self._socket.sendall(encode(message))

    def is_closed(self) -> bool:
        return read_message(self._stream) is None

    def close(self) -> None:
        self._stream.close()
        self._socket.close()


class Running:
    """A relay, and what it has reported."""

    def __init__(self) -> None:
        self.reported: queue.SimpleQueue[Occurrence] = queue.SimpleQueue()
        self.relay = Relay(0, task_root=lambda: CODE, local_root=SOURCE, report=self.reported.put)

    def next_report(self) -> Occurrence:
        return self.reported.get(timeout=LIMIT_SECONDS)


@pytest.fixture
def running() -> Iterator[Running]:
    made = Running()
    yield made
    made.relay.close()


def test_other_user_is_denied(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "is_of_this_user", lambda _connection: False)

    with socket.create_connection((HOST, running.relay.port), LIMIT_SECONDS) as stranger:
        assert stranger.recv(1) == b""

    assert running.next_report() == "denied"


def test_process_without_the_secret_is_denied(running: Running) -> None:
    with closing(Process(running.relay, proof="guessed")) as stranger:
        assert stranger.is_closed()

    with closing(Process(running.relay)) as process:
        assert process.token == running.relay.secrets.token
        assert running.next_report() == "started"


def test_browser_is_disconnected(running: Running) -> None:
    with socket.create_connection((HOST, running.relay.port), LIMIT_SECONDS) as browser:
        browser.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert browser.recv(1) == b""


def test_ide_cannot_launch_a_program(running: Running) -> None:
    with Ide(running.relay.port) as ide, pytest.raises(AssertionError, match="attach"):
        ide.ask("launch", program="/bin/true")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], [(str(SOURCE), CODE)]),
        ([("/elsewhere", "/var/task")], [("/elsewhere", CODE)]),
        ([("/elsewhere", "/var/task/app")], [("/elsewhere", f"{CODE}/app")]),
        ([("/elsewhere", "/opt")], [("/elsewhere", "/opt")]),
        ([("/projects/shop", "/var/task")], [(str(SOURCE), CODE), ("/projects/shop", CODE)]),
    ],
    ids=["none", "folder", "subfolder", "layer", "project"],
)
def test_path_mappings(
    running: Running, given: list[tuple[str, str]], expected: list[tuple[str, str]]
) -> None:
    """The IDE's mappings are completed, and /var/task is where the code is."""
    mappings = [{"localRoot": local, "remoteRoot": remote} for local, remote in given]

    with Ide(running.relay.port) as ide:
        ide.send("attach", pathMappings=mappings)  # before there is a process
        with closing(Process(running.relay)) as process:
            process.receive("pydevdAuthorize")
            attach = process.receive("attach")["arguments"]

    found = [(each["localRoot"], each["remoteRoot"]) for each in attach["pathMappings"]]
    assert found == expected
    assert attach["subProcess"] is False


def test_exit_of_the_process_lets_the_ide_attach_again(running: Running) -> None:
    with Ide(running.relay.port) as ide:
        with closing(Process(running.relay)) as process:
            ide.send("attach")
            process.receive("pydevdAuthorize")
            process.receive("attach")
        assert ide.event("terminated") == {"restart": True}
        ide.ask("disconnect")


def test_port_in_use(running: Running) -> None:
    with pytest.raises(TestbedError, match=f"Port {running.relay.port} on 127.0.0.1 is in use"):
        Relay(running.relay.port, lambda: CODE, SOURCE, print)
