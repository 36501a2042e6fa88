"""``testbed doctor`` on Docker and Compose."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.doctor import docker
from testbed.errors import DockerError
from tests.testbed.doctor.doctoring import look, make_place

NO_ANSWER = DockerError("The Docker daemon does not answer: refused", advice="Start Docker.")


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A path for a socket, which may have no more than a hundred characters."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder, "docker.sock")


def with_commands(folder: Path, **commands: str) -> str:
    """Make programs that print something, and return a PATH with them alone."""
    programs = folder / "programs"
    programs.mkdir()
    for name, script in commands.items():
        program = programs / name.replace("_", "-")
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    return str(programs)


def test_no_docker(tmp_path: Path) -> None:
    place = make_place(tmp_path, PATH=str(tmp_path), DOCKER_HOST=f"unix://{tmp_path}/none")
    place.docker = NO_ANSWER
    level, found, advice = look(docker.daemon, place)
    assert (level, found) == ("warning", "there is no docker command, and no daemon answers")
    assert "Only --docker needs it." in advice
    # Said once.
    for check in (docker.address, docker.socket, docker.compose):
        assert check(place) is None


def test_daemon_that_does_not_answer(tmp_path: Path) -> None:
    path = with_commands(tmp_path, docker="exit 1")
    place = make_place(tmp_path, PATH=path, DOCKER_HOST=f"unix://{tmp_path}/none")
    place.docker = NO_ANSWER
    assert look(docker.daemon, place) == (
        "warning",
        NO_ANSWER.message,
        "Only --docker needs it. Start Docker.",
    )
    assert look(docker.socket, place)[:2] == ("warning", f"there is no {tmp_path}/none")


def test_daemon_that_answers(tmp_path: Path) -> None:
    place = make_place(tmp_path, DOCKER_HOST="unix:///run/d.sock")
    place.docker = {"ServerVersion": "28.0", "OperatingSystem": "Debian"}
    assert look(docker.daemon, place) == ("ok", "28.0 on Debian", "")
    assert look(docker.address, place)[1] == "unix:///run/d.sock (DOCKER_HOST)"


def test_socket(short_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_place(tmp_path, DOCKER_HOST=f"unix://{short_path}")
    place.docker = {}
    short_path.mkdir()
    assert look(docker.socket, place)[:2] == ("warning", f"{short_path} is no socket")
    short_path.rmdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(short_path))
        assert look(docker.socket, place)[0] == "ok"
        monkeypatch.setattr(os, "access", lambda *_arguments: False)
        level, _, advice = look(docker.socket, place)
    assert level == "warning"
    assert "usermod -aG" in advice


@pytest.mark.parametrize(
    ("host", "level"),
    [
        ("tcp://127.0.0.1:2375", "ok"),
        ("tcp://docker:2376", "warning"),
        ("ssh://me@machine", "warning"),
    ],
)
def test_docker_of_another_machine(tmp_path: Path, host: str, level: str) -> None:
    place = make_place(tmp_path, DOCKER_HOST=host)
    place.docker = {}
    assert look(docker.address, place)[0] == level


def test_two_names_for_the_daemon(tmp_path: Path) -> None:
    place = make_place(tmp_path, DOCKER_HOST="unix:///x", DOCKER_CONTEXT="desktop")
    assert "both set" in look(docker.address, place)[1]


@pytest.mark.parametrize(
    ("commands", "level", "found"),
    [
        ({"docker": "echo v2.39.1"}, "ok", "`docker compose` is 2.39.1"),
        ({"docker": "echo 5.0.1-desktop.1"}, "ok", "`docker compose` is 5.0.1"),
        (
            {"docker": "exit 1", "docker_compose": "echo 1.29.2"},
            "warning",
            "too old for `up --wait`",
        ),
        ({"docker": "echo strange"}, "warning", "does not tell its version"),
        ({"docker": "exit 1"}, "warning", "Docker Compose is not installed."),
    ],
)
def test_compose(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    commands: dict[str, str],
    level: str,
    found: str,
) -> None:
    path = with_commands(tmp_path, **commands)
    monkeypatch.setenv("PATH", path)
    said = look(docker.compose, make_place(tmp_path, PATH=path))
    assert said[0] == level
    assert found in said[1]
