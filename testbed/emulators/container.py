"""A container in which LocalStack runs, as Docker's API describes it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from testbed.control import control_secret
from testbed.control.control_secret import ControlSecret
from testbed.emulators import docker_daemon
from testbed.errors import DockerError
from testbed.machine.host_address import LOOPBACK, HostAddress, is_ours

if TYPE_CHECKING:
    from docker.models.containers import Container as DockerContainer

_HOST_NAME = "host.docker.internal"
_CONTROL_SECRET = f"/var/lib/localstack/{control_secret.FILE}"
_END_POLL_SECONDS = 1.0
_SILENCE_LIMIT_SECONDS = 60.0


@dataclass(frozen=True)
class Container:
    """A running container with LocalStack."""

    id: str
    name: str
    endpoint_url: str

    @classmethod
    def of(cls, found: DockerContainer) -> Container:
        """Describe a container of Docker's API.

        Raises
        ------
        DockerError
            If it publishes no port.
        """
        published = [binding for bindings in found.ports.values() for binding in bindings or ()]
        if not published:
            raise DockerError(
                f"Container {found.name} publishes no port, so LocalStack cannot be reached.",
                advice="Publish LocalStack's port in docker-compose.yml (ports).",
            )
        return cls(
            id=str(found.id),
            name=str(found.name),
            endpoint_url=f"http://{LOOPBACK.listen}:{published[0]['HostPort']}",
        )

    @property
    def host_address(self) -> HostAddress:
        """How functions in the container reach this machine.

        On Linux ``host.docker.internal`` is the address of a bridge, on which a server must listen;
        Docker Desktop forwards it to the loopback address.
        https://docs.docker.com/desktop/features/networking/#i-want-to-connect-from-a-container-to-a-service-on-the-host
        """
        found = self._docker().exec_run(["getent", "ahostsv4", _HOST_NAME])
        assert isinstance(found.output, bytes)  # not a stream, which has to be requested
        address = found.output.decode().partition(" ")[0] if found.exit_code == 0 else ""
        listen = address if address and is_ours(address) else LOOPBACK.listen
        return HostAddress(listen=listen, name=_HOST_NAME)

    def control_secret(self) -> ControlSecret | None:
        """Return the secret that LocalStack has written in the container, or None."""
        found = self._docker().exec_run(["cat", _CONTROL_SECRET])
        assert isinstance(found.output, bytes)  # not a stream, which has to be requested
        if found.exit_code != 0:
            return None
        return ControlSecret(found.output.decode().strip(), f"{_CONTROL_SECRET} of {self.name}")

    def await_end(self) -> None:
        """Return when the container has stopped.

        Raises
        ------
        DockerError
            If Docker has not answered for a minute.
        """
        import requests

        answered = time.monotonic()
        while True:
            try:
                if self._has_ended():
                    return
                answered = time.monotonic()
            except (requests.RequestException, DockerError) as error:
                if time.monotonic() - answered > _SILENCE_LIMIT_SECONDS:
                    raise DockerError(
                        f"Docker does not say whether {self.name} is running: {error}",
                        advice="Check the output of: docker ps",
                    ) from error
            time.sleep(_END_POLL_SECONDS)

    def _has_ended(self) -> bool:
        from docker.errors import NotFound

        try:
            return self._docker().status in ("exited", "dead", "removing")
        except NotFound:
            return True

    def _docker(self) -> DockerContainer:
        return docker_daemon.connect().containers.get(self.id)
