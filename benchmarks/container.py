"""The testbed in a container: ``testbed up --docker``."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import psutil

from benchmarks.emulators import PARAMETER, DeployedPipeline, Emulator, StartedEmulator
from testbed.emulators import docker_daemon
from testbed.emulators.compose import Compose
from testbed.emulators.container import Container
from testbed.errors import StartError, TestbedError
from testbed.machine import ports
from testbed.machine.host_address import HostAddress


class DockerTestbed(Emulator):
    """The testbed in a container."""

    name = "In Docker"

    @cached_property
    def host_address(self) -> HostAddress:
        """How functions in the container reach this machine, known from a first start."""
        with self._up() as (container, _):
            return container.host_address

    def started(self) -> contextlib.AbstractContextManager[StartedEmulator]:
        """Raise an error: its functions are the same as those of the process."""
        raise TestbedError("Only the pipeline is measured in a container.")

    @contextmanager
    def deployed(self, sites: Path) -> Iterator[DeployedPipeline]:
        """Run ``testbed up --docker``."""
        with self._up(f"--file=sites.yaml={sites}") as (container, api_url):
            pid = docker_daemon.connect().containers.get(container.id).attrs["State"]["Pid"]
            yield DeployedPipeline(api_url, psutil.Process(pid))

    @contextmanager
    def _up(self, *options: str) -> Iterator[tuple[Container, str]]:
        compose = Compose(self._project, self._scratch / "docker", apart=True)
        try:
            described = self._testbed(
                "--state", str(compose.state), "up", "--docker", "--json",
                f"--port={ports.free_port()}", PARAMETER, *options,
            )  # fmt: skip
            container = compose.running()
            if container is None:
                raise StartError("The container has exited.", advice=f"See its log: {compose.log}")
            yield container, json.loads(described)["api_url"]
        finally:
            compose.stop()
