"""The project's container, with a Docker daemon of a few lines."""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from docker.errors import APIError, NotFound

from testbed.emulators import compose, docker_daemon
from testbed.emulators.compose import Compose, Container
from testbed.errors import DockerError


@dataclass
class FakeDaemon:
    """Answers by turns, the last one for ever, and a clock that only pauses move."""

    answers: list[str | Exception]
    seconds: float = 0.0
    pauses: list[float] = field(default_factory=list)

    def get(self, _id: str) -> Any:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(status=answer)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds


@pytest.fixture
def await_end(monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(*answers: str | Exception) -> FakeDaemon:
        daemon = FakeDaemon(list(answers))
        monkeypatch.setattr(docker_daemon, "connect", lambda: SimpleNamespace(containers=daemon))
        clock = SimpleNamespace(monotonic=lambda: daemon.seconds, sleep=daemon.sleep)
        monkeypatch.setattr(compose, "time", clock)
        Container("id", "name", "http://127.0.0.1:1").await_end()
        return daemon

    return run


@pytest.mark.parametrize(
    "error",
    [
        APIError("500 Server Error"),
        requests.ConnectionError("reset"),
        DockerError("The Docker daemon does not answer"),
    ],
)
def test_errors_of_docker_are_waited_out(await_end: Any, error: Exception) -> None:
    daemon = await_end("running", error, error, "running", error, "exited")
    assert daemon.pauses == [compose._END_POLL_SECONDS] * 5


def test_container_that_is_gone_has_ended(await_end: Any) -> None:
    assert await_end("running", NotFound("gone")).seconds == compose._END_POLL_SECONDS


def test_waiting_for_a_daemon_that_only_fails_ends(await_end: Any) -> None:
    with pytest.raises(DockerError, match="does not say whether name is running: 500"):
        await_end("running", APIError("500 Server Error"))


def test_container_is_removed_also_without_room_for_its_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands: list[tuple[str, ...]] = []

    def save(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Compose, "_containers", lambda _: [SimpleNamespace(status="running")])
    monkeypatch.setattr(Compose, "_save_log", save)
    monkeypatch.setattr(Compose, "_compose", lambda _, *arguments: commands.append(arguments))
    with pytest.raises(OSError, match=r"No space left on device: '.*localstack\.log'"):
        Compose(tmp_path, tmp_path / "state", apart=False).stop()
    assert commands == [("down",)]
