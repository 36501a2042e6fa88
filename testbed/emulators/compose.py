"""LocalStack in a container, as the project's docker-compose.yml describes it.

Docker Compose does what is done to the container, so that ``docker compose`` and ``testbed`` may be
used in turns; Docker's own API says what it is like.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from testbed.control import control_secret
from testbed.control.control_secret import ControlSecret
from testbed.emulators import docker_daemon
from testbed.emulators import state_folder as states
from testbed.errors import DockerError, InitScriptError, StartError, preserved
from testbed.machine import ports
from testbed.machine.file_errors import naming
from testbed.machine.host_address import LOOPBACK, HostAddress, is_ours
from testbed.machine.waiting import WaitedTooLong, until

if TYPE_CHECKING:
    from docker.models.containers import Container as DockerContainer

    from testbed.project.overrides import Overrides

_FILE = "docker-compose.yml"
_SERVICE = "localstack"
_STATE_LABEL = "testbed.emulators.state_folder"
_HOST_NAME = "host.docker.internal"
_CONTROL_SECRET = f"/var/lib/localstack/{control_secret.FILE}"
_FILES_IN_CONTAINER = "/opt/testbed/files"
# Longer than the health check's own limit, which then says what it waited for.
_START_LIMIT_SECONDS = 330.0
_POLL_SECONDS = 0.2
_END_POLL_SECONDS = 1.0
_SILENCE_LIMIT_SECONDS = 60.0
_PORT_ATTEMPTS = 3
# What the Docker daemon says of a port that a container, or another program, has.
_PORT_IN_USE = re.compile("port is already allocated|address already in use")
_LOG_LINES_SHOWN = 25


@dataclass(frozen=True)
class Container:
    """A container in which LocalStack runs."""

    id: str
    name: str
    endpoint_url: str

    @property
    def host_address(self) -> HostAddress:
        """How functions in it reach this machine.

        Docker knows the machine by a name of its own. On Linux that is an address of the bridge,
        where a server has to listen; Docker Desktop leads it to the loopback address.
        https://docs.docker.com/desktop/features/networking/#i-want-to-connect-from-a-container-to-a-service-on-the-host
        """
        found = self._docker().exec_run(["getent", "ahostsv4", _HOST_NAME])
        assert isinstance(found.output, bytes)  # and no stream, which was not asked for
        address = found.output.decode().partition(" ")[0] if found.exit_code == 0 else ""
        listen = address if address and is_ours(address) else LOOPBACK.listen
        return HostAddress(listen=listen, name=_HOST_NAME)

    def control_secret(self) -> ControlSecret | None:
        """Return the secret that LocalStack has written in the container, if it has."""
        found = self._docker().exec_run(["cat", _CONTROL_SECRET])
        assert isinstance(found.output, bytes)  # and no stream, which was not asked for
        if found.exit_code != 0:
            return None
        return ControlSecret(found.output.decode().strip(), f"{_CONTROL_SECRET} of {self.name}")

    def await_end(self) -> None:
        """Return when the container has ended.

        Raises
        ------
        DockerError
            If the daemon has not answered for a minute.
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
                        advice="See what `docker ps` says.",
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


