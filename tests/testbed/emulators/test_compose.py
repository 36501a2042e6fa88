"""The project's container, with a Docker daemon of a few lines."""

from __future__ import annotations

import errno
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import yaml
from docker.errors import APIError, NotFound

from testbed.emulators import container, docker_daemon
from testbed.emulators.compose import Compose
from testbed.emulators.compose_command import ComposeCommand
from testbed.emulators.container import Container
from testbed.errors import DockerError
from testbed.project.overrides import Overrides


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
        monkeypatch.setattr(container, "time", clock)
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
    assert daemon.pauses == [container._END_POLL_SECONDS] * 5


def test_container_that_is_gone_has_ended(await_end: Any) -> None:
    assert await_end("running", NotFound("gone")).seconds == container._END_POLL_SECONDS


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
    monkeypatch.setattr(ComposeCommand, "run", lambda _, *arguments: commands.append(arguments))
    with pytest.raises(OSError, match=r"No space left on device: '.*localstack\.log'"):
        Compose(tmp_path, tmp_path / "state", apart=False).stop()
    assert commands == [("down",)]


class FakeCompose:
    """A Docker Compose that writes down how it was called."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._record = folder / "record"
        program = folder / "compose"
        program.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$PWD" "$TESTBED_PORT" "$@" > {self._record}\n'
            'case "$*" in *fail*) echo "no such service"; exit 3;;'
            ' *"config --services") echo "WARNING: a variable is not set" >&2; echo web; echo db;;'
            " esac\n"
        )
        program.chmod(0o755)
        monkeypatch.setattr(docker_daemon, "compose_command", lambda: [str(program)])
        monkeypatch.delenv("COMPOSE_FILE", raising=False)

    @property
    def call(self) -> list[str]:
        """Its working directory, the port, and its arguments."""
        return self._record.read_text().splitlines()


def test_compose_finds_its_files_unless_there_is_an_override(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = FakeCompose(tmp_path, monkeypatch)
    root, additions, sites = tmp_path / "root", tmp_path / "additions", tmp_path / "sites.yaml"
    root.mkdir()
    (root / "docker-compose.yml").touch()
    sites.write_text("sites: []")
    command = ComposeCommand(root, additions)
    command.override({}, {})
    command.run("up", port=5000)
    assert fake.call == [str(root), "5000", "up"]

    command.override({"environment": {"A": "b"}}, {"/files/0": sites})
    override = additions / "override.yml"
    command.run("build")
    assert fake.call == [
        str(root), "", "--file", "docker-compose.yml", "--file", str(override), "build",
    ]  # fmt: skip
    service = yaml.safe_load(override.read_text())["services"]["localstack"]
    [mount] = service["volumes"]
    copy, inside, mode = mount.split(":")
    assert (service["environment"], inside, mode) == ({"A": "b"}, "/files/0", "ro")
    assert Path(copy).read_text() == "sites: []"

    monkeypatch.setenv("COMPOSE_FILE", f"one.yml{os.pathsep}two.yml")
    command.run("build")
    assert fake.call[2:6] == ["--file", "one.yml", "--file", "two.yml"]
    command.remove_override()
    assert not command.has_override


def test_failure_of_compose_carries_its_output(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = FakeCompose(tmp_path, monkeypatch)
    with pytest.raises(DockerError, match="failed with exit status 3") as raised:
        ComposeCommand(tmp_path, tmp_path / "additions", tmp_path).run("fail")
    assert raised.value.details == "no such service"
    assert fake.call[2] == "--project-name"
    assert re.fullmatch(r"testbed-[0-9a-f]{12}", fake.call[3])


def test_project_without_a_file_or_a_service_for_localstack(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = FakeCompose(tmp_path, monkeypatch)
    root, state = tmp_path / "root", tmp_path / "state"
    root.mkdir()
    compose = Compose(root, state, apart=True)
    with pytest.raises(DockerError, match=r"There is no docker-compose\.yml in .*root") as missing:
        compose.build()
    assert "without Docker: testbed up" in missing.value.advice
    (root / "compose.yaml").touch()
    with pytest.raises(
        DockerError, match=r"compose\.yaml has no service named localstack; it has web, db"
    ):
        compose.build()
    assert fake.call[-2:] == ["config", "--services"]


@pytest.mark.parametrize("name", ["compose.yaml", "docker-compose.yaml"])
def test_other_names_of_the_file_and_its_override(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    fake = FakeCompose(tmp_path, monkeypatch)
    (tmp_path / name).touch()
    (tmp_path / "compose.override.yaml").touch()
    command = ComposeCommand(tmp_path, tmp_path / "additions")
    command.override({"environment": {"A": "b"}}, {})
    command.run("build")
    assert fake.call[2:6] == ["--file", name, "--file", "compose.override.yaml"]


def test_init_scripts_are_hidden_by_an_empty_folder(tmp_path: Path) -> None:
    command = ComposeCommand(tmp_path, tmp_path / "additions")
    command.override({}, {}, init_scripts=False)
    document = yaml.safe_load((tmp_path / "additions" / "override.yml").read_text())
    [mount] = document["services"]["localstack"]["volumes"]
    folder, inside, mode = mount.split(":")
    assert (inside, mode) == ("/etc/localstack/init", "ro")
    assert list(Path(folder).iterdir()) == []


def test_container_without_a_health_check_is_removed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    FakeCompose(tmp_path, monkeypatch)
    found = SimpleNamespace(
        status="running", name="mine", attrs={"State": {}}, reload=lambda: None,
        logs=lambda **_: iter([b"started"]),
    )  # fmt: skip
    monkeypatch.setattr(Compose, "_containers", lambda _: [found])
    compose = Compose(tmp_path, tmp_path / "state", apart=True)
    with pytest.raises(DockerError, match="container mine has no health check"):
        compose.start(port=None, settings={}, overrides=Overrides())
    assert compose.log.read_bytes() == b"started"
