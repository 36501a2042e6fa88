"""A running testbed for all tests that need one, started as a user starts it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from testbed.host_address import HostAddress

ROOT = Path(__file__).parent.parent
_LIMIT_SECONDS = 110.0


@dataclass(frozen=True)
class CommandLine:
    """The command ``testbed``, working in a state folder of its own."""

    state: Path
    project: Path = ROOT

    def arguments(self, *arguments: str) -> list[str]:
        """Return the whole command."""
        own = ["--project", str(self.project), "--state", str(self.state)]
        return [sys.executable, "-m", "testbed", *own, *arguments]

    def run(
        self, *arguments: str, timeout: float = _LIMIT_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end, whatever that is."""
        return subprocess.run(
            self.arguments(*arguments),
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def output(self, *arguments: str) -> str:
        """Run it, and return what it printed; it must succeed."""
        result = self.run(*arguments)
        assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
        return result.stdout


@dataclass(frozen=True)
class RunningTestbed:
    """A testbed with the pipeline deployed."""

    command: CommandLine
    endpoint_url: str
    api_url: str
    stack: str
    outputs: dict[str, str]
    host: HostAddress


@contextmanager
def started_testbed(state: Path, *options: str) -> Iterator[RunningTestbed]:
    """Start the whole pipeline on a LocalStack of its own, with options of ``testbed up``."""
    command = CommandLine(state)
    try:
        described: dict[str, Any] = json.loads(
            command.output(
                "up",
                "--json",
                # Only tests run checks; a failed asynchronous invocation is retried at once.
                "--parameter=ScheduleExpression=rate(1 day)",
                "--env=LAMBDA_RETRY_BASE_DELAY=0",
                *options,
            )
        )
        host = HostAddress(**described.pop("host"))
        yield RunningTestbed(command=command, host=host, **described)
    finally:
        command.output("down")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say where the pipeline runs."""
    parser.addoption(
        "--docker", action="store_true", help="run the pipeline in a container, by Docker Compose"
    )


@pytest.fixture(scope="session")
def way(pytestconfig: pytest.Config) -> tuple[str, ...]:
    """The options of ``testbed up`` that say where the pipeline runs."""
    return ("--docker",) if pytestconfig.getoption("--docker") else ()


@pytest.fixture(scope="session")
def running_testbed(
    tmp_path_factory: pytest.TempPathFactory, way: tuple[str, ...]
) -> Iterator[RunningTestbed]:
    """The whole pipeline, on a LocalStack of this test process."""
    with started_testbed(tmp_path_factory.mktemp("testbed"), *way) as running:
        yield running
