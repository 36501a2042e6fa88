"""The emulators to compare, with nothing or with the pipeline deployed."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import psutil

from benchmarks import processes
from testbed.emulators.environments import ensure_environments
from testbed.emulators.localstack import LocalStack
from testbed.emulators.ministack import ministack
from testbed.errors import StartError, TestbedError
from testbed.machine.host_address import LOOPBACK, HostAddress
from testbed.machine.ports import random_free_port
from testbed.machine.waiting import until
from testbed.terminal.console import report

_COMMAND_LIMIT_SECONDS = 600.0
# Checks are only requested at the API.
PARAMETER = "--parameter=ScheduleExpression=rate(1 day)"


@dataclass(frozen=True)
class StartedEmulator:
    """An emulator with nothing deployed.

    Parameters
    ----------
    process
        The emulator's main process, the ancestor of all its others.
    python
        The interpreter that runs functions, in their environment.
    """

    endpoint_url: str
    process: psutil.Process
    python: Path


@dataclass(frozen=True)
class DeployedPipeline:
    """An emulator with the pipeline deployed.

    Parameters
    ----------
    process
        The emulator's main process, the ancestor of all its others.
    """

    api_url: str
    process: psutil.Process


class Emulator(ABC):
    """An emulator that can be started from nothing.

    Parameters
    ----------
    project
        The project to deploy.
    scratch
        A folder for its files.
    """

    name: str

    def __init__(self, project: Path, scratch: Path) -> None:
        self._project = project
        self._scratch = scratch

    @property
    def host_address(self) -> HostAddress:
        """How functions reach this machine."""
        return LOOPBACK

    @abstractmethod
    def started(self) -> contextlib.AbstractContextManager[StartedEmulator]:
        """Start it with nothing deployed, and stop it after the block.

        Raises
        ------
        TestbedError
            If it does not start.
        """

    @abstractmethod
    def deployed(self, sites: Path) -> contextlib.AbstractContextManager[DeployedPipeline]:
        """Start it, deploy the pipeline, and stop it after the block.

        Parameters
        ----------
        sites
            The list of sites to deploy instead of the project's.

        Raises
        ------
        TestbedError
            If it does not start, or the pipeline cannot be deployed.
        """

    @property
    def project(self) -> Path:
        """The folder of the project to deploy."""
        return self._project

    def deploy(self, endpoint_url: str, project: Path, *, described: bool = True) -> str:
        """Run ``testbed deploy``; return the URL of the stack's API if it is to be described.

        Raises
        ------
        TestbedError
            If it fails.
        """
        output = self._testbed(
            "--endpoint-url", endpoint_url, "deploy", PARAMETER,
            *(["--json"] if described else []), project=project,
        )  # fmt: skip
        return str(json.loads(output)["api_url"]) if described else ""

    @contextmanager
    def watching(self, endpoint_url: str, project: Path) -> Iterator[None]:
        """Run ``testbed watch`` until the block ends; it watches when the block begins.

        Raises
        ------
        TestbedError
            If it does not begin, or has exited before the block ends.
        """
        log = self._scratch / f"watch-{self.name.replace(' ', '-').lower()}.log"
        command = self._command(project, "--endpoint-url", endpoint_url, "watch", PARAMETER)
        with log.open("w") as output:
            process = subprocess.Popen(
                command,
                env=_clean_environment(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            until(
                lambda: "Watching " in log.read_text() or process.poll() is not None,
                within=_COMMAND_LIMIT_SECONDS,
                what="beginning of testbed watch",
            )
            if process.poll() is None:
                yield
            if process.poll() is not None:
                raise TestbedError("testbed watch has exited.", details=log.read_text())
        finally:
            process.terminate()
            process.wait()

    def _testbed(self, *arguments: str, project: Path | None = None) -> str:
        command = self._command(project or self._project, *arguments)
        return processes.run(command, _clean_environment(os.environ), _COMMAND_LIMIT_SECONDS)

    @staticmethod
    def _command(project: Path, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "testbed", "--project", str(project), *arguments]


class Testbed(Emulator):
    """The testbed: ``testbed up``."""

    name = "Testbed"
    settings: ClassVar[Mapping[str, str]] = {}

    @contextmanager
    def started(self) -> Iterator[StartedEmulator]:
        """Start LocalStack without the init scripts that deploy the pipeline."""
        localstack = self._localstack()
        environments = ensure_environments(report)
        try:
            instance = localstack.start(
                environments, port=random_free_port(), settings=dict(self.settings)
            )
            process = psutil.Process(instance.pid)
            yield StartedEmulator(instance.endpoint_url, process, environments.runtime_python)
        finally:
            localstack.stop()

    @contextmanager
    def deployed(self, sites: Path) -> Iterator[DeployedPipeline]:
        """Run ``testbed up``."""
        localstack = self._localstack()
        # LocalStack does not inherit our environment, and its init scripts build bundles with uv.
        cache = os.environ.get("UV_CACHE_DIR")
        settings = {**self.settings, **({"UV_CACHE_DIR": cache} if cache else {})}
        try:
            described = self._testbed(
                "--state", str(localstack.state), "up", "--json", f"--port={random_free_port()}",
                PARAMETER, f"--file=sites.yaml={sites}",
                *(f"--env={name}={value}" for name, value in settings.items()),
            )  # fmt: skip
            instance = localstack.running()
            process = instance.process() if instance else None
            if process is None:
                raise StartError("LocalStack has exited.", advice=f"See its log: {localstack.log}")
            yield DeployedPipeline(json.loads(described)["api_url"], process)
        finally:
            localstack.stop()

    def _localstack(self) -> LocalStack:
        return LocalStack(self._scratch / self.name.replace(" ", "-").lower())


class TestbedWithoutJournal(Testbed):
    """The testbed without its journal, which shows the cost of the journal."""

    name = "No journal"
    settings: ClassVar[Mapping[str, str]] = {"TESTBED_JOURNAL": "0"}


class MiniStack(Emulator):
    """MiniStack, with ``testbed deploy`` for the pipeline."""

    name = "MiniStack"

    @contextmanager
    def started(self) -> Iterator[StartedEmulator]:
        """Start it, and wait until it is ready."""
        with ministack(self._scratch / "ministack", report) as running:
            yield StartedEmulator(running.endpoint_url, running.process, running.python)

    @contextmanager
    def deployed(self, sites: Path) -> Iterator[DeployedPipeline]:
        """Start it, and deploy with its endpoint."""
        with self.started() as started:
            described = self._testbed(
                "--endpoint-url", started.endpoint_url, "deploy", "--json",
                PARAMETER, f"--file=sites.yaml={sites}",
            )  # fmt: skip
            yield DeployedPipeline(json.loads(described)["api_url"], started.process)


def _clean_environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without the caller's settings for another testbed."""
    return {
        name: value
        for name, value in inherited.items()
        if not name.startswith("TESTBED_") or name == "TESTBED_CACHE"
    }
