"""The Docker daemon and the command of Docker Compose."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING

from testbed.errors import DockerError

if TYPE_CHECKING:
    import docker

_REQUEST_LIMIT_SECONDS = 60


def connect() -> docker.DockerClient:
    """Return a client of the daemon that the ``docker`` command uses.

    That is ``DOCKER_HOST``, or else a context: ``DOCKER_CONTEXT`` or the one selected with
    ``docker context use``. https://docs.docker.com/engine/manage-resources/contexts/

    Raises
    ------
    DockerError
        If there is no such daemon, or it does not answer.
    """
    from docker.errors import DockerException

    try:
        client = _client()
        client.ping()
    except (DockerException, OSError) as error:
        raise DockerError(
            f"The Docker daemon does not answer: {_reason(error)}",
            advice="Start Docker, and check that `docker info` works for your user.",
        ) from error
    return client


def _client() -> docker.DockerClient:
    import docker
    from docker.context import ContextAPI

    if host := os.environ.get("DOCKER_HOST"):
        _check_listening(host)
        return docker.from_env(timeout=_REQUEST_LIMIT_SECONDS)
    name = os.environ.get("DOCKER_CONTEXT")
    context = ContextAPI.get_context(name) if name else ContextAPI.get_current_context()
    if context is None:
        raise DockerError(
            f"There is no Docker context {name}.",
            advice="Choose one of `docker context ls`, or unset DOCKER_CONTEXT.",
        )
    _check_listening(context.Host or "")
    return docker.DockerClient(
        base_url=context.Host, tls=context.TLSConfig or False, timeout=_REQUEST_LIMIT_SECONDS
    )


def _check_listening(host: str) -> None:
    """Raise OSError if no program listens at a ``unix://`` address.

    The SDK finds that out, too, but does not close its socket. Python would warn of it at some
    later time, which fails an unrelated test if warnings are errors.
    """
    scheme, _, path = host.partition("://")
    if scheme in ("unix", "http+unix"):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(_REQUEST_LIMIT_SECONDS)
            probe.connect(path)


def _reason(error: BaseException) -> str:
    """Return the message of the first error in a chain: the SDK wraps errors several times."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return str(error)


def compose_command() -> list[str]:
    """Return the command of Docker Compose: the plug-in of version 2, or ``docker-compose``.

    Raises
    ------
    DockerError
        If there is neither.
    """
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) is None:
            continue
        found = subprocess.run([*command, "version"], capture_output=True, check=False)
        if found.returncode == 0:
            return command
    raise DockerError(
        "Docker Compose is not installed.",
        advice="Install it: https://docs.docker.com/compose/install/",
    )
