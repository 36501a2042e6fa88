"""Requests to an emulator's own endpoints: the control secret, and the meaning of answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from testbed.control import control_secret
from testbed.control.clock import Clock
from testbed.control.control_secret import ControlSecret
from testbed.control.endpoint import Endpoint, LacksFeatureError
from testbed.control.faults import Faults
from testbed.control.inbox import Inbox
from testbed.control.journal import Journal
from testbed.control.permissions import Permissions
from testbed.emulators import instance
from testbed.emulators.compose import Compose
from testbed.emulators.container import Container
from testbed.errors import TestbedError
from testbed.session import Session
from tests.testbed.instances import running_instance

SECRET = "right"


class Emulator(ThreadingHTTPServer):
    """Answers all requests with one response; it may require a secret."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.requires: str | None = None
        self.status = 200
        self.content: dict[str, Any] = {"id": "1", "arn": "a", "now": "n", "removed": []}
        self.headers: list[tuple[str, str | None]] = []


class Handler(BaseHTTPRequestHandler):
    server: Emulator

    def answer(self) -> None:
        given = self.headers.get("X-Testbed-Secret")
        self.server.headers.append((self.command, given))
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, content = self.server.status, self.server.content
        if self.command != "GET" and self.server.requires not in (None, given):
            status = 403
            content = {"code": "ControlSecretRequired", "message": "It is in /some/file."}
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_DELETE = answer

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def _no_secret_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(control_secret.VARIABLE, raising=False)
    monkeypatch.delenv(control_secret.FILE_VARIABLE, raising=False)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_only_requests_that_change_something_have_the_secret(emulator: Emulator) -> None:
    emulator.requires = SECRET
    endpoint = Endpoint(emulator.url, lambda: ControlSecret(SECRET, "a file"))
    Clock(endpoint).view()
    Faults(endpoint).throttle("sqs")
    Inbox(endpoint).clear()
    Permissions(endpoint).forget()
    assert set(emulator.headers) == {
        ("GET", None), ("PUT", SECRET), ("DELETE", SECRET),
    }  # fmt: skip


def test_missing_secret_says_where_it_is_and_how_to_give_it(emulator: Emulator) -> None:
    emulator.requires = SECRET
    with pytest.raises(TestbedError, match="requires the emulator's control secret") as raised:
        Faults(emulator.url).throttle("sqs")
    assert "/some/file" in raised.value.details
    assert "TESTBED_CONTROL_SECRET_FILE" in raised.value.advice


def test_wrong_secret_says_where_it_came_from(emulator: Emulator) -> None:
    emulator.requires = SECRET
    endpoint = Endpoint(emulator.url, lambda: ControlSecret("wrong", "/state/control-secret"))
    with pytest.raises(TestbedError, match="/state/control-secret is not this emulator's"):
        Faults(endpoint).throttle("sqs")


def test_secret_of_an_endpoint_that_was_given(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator.requires = SECRET
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    monkeypatch.setenv(control_secret.FILE_VARIABLE, str(file))
    Faults(Session(tmp_path, tmp_path, emulator.url).endpoint).throttle("sqs")
    monkeypatch.setenv(control_secret.VARIABLE, SECRET)
    file.unlink()
    Faults(Session(tmp_path, tmp_path, emulator.url).endpoint).throttle("sqs")


def test_secret_of_what_testbed_up_has_started_in_the_project(
    emulator: Emulator, tmp_path: Path
) -> None:
    emulator.requires = SECRET
    usual = tmp_path / ".testbed"
    usual.mkdir()
    (usual / "control-secret").write_text(f"{SECRET}\n")
    session = Session(tmp_path, tmp_path / "state of a test run", emulator.url)
    with running_instance(emulator.url) as running:
        instance.save(running, usual)
        Faults(session.endpoint).throttle("sqs")


def test_endpoint_can_be_given_outside_of_any_project(emulator: Emulator, tmp_path: Path) -> None:
    Faults(Session(tmp_path, None, emulator.url).endpoint).throttle("sqs")
    assert emulator.headers == [("PUT", None)]


@dataclass(frozen=True)
class Executed:
    exit_code: int
    output: bytes


class FakeDocker:
    """A Docker daemon with one container, in which all commands have the same output."""

    def __init__(self, answer: Executed) -> None:
        self.answer, self.commands, self.containers = answer, list[list[str]](), self

    def get(self, _identity: str) -> FakeDocker:
        return self

    def exec_run(self, command: list[str]) -> Executed:
        self.commands.append(command)
        return self.answer


def test_secret_of_a_container_is_read_in_it(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator.requires = SECRET
    docker = FakeDocker(Executed(0, f"{SECRET}\n".encode()))
    monkeypatch.setattr("testbed.emulators.docker_daemon.connect", lambda: docker)
    container = Container("id", "name", emulator.url)
    monkeypatch.setattr(Compose, "running", lambda _compose: container)
    session = Session(tmp_path, tmp_path, emulator.url)
    Faults(session.endpoint).throttle("sqs")
    assert docker.commands == [["cat", "/var/lib/localstack/control-secret"]]
    docker.answer = Executed(1, b"cat: no such file")
    assert container.control_secret() is None


@pytest.mark.parametrize(
    "ask",
    [
        lambda url: Clock(url).view(),
        lambda url: Faults(url).rules(),
        lambda url: Journal(url).position(),
        lambda url: Permissions(url).principals(),
        lambda url: Inbox(url).emails(),
    ],
)
def test_clients_distinguish_missing_features_from_errors(emulator: Emulator, ask: Any) -> None:
    emulator.status, emulator.content = 404, {"Code": "NoSuchBucket"}
    with pytest.raises(LacksFeatureError):
        ask(emulator.url)
    emulator.status, emulator.content = 500, {"message": "it broke"}
    with pytest.raises(TestbedError, match="HTTP 500") as raised:
        ask(emulator.url)
    assert raised.value.details == "it broke"
    assert not isinstance(raised.value, LacksFeatureError)
