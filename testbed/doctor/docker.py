"""Checks of Docker and Docker Compose, which only ``--docker`` requires: they only warn."""

from __future__ import annotations

import os
import re
import shutil
import stat
from pathlib import Path
from urllib.parse import urlsplit

from testbed.doctor.context import Context, run
from testbed.doctor.finding import Finding, checks, ok, warning
from testbed.errors import DockerError

_ONLY = "Only --docker requires it."
_DEFAULT_SOCKET = "unix:///var/run/docker.sock"
# The first version with `up --wait`. https://docs.docker.com/reference/cli/docker/compose/up/
_OLDEST_COMPOSE = (2, 1, 1)


@checks("Docker daemon")
def daemon(context: Context) -> Finding:
    """Check that the daemon answers that the ``docker`` command would use."""
    docker = context.docker
    if isinstance(docker, DockerError):
        if shutil.which("docker", path=context.variables.get("PATH")) is None:
            return warning(
                "Docker is not installed: there is no docker command, and no daemon answers",
                f"{_ONLY} Install it: https://docs.docker.com/engine/install/",
            )
        return warning(docker.message, f"{_ONLY} {docker.advice}")
    return ok(f"{docker.get('ServerVersion')} on {docker.get('OperatingSystem')}")


@checks("Docker address")
def address(context: Context) -> Finding | None:
    """Check that the daemon publishes ports on this machine."""
    host, source = _address(context)
    if context.variables.get("DOCKER_HOST") and context.variables.get("DOCKER_CONTEXT"):
        return warning(
            f"DOCKER_HOST={host} and DOCKER_CONTEXT are both set",
            "Unset one of them: DOCKER_HOST takes precedence.",
        )
    parts = urlsplit(host)
    if parts.scheme in ("tcp", "ssh") and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        return warning(
            f"{host} ({source}) does not publish ports on this machine's 127.0.0.1",
            "Use a Docker daemon on this machine, or LocalStack without Docker.",
        )
    return None if isinstance(context.docker, DockerError) else ok(f"{host} ({source})")


@checks("Docker socket")
def socket(context: Context) -> Finding | None:
    """Check that the daemon's socket exists, and that this user has access to it."""
    host, _ = _address(context)
    if not host.startswith("unix://"):
        return None
    path = Path(host.removeprefix("unix://"))
    there = path.exists()
    if not there and isinstance(context.docker, DockerError):
        if shutil.which("docker", path=context.variables.get("PATH")) is None:
            return None  # not installed, which another check reports
        return warning(
            f"{path} does not exist",
            f"{_ONLY} Start Docker, or set DOCKER_HOST to its socket (see `docker context ls`).",
        )
    if not stat.S_ISSOCK(path.stat().st_mode):
        return warning(
            f"{path} is not a socket",
            "Delete it, and restart Docker. Docker creates a folder where a container mounts a file"
            " that does not exist.",
        )
    if not os.access(path, os.R_OK | os.W_OK):
        return warning(
            f"this user has no access to {path}",
            f'{_ONLY} sudo usermod -aG {path.group()} "$USER"; then log in again. Members of that'
            " group have the rights of root.",
        )
    return ok(f"this user has access to {path}")


def _address(context: Context) -> tuple[str, str]:
    """Return the daemon's address, and which setting defines it."""
    if host := context.variables.get("DOCKER_HOST"):
        return host, "DOCKER_HOST"
    from docker.context import ContextAPI

    name = context.variables.get("DOCKER_CONTEXT")
    chosen = ContextAPI.get_context(name) if name else ContextAPI.get_current_context()
    if chosen is None:
        raise DockerError(
            f"The Docker context {name} does not exist.",
            advice="Unset DOCKER_CONTEXT, or set it to one that `docker context ls` lists.",
        )
    # The SDK has its own scheme for the default socket.
    host = str(chosen.Host).replace("http+unix://", "unix://")
    return host or _DEFAULT_SOCKET, f"context {chosen.name}"


@checks("Docker Compose")
def compose(context: Context) -> Finding | None:
    """Check that Docker Compose is installed, and its version."""
    from testbed.emulators.docker_daemon import compose_command

    if shutil.which("docker", path=context.variables.get("PATH")) is None:
        return None
    try:
        command = compose_command()
    except DockerError as error:
        return warning(error.message, f"{_ONLY} {error.advice}")
    name = " ".join(command)
    version = run([*command, "version", "--short"]).stdout.strip()
    match = re.search(r"(\d+)\.(\d+)\.(\d+)", version)
    if match is None:
        return warning(f"`{name}` does not report its version: {version[:80]}", _ONLY)
    if tuple(map(int, match.groups())) < _OLDEST_COMPOSE:
        return warning(
            f"`{name}` is {match[0]}: new enough for --docker, but too old for `up --wait`",
            "Install Compose 2 as a Docker plug-in: https://docs.docker.com/compose/install/",
        )
    return ok(f"`{name}` is {match[0]}")
