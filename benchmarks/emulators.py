"""The emulators that are compared, each started by itself or with the pipeline deployed."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import psutil
import requests

from benchmarks import processes
from benchmarks.polling import poll
from testbed.console import report
from testbed.environments import ensure, ensure_environments, virtual_environment
from testbed.errors import StartError
from testbed.host_address import LOOPBACK, HostAddress
from testbed.localstack import LocalStack
from testbed.ports import HOST
from testbed.processes import end_family

_COMMAND_LIMIT_SECONDS = 600.0
_START_LIMIT_SECONDS = 60.0
_MINISTACK_LOCK = Path(__file__).parent / "ministack.txt"
# Only the benchmark asks for checks.
PARAMETER = "--parameter=ScheduleExpression=rate(1 day)"


@dataclass(frozen=True)
class Started:
    """An emulator with nothing deployed.

    Parameters
    ----------
    process
        The emulator; whatever else it needs is among its descendants.
    python
        The interpreter that runs functions, with what their environment has of itself.
    """

    endpoint_url: str
    process: psutil.Process
    python: Path


@dataclass(frozen=True)
class Running:
    """An emulator with the pipeline deployed.

    Parameters
    ----------
    process
        The emulator; whatever else it needs is among its descendants.
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
        """How its functions reach this machine."""
        return LOOPBACK

    @abstractmethod
    def started(self) -> contextlib.AbstractContextManager[Started]:
        """Start it with nothing deployed, and stop everything on leaving.

        Raises
        ------
        TestbedError
            If it does not start.
        """

    @abstractmethod
    def deployed(self, sites: Path) -> contextlib.AbstractContextManager[Running]:
        """Start it, deploy the pipeline, and stop everything on leaving.

        Parameters
        ----------
        sites
            The list of sites to deploy in place of the project's.

        Raises
        ------
        TestbedError
            If it does not start, or the pipeline cannot be deployed.
        """

    def _testbed(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "testbed", "--project", str(self._project), *arguments]
        return processes.run(command, _own_environment(os.environ), _COMMAND_LIMIT_SECONDS)


class Testbed(Emulator):
    """This repository's: ``testbed up``."""

    name = "Testbed"
    settings: ClassVar[Mapping[str, str]] = {}

    @contextmanager
    def started(self) -> Iterator[Started]:
        """Start what ``testbed up`` starts, without the init scripts that deploy the pipeline."""
        localstack = self._localstack()
        environments = ensure_environments(report)
        try:
            instance = localstack.start(
                environments, port=_free_port(), settings=dict(self.settings)
            )
            process = psutil.Process(instance.pid)
            yield Started(instance.endpoint_url, process, environments.runtime_python)
        finally:
            localstack.stop()

    @contextmanager
    def deployed(self, sites: Path) -> Iterator[Running]:
        """Start it as a user does."""
        localstack = self._localstack()
        # LocalStack's environment is its own; init scripts build bundles with uv, too.
        cache = os.environ.get("UV_CACHE_DIR")
        settings = {**self.settings, **({"UV_CACHE_DIR": cache} if cache else {})}
        try:
            described = self._testbed(
                "--state", str(localstack.state), "up", "--json", f"--port={_free_port()}",
                PARAMETER, f"--file=sites.yaml={sites}",
                *(f"--env={name}={value}" for name, value in settings.items()),
            )  # fmt: skip
            instance = localstack.running()
            process = instance.process() if instance else None
            if process is None:
                raise StartError("LocalStack has ended.", advice=f"Its log is {localstack.log}.")
            yield Running(json.loads(described)["api_url"], process)
        finally:
            localstack.stop()

    def _localstack(self) -> LocalStack:
        return LocalStack(self._scratch / self.name.replace(" ", "-").lower())


class WithoutJournal(Testbed):
    """This repository's, without its journal: what that costs."""

    name = "No journal"
    settings: ClassVar[Mapping[str, str]] = {"TESTBED_JOURNAL": "0"}


class MiniStack(Emulator):
    """MiniStack in an environment of its own, and ``testbed deploy`` with its endpoint."""

    name = "MiniStack"

    @contextmanager
    def started(self) -> Iterator[Started]:
        """Start it, and wait until it says that it is ready."""
        environment = ensure("ministack", [_MINISTACK_LOCK], _build_ministack, report)
        python = environment / "bin" / "python"
        endpoint_url = f"http://{HOST}:{(port := _free_port())}"
        folder = self._scratch / "ministack"
        folder.mkdir(exist_ok=True)
        log = folder / "ministack.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(python), "-m", "ministack"],
                env=ministack_environment(os.environ, port, folder),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the benchmark, which then ends this
            )
        try:
            _await_ready(process, endpoint_url, log)
            yield Started(endpoint_url, psutil.Process(process.pid), python)
        finally:
            end_family(process.pid)
            process.wait()

    @contextmanager
    def deployed(self, sites: Path) -> Iterator[Running]:
        """Start it, and deploy with its endpoint."""
        with self.started() as started:
            described = self._testbed(
                "--endpoint-url", started.endpoint_url, "deploy", "--json",
                PARAMETER, f"--file=sites.yaml={sites}",
            )  # fmt: skip
            yield Running(json.loads(described)["api_url"], started.process)


def _build_ministack(target: Path) -> None:
    virtual_environment(target, _MINISTACK_LOCK)


def ministack_environment(inherited: Mapping[str, str], port: int, folder: Path) -> dict[str, str]:
    """Return MiniStack's environment variables: like LocalStack's, as little as possible."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE")
    return {
        **{name: inherited[name] for name in kept if name in inherited},
        "GATEWAY_PORT": str(port),
        # By default it listens on all addresses.
        "BIND_HOST": HOST,
        # In queue URLs; no name to resolve.
        "MINISTACK_HOST": HOST,
        # Listens on port 8883 of all addresses whatever BIND_HOST says, and costs time and memory.
        "IOT_MTLS_ENABLED": "0",
        "TMPDIR": str(folder),
        "PYTHONUNBUFFERED": "1",
    }


def _await_ready(process: subprocess.Popen[bytes], endpoint_url: str, log: Path) -> None:
    def settled() -> bool:
        if process.poll() is not None:
            return True
        with contextlib.suppress(requests.RequestException):
            return session.get(f"{endpoint_url}/_ministack/ready", timeout=5).ok
        return False

    with requests.Session() as session:
        session.trust_env = False  # no proxy on the way to 127.0.0.1
        poll(settled, within=_START_LIMIT_SECONDS, what=f"answer of MiniStack (its log is {log})")
    if process.returncode is not None:
        raise StartError(
            f"MiniStack ended with exit code {process.returncode}.", details=_tail(log)
        )


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])


def _own_environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """Leave out what the caller has set for a testbed of another place."""
    return {
        name: value
        for name, value in inherited.items()
        if not name.startswith("TESTBED_") or name == "TESTBED_CACHE"
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
