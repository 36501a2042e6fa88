"""Docker and Docker Compose, which only ``--docker`` needs: what is wrong here is a warning."""

from __future__ import annotations

import os
import re
import shutil
import stat
from pathlib import Path
from urllib.parse import urlsplit

from testbed.doctor.finding import Finding, looks_at, ok, warning
from testbed.doctor.place import Place, run
from testbed.errors import DockerError

_ONLY = "Only --docker needs it."
_DEFAULT_SOCKET = "unix:///var/run/docker.sock"
# The first one with `up --wait`. https://docs.docker.com/reference/cli/docker/compose/up/
_OLDEST_COMPOSE = (2, 1, 1)


@looks_at("Docker daemon")
def daemon(place: Place) -> Finding:
    """Look whether the daemon answers, which is found as the ``docker`` command finds it."""
    docker = place.docker
    if isinstance(docker, DockerError):
        if shutil.which("docker", path=place.variables.get("PATH")) is None:
            return warning(
                "there is no docker command, and no daemon answers",
                f"{_ONLY} Install it: https://docs.docker.com/engine/install/",
            )
        return warning(docker.message, f"{_ONLY} {docker.advice}")
    return ok(f"{docker.get('ServerVersion')} on {docker.get('OperatingSystem')}")


@looks_at("address of Docker")
def address(place: Place) -> Finding | None:
    """Look which daemon is meant, and whether its published ports are this machine's."""
    host, source = _address(place)
    if place.variables.get("DOCKER_HOST") and place.variables.get("DOCKER_CONTEXT"):
        return warning(
            f"DOCKER_HOST={host} and DOCKER_CONTEXT are both set", "Unset one: DOCKER_HOST wins."
        )
    parts = urlsplit(host)
    if parts.scheme in ("tcp", "ssh") and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        return warning(
            f"{host} ({source}): ports that containers publish are not on this machine's 127.0.0.1",
            "Use a Docker on this machine, or the embedded LocalStack.",
        )
    return None if isinstance(place.docker, DockerError) else ok(f"{host} ({source})")


@looks_at("socket of Docker")
def socket(place: Place) -> Finding | None:
    """Look whether the daemon's socket is there, and this user may use it."""
    host, _ = _address(place)
    if not host.startswith("unix://"):
        return None
    path = Path(host.removeprefix("unix://"))
    there = path.exists()
    if not there and isinstance(place.docker, DockerError):
        if shutil.which("docker", path=place.variables.get("PATH")) is None:
            return None  # no Docker here, as another check says
        return warning(
            f"there is no {path}",
            f"{_ONLY} Start Docker; or name its socket in DOCKER_HOST (`docker context ls`).",
        )
    if not stat.S_ISSOCK(path.stat().st_mode):
        return warning(
            f"{path} is no socket",
            "Remove it, and restart Docker: it makes a folder for a container that wants a missing"
            " file.",
        )
    if not os.access(path, os.R_OK | os.W_OK):
        return warning(
            f"this user may not use {path}",
            f'{_ONLY} sudo usermod -aG {path.group()} "$USER"; then log in anew. Whoever is in that'
            " group is as good as root.",
        )
    return ok(f"this user may use {path}")


def _address(place: Place) -> tuple[str, str]:
    """Return where the daemon is looked for, and what says so."""
    if host := place.variables.get("DOCKER_HOST"):
        return host, "DOCKER_HOST"
    from docker.context import ContextAPI

    name = place.variables.get("DOCKER_CONTEXT")
    context = ContextAPI.get_context(name) if name else ContextAPI.get_current_context()
    if context is None:
        raise DockerError(f"there is no Docker context {name}")
    # The SDK has a scheme of its own for the daemon's usual socket.
    host = str(context.Host).replace("http+unix://", "unix://")
    return host or _DEFAULT_SOCKET, f"context {context.name}"


@looks_at("Docker Compose")
def compose(place: Place) -> Finding | None:
    """Look which Compose there is, and whether it is new enough."""
    from testbed.emulators.docker_daemon import compose_command

    if shutil.which("docker", path=place.variables.get("PATH")) is None:
        return None
    try:
        command = compose_command()
    except DockerError as error:
        return warning(error.message, f"{_ONLY} {error.advice}")
    name = " ".join(command)
    version = run([*command, "version", "--short"]).stdout.strip()
    match = re.search(r"(\d+)\.(\d+)\.(\d+)", version)
    if match is None:
        return warning(f"`{name}` does not tell its version: {version[:80]}", _ONLY)
    if tuple(map(int, match.groups())) < _OLDEST_COMPOSE:
        return warning(
            f"`{name}` is {match[0]}: enough for --docker, and too old for `up --wait`",
            "Install Compose 2 as a plug-in of docker: https://docs.docker.com/compose/install/",
        )
    return ok(f"`{name}` is {match[0]}")
