"""Clones of the project, and what Docker says of their containers.

These tests need a Docker daemon, and run with ``--testbed-target docker`` only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from testbed.emulators import docker_daemon
from testbed.machine import ports
from testbed.machine.waiting import until
from tests.conftest import ROOT, CommandLine

if TYPE_CHECKING:
    from docker.models.containers import Container

START_LIMIT_SECONDS = 120.0
_NOT_IN_A_CLONE = (".git", ".venv", ".testbed", "__pycache__", ".*_cache")


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leave these tests out unless Docker is asked for."""
    return None if config.getoption("--testbed-target") == "docker" else True


@dataclass(frozen=True)
class Clone:
    """A clone of the project, with its own Compose project."""

    root: Path
    port: int

    @property
    def environment(self) -> dict[str, str]:
        """What its commands run with."""
        return {**os.environ, "TESTBED_PORT": str(self.port)}

    def compose(self, *arguments: str, limit: float = 300) -> str:
        """Run Docker Compose, and return what it printed; it must succeed."""
        result = subprocess.run(
            [*docker_daemon.compose_command(), *arguments],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
        assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
        return result.stdout

    def containers(self) -> list[Container]:
        """Return its containers, running or not."""
        label = f"com.docker.compose.project.working_dir={self.root}"
        return docker_daemon.connect().containers.list(all=True, filters={"label": label})

    def container(self) -> Container:
        """Return its only container."""
        [found] = self.containers()
        return found

    def await_health(self, wanted: str) -> dict[str, Any]:
        """Wait until the container's health is known, and return it; it must be as wanted."""

        def known() -> dict[str, Any] | None:
            health: dict[str, Any] = self.container().attrs["State"]["Health"]
            return None if health["Status"] == "starting" else health

        health = until(known, within=START_LIMIT_SECONDS, what="health of the container")
        assert health["Status"] == wanted, self.container().logs(tail=50).decode()
        return health

    def break_init_script(self) -> None:
        """Have the provisioning fail."""
        script = self.root / "init" / "ready.d" / "20-broken.sh"
        script.write_text("#!/bin/sh\necho the queue is on fire\nexit 3\n")
        script.chmod(0o755)

    def repair_init_script(self) -> None:
        """Have the provisioning succeed again."""
        (self.root / "init" / "ready.d" / "20-broken.sh").unlink()


def output_of(clone: Clone, *command: str) -> str:
    """Run a command in the container, which must succeed, and return what it printed."""
    ended = clone.container().exec_run(list(command))
    assert isinstance(ended.output, bytes)
    assert ended.exit_code == 0, ended.output
    return ended.output.decode()


@contextmanager
def cloned(folder: Path) -> Iterator[Clone]:
    """Make a clone of the project, whose containers and volumes are gone afterwards."""
    root = folder / f"clone-{uuid.uuid4().hex[:8]}"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*_NOT_IN_A_CLONE))
    made = Clone(root, ports.free_port())
    try:
        yield made
    finally:
        made.compose("down", "--volumes", "--rmi", "local")


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    """A clone of the project."""
    with cloned(tmp_path) as made:
        yield made


@pytest.fixture
def command(clone: Clone, tmp_path: Path) -> Iterator[CommandLine]:
    """The command ``testbed`` for the clone, with its own state folder."""
    made = CommandLine(tmp_path / "state", clone.root)
    yield made
    made.run("down")