class Compose:
    """The project's LocalStack in a container, running or not.

    Parameters
    ----------
    root
        The project's folder, which holds docker-compose.yml.
    state
        The folder for the log, and for what a start adds to docker-compose.yml.
    apart
        Whether to keep it apart from the containers of ``docker compose`` in that folder, because
        the user has named a state folder.
    """

    def __init__(self, root: Path, state: Path, *, apart: bool) -> None:
        self._root = root.resolve()
        self._apart = apart
        self._additions = state / "compose"
        self._override = self._additions / "override.yml"
        self.state = state
        self.log = state / "localstack.log"

    def running(self) -> Container | None:
        """Return the container, if it runs; None also if there is no Docker here."""
        for found in self._containers():
            if found.status == "running":
                return _container(found)
        return None

    def start(
        self, *, port: int | None = None, settings: dict[str, str], overrides: Overrides
    ) -> Container:
        """Start the container, and return when its API answers and every init script succeeded.

        Whatever ends this call early, Ctrl-C included, leaves no container behind.

        Parameters
        ----------
        port
            The port to listen on; by default 4566, or any free one if that is taken.
        settings
            Further environment variables for LocalStack and its init scripts.
        overrides
            What is to be deployed otherwise than the project says.

        Raises
        ------
        PortInUseError
            If the given port is taken.
        InitScriptError
            If an init script fails, with what it printed.
        StartError
            If LocalStack ends or does not answer in time.
        DockerError
            If there is no Docker Compose, or it fails.
        """
        if port is not None and not ports.is_free(port):
            raise ports.taken(port)
        self._refuse_namesake()
        with naming(self._additions):
            self._write_additions(settings, overrides)
        try:
            self._create(port)
            container = self._own_container()
            self._await_healthy(container)
            return _container(container)
        except BaseException as error:
            with preserved(error):
                self.stop()
            raise

    def _create(self, port: int | None) -> None:
        """Create and start the container; on another port if a program was faster."""
        for _ in range(_PORT_ATTEMPTS - 1):
            try:
                self._compose("up", "--detach", port=port or ports.free_port())
            except DockerError as error:
                if port is not None or not _PORT_IN_USE.search(error.details):
                    raise
            else:
                return
        self._compose("up", "--detach", port=port or ports.free_port())

    def build(self) -> None:
        """Build the image, or bring it up to date.

        Raises
        ------
        DockerError
            If that fails.
        """
        self._compose("build")

    def stop(self) -> bool:
        """Remove the container and its network; return whether it was running.

        LocalStack's log stays in the state folder, and its volume with Docker.
        """
        found = self._containers()
        if not found:
            return False
        running = any(each.status == "running" for each in found)
        try:
            with naming(self.log):
                self._save_log(found[0])
        finally:  # also if there is no room for the log
            # What is named by a state folder goes with it; the other's volume is the user's.
            self._compose("down", *(["--volumes", "--rmi", "local"] if self._apart else []))
        shutil.rmtree(self._additions, ignore_errors=True)
        return running

    def _containers(self) -> list[DockerContainer]:
        """Return the service's containers, running or not."""
        if not (self._override.exists() if self._apart else (self._root / _FILE).exists()):
            return []
        try:
            daemon = docker_daemon.connect()
        except DockerError:
            return []
        label = f"com.docker.compose.service={_SERVICE}"
        # One that is removed meanwhile is none.
        found = daemon.containers.list(all=True, filters={"label": label}, ignore_removed=True)
        return [each for each in found if self._is_own(each)]

    def _is_own(self, container: DockerContainer) -> bool:
        if self._apart:
            return bool(container.labels.get(_STATE_LABEL) == str(self.state))
        return _STATE_LABEL not in container.labels and _folder(container) == self._root

    def _own_container(self) -> DockerContainer:
        found = self._containers()
        if not found:
            raise DockerError(f"{_FILE} has started no container of a service {_SERVICE}.")
        return found[0]

    def _refuse_namesake(self) -> None:
        """Refuse to replace the containers of another folder with the same name."""
        if self._apart:
            return
        name = os.environ.get("COMPOSE_PROJECT_NAME") or self._root.name.lower()
        label = f"com.docker.compose.project={name}"
        for each in docker_daemon.connect().containers.list(filters={"label": label}):
            if _folder(each) != self._root:
                raise DockerError(
                    f"Docker Compose's project {name} is running from {_folder(each)},"
                    " and would be replaced.",
                    advice="Stop that one, or set COMPOSE_PROJECT_NAME to another name.",
                )

    def _write_additions(self, settings: dict[str, str], overrides: Overrides) -> None:
        """Write what this start adds to docker-compose.yml, if anything."""
        shutil.rmtree(self._additions, ignore_errors=True)
        service: dict[str, Any] = {}
        if self._apart:
            service["labels"] = {_STATE_LABEL: str(self.state)}
        states.make(self.state)
        inside = {}
        for number, (name, file) in enumerate(overrides.files.items()):
            # A copy: the file may be gone when the container starts again.
            copy = self._additions / "files" / str(number)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
            inside[name] = Path(_FILES_IN_CONTAINER, str(number))
            service.setdefault("volumes", []).append(f"{copy.resolve()}:{inside[name]}:ro")
        handed = {name: value for name, value in overrides.environment(inside).items() if value}
        if environment := {**settings, **handed}:
            # Compose puts its own variables in the place of a single dollar sign.
            service["environment"] = {
                name: value.replace("$", "$$") for name, value in environment.items()
            }
        if service:
            self._additions.mkdir(exist_ok=True)
            content = yaml.safe_dump({"services": {_SERVICE: service}})
            self._override.write_text(content, encoding="utf-8")

    def _compose(self, *arguments: str, port: int | None = None) -> None:
        options = []
        if self._apart:
            digest = hashlib.sha256(str(self.state).encode()).hexdigest()
            options += ["--project-name", f"testbed-{digest[:12]}"]
        if self._override.exists():
            for file in (*self._given_files(), str(self._override)):
                options += ["--file", file]
        command = [*docker_daemon.compose_command(), *options, *arguments]
        ended = subprocess.run(
            command,
            cwd=self._root,
            env={**self._user(), **os.environ, **({"TESTBED_PORT": str(port)} if port else {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if ended.returncode != 0:
            raise DockerError(
                f"`{' '.join(command)}` failed with exit code {ended.returncode}.",
                advice="`testbed doctor` looks at what usually goes wrong.",
                details="\n".join(ended.stdout.strip().splitlines()[-_LOG_LINES_SHOWN:]),
            )

    def _user(self) -> dict[str, str]:
        """Return who the container runs as: the owner of the project's files, who can read them."""
        owner = self._root.stat()
        return {"TESTBED_USER": f"{owner.st_uid}:{owner.st_gid}"}

    def _given_files(self) -> list[str]:
        """Return the files that Compose reads if it is told of none.

        https://docs.docker.com/compose/how-tos/environment-variables/envvars/#compose_file
        """
        if given := os.environ.get("COMPOSE_FILE"):
            return given.split(os.environ.get("COMPOSE_PATH_SEPARATOR", os.pathsep))
        own = (_FILE, "docker-compose.override.yml")
        return [name for name in own if (self._root / name).exists()]

    def _await_healthy(self, container: DockerContainer) -> None:
        def health() -> dict[str, Any] | None:
            container.reload()
            if container.status != "running":
                raise StartError(
                    f"LocalStack's container ended with exit code"
                    f" {container.attrs['State']['ExitCode']}.",
                    advice=f"Its log is {self.log}.",
                    details=_last_lines(container),
                )
            state: dict[str, Any] = container.attrs["State"].get("Health", {})
            return state if state.get("Status") in ("healthy", "unhealthy") else None

        try:
            found = until(
                health, within=_START_LIMIT_SECONDS, what="healthy container", every=_POLL_SECONDS
            )
        except WaitedTooLong as error:
            raise StartError(
                str(error), advice=f"Its log is {self.log}.", details=_last_lines(container)
            ) from error
        if found["Status"] == "unhealthy":
            first, _, output = found["Log"][-1]["Output"].strip().partition("\n")
            raise InitScriptError(
                f"{first.rstrip('.')}, so there is no pipeline.",
                advice=f"LocalStack's log is {self.log}.",
                details=output,
            )

    def _save_log(self, container: DockerContainer) -> None:
        states.make(self.state)
        with states.open_private(self.log) as file:
            file.writelines(container.logs(stream=True, follow=False))


def _container(found: DockerContainer) -> Container:
    published = [binding for bindings in found.ports.values() for binding in bindings or ()]
    if not published:
        raise DockerError(
            f"Container {found.name} publishes no port, so LocalStack cannot be reached."
        )
    return Container(
        id=str(found.id),
        name=str(found.name),
        endpoint_url=f"http://{LOOPBACK.listen}:{published[0]['HostPort']}",
    )


def _folder(container: DockerContainer) -> Path:
    return Path(container.labels.get("com.docker.compose.project.working_dir", "")).resolve()


def _last_lines(container: DockerContainer) -> str:
    return str(container.logs(tail=_LOG_LINES_SHOWN).decode(errors="replace")).strip()
