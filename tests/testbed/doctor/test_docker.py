"""``testbed doctor`` on Docker and Compose."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.doctor import docker
from testbed.errors import DockerError
from tests.testbed.doctor.doctoring import make_context, run

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
    context = make_context(tmp_path, PATH=str(tmp_path), DOCKER_HOST=f"unix://{tmp_path}/none")
    context.docker = NO_ANSWER
    level, found, advice = run(docker.daemon, context)
    assert (level, found) == (
        "warning",
        "Docker is not installed: there is no docker command, and no daemon answers",
    )
    assert "Only --docker requires it." in advice
    # One problem is reported once.
    for check in (docker.address, docker.socket, docker.compose):
        assert check(context) is None


def test_daemon_that_does_not_answer(tmp_path: Path) -> None:
    path = with_commands(tmp_path, docker="exit 1")
    context = make_context(tmp_path, PATH=path, DOCKER_HOST=f"unix://{tmp_path}/none")
    context.docker = NO_ANSWER
    assert run(docker.daemon, context) == (
        "warning",
        NO_ANSWER.message,
        "Only --docker requires it. Start Docker.",
    )
    assert run(docker.socket, context)[:2] == ("warning", f"{tmp_path}/none does not exist")


def test_daemon_that_answers(tmp_path: Path) -> None:
    context = make_context(tmp_path, DOCKER_HOST="unix:///run/d.sock")
    context.docker = {"ServerVersion": "28.0", "OperatingSystem": "Debian"}
    assert run(docker.daemon, context) == ("ok", "28.0 on Debian", "")
    assert run(docker.address, context)[1] == "unix:///run/d.sock (DOCKER_HOST)"


def test_socket(short_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = make_context(tmp_path, DOCKER_HOST=f"unix://{short_path}")
    context.docker = {}
    short_path.mkdir()
    assert run(docker.socket, context)[:2] == ("warning", f"{short_path} is not a socket")
    short_path.rmdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(short_path))
        assert run(docker.socket, context)[0] == "ok"
        monkeypatch.setattr(os, "access", lambda *_arguments: False)
        level, _, advice = run(docker.socket, context)
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
    context = make_context(tmp_path, DOCKER_HOST=host)
    context.docker = {}
    assert run(docker.address, context)[0] == level


def test_two_names_for_the_daemon(tmp_path: Path) -> None:
    context = make_context(tmp_path, DOCKER_HOST="unix:///x", DOCKER_CONTEXT="desktop")
    assert "both set" in run(docker.address, context)[1]


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
        ({"docker": "echo strange"}, "warning", "does not report its version"),
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
    said = run(docker.compose, make_context(tmp_path, PATH=path))
    assert said[0] == level
    assert found in said[1]
