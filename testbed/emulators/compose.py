"""LocalStack in a container, started by Docker Compose from the project's Compose file.

Docker Compose changes the container, so that users can run ``docker compose`` and ``testbed`` in
turns; Docker's API reports on it. docs/decisions/0013 says why no library does the former.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed.emulators import docker_daemon
from testbed.emulators import state_folder as states
from testbed.emulators.compose_command import SERVICE, ComposeCommand
from testbed.emulators.container import Container
from testbed.errors import DockerError, InitScriptError, StartError, preserved
from testbed.machine import ports
from testbed.machine.file_errors import naming
from testbed.machine.waiting import WaitedTooLong, until

if TYPE_CHECKING:
    from docker.models.containers import Container as DockerContainer

    from testbed.project.overrides import Overrides

_STATE_LABEL = "testbed.state"
_FILES_IN_CONTAINER = "/opt/testbed/files"
# Longer than the limit of the health check, whose message says what it waited for.
_START_LIMIT_SECONDS = 330.0
_POLL_SECONDS = 0.2
_PORT_ATTEMPTS = 3
# The Docker daemon's messages for a port that a container or another program uses.
_PORT_IN_USE = re.compile("port is already allocated|address already in use")
_LOG_LINES_SHOWN = 25


class Compose:
    """The project's LocalStack in a container, running or not.

    Parameters
    ----------
    root
        The project's folder, which holds Compose's file (``docker-compose.yml``).
    state
        The folder for the log and for Compose's override file.
    apart
        Whether the container is separate from that of ``docker compose`` in the project's folder:
        the user has named a state folder.
    """

    def __init__(self, root: Path, state: Path, *, apart: bool) -> None:
        self._root = root.resolve()
        self._apart = apart
        self._command = ComposeCommand(self._root, state / "compose", state if apart else None)
        self.state = state
        self.log = state / "localstack.log"

    def running(self) -> Container | None:
        """Return the running container; None if there is none or Docker is not available."""
        for found in self._containers():
            if found.status == "running":
                return Container.of(found)
        return None

    def start(
        self,
        *,
        port: int | None = None,
        settings: dict[str, str],
        overrides: Overrides,
        init_scripts: bool = True,
    ) -> Container:
        """Start the container, and return when its API answers and every init script succeeded.

        If this fails or is interrupted, for example by Ctrl-C, the container is removed.

        Parameters
        ----------
        port
            The port to listen on; by default 4566, or any free port if that is in use.
        settings
            Environment variables to add to LocalStack's, which init scripts see, too.
        overrides
            What to deploy differently from the project's files.
        init_scripts
            Whether to run the init scripts.

        Raises
        ------
        PortInUseError
            If the given port is in use.
        InitScriptError
            If an init script fails; carries its output.
        StartError
            If LocalStack exits or is not ready in time.
        DockerError
            If Docker Compose is missing or fails.
        """
        if port is not None and not ports.is_free(port):
            raise ports.taken(port)
        self._check_project_name()
        with naming(self.state):
            self._write_override(settings, overrides, init_scripts=init_scripts)
        try:
            self._create(port)
            container = self._own_container()
            self._await_healthy(container)
            return Container.of(container)
        except BaseException as error:
            with preserved(error):
                self.stop()
            raise

    def _create(self, port: int | None) -> None:
        """Create and start the container; try other ports if programs take the chosen ones."""
        for _ in range(_PORT_ATTEMPTS - 1):
            try:
                self._command.run("up", "--detach", port=port or ports.free_port())
            except DockerError as error:
                if port is not None or not _PORT_IN_USE.search(error.details):
                    raise
            else:
                return
        self._command.run("up", "--detach", port=port or ports.free_port())

    def build(self) -> None:
        """Build the image, or update it.

        Raises
        ------
        DockerError
            If that fails, or Compose's file is missing or has no service with LocalStack.
        """
        self._command.check()
        self._command.run("build")

    def stop(self) -> bool:
        """Remove the container and its network; return whether it was running.

        LocalStack's log stays in the state folder, and its volume stays in Docker.
        """
        found = self._containers()
        if not found:
            return False
        running = any(each.status == "running" for each in found)
        try:
            with naming(self.log):
                self._save_log(found[0])
        finally:  # even if there is no room for the log
            # The volume and image of a named state folder are only used with it.
            self._command.run("down", *(["--volumes", "--rmi", "local"] if self._apart else []))
        self._command.remove_override()
        return running

    def _containers(self) -> list[DockerContainer]:
        """Return the service's containers, running or not."""
        if not (self._command.has_override if self._apart else self._command.has_file):
            return []
        try:
            daemon = docker_daemon.connect()
        except DockerError:
            return []
        label = f"com.docker.compose.service={SERVICE}"
        # A container may be removed between the list and the query for its details.
        found = daemon.containers.list(all=True, filters={"label": label}, ignore_removed=True)
        return [each for each in found if self._is_own(each)]

    def _is_own(self, container: DockerContainer) -> bool:
        if self._apart:
            return bool(container.labels.get(_STATE_LABEL) == str(self.state))
        return _STATE_LABEL not in container.labels and _folder(container) == self._root

    def _own_container(self) -> DockerContainer:
        found = self._containers()
        if not found:
            raise DockerError(
                f"Docker Compose has started no container for a service named {SERVICE}.",
                advice=f"Check the service {SERVICE} in Compose's file.",
            )
        return found[0]

    def _check_project_name(self) -> None:
        """Raise DockerError if Compose would replace the containers of another folder."""
        if self._apart:
            return
        name = os.environ.get("COMPOSE_PROJECT_NAME") or self._root.name.lower()
        label = f"com.docker.compose.project={name}"
        for each in docker_daemon.connect().containers.list(filters={"label": label}):
            if _folder(each) != self._root:
                raise DockerError(
                    f"Docker Compose's project {name} is already running from {_folder(each)}"
                    " and would be replaced.",
                    advice="Stop that one, or set COMPOSE_PROJECT_NAME to another name.",
                )

    def _write_override(
        self, settings: dict[str, str], overrides: Overrides, *, init_scripts: bool
    ) -> None:
        """Write what this start adds to Compose's file."""
        states.make(self.state)
        inside = {
            name: Path(_FILES_IN_CONTAINER, str(number))
            for number, name in enumerate(overrides.files)
        }
        passed = {name: value for name, value in overrides.environment(inside).items() if value}
        service: dict[str, Any] = {}
        if self._apart:
            service["labels"] = {_STATE_LABEL: str(self.state)}
        if variables := {**settings, **passed}:
            # Compose replaces $NAME with the value of a variable, and $$ with a dollar sign.
            service["environment"] = {
                name: value.replace("$", "$$") for name, value in variables.items()
            }
        files = {str(inside[name]): file for name, file in overrides.files.items()}
        self._command.override(service, files, init_scripts=init_scripts)

    def _await_healthy(self, container: DockerContainer) -> None:
        def health() -> dict[str, Any] | None:
            container.reload()
            if container.status != "running":
                raise StartError(
                    f"LocalStack's container exited with status"
                    f" {container.attrs['State']['ExitCode']}.",
                    advice=f"Its log is {self.log}.",
                    details=_last_lines(container),
                )
            state: dict[str, Any] | None = container.attrs["State"].get("Health")
            if state is None:
                raise DockerError(
                    f"The container {container.name} has no health check, which says when"
                    " LocalStack is ready.",
                    advice='Use the image and the health check of docs/docker.md ("In your own'
                    ' repository").',
                )
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
                f"{first.rstrip('.')}, so nothing is deployed.",
                advice=f"LocalStack's log is {self.log}.",
                details=output,
            )

    def _save_log(self, container: DockerContainer) -> None:
        states.make(self.state)
        with states.open_private(self.log) as file:
            file.writelines(container.logs(stream=True, follow=False))


def _folder(container: DockerContainer) -> Path:
    return Path(container.labels.get("com.docker.compose.project.working_dir", "")).resolve()


def _last_lines(container: DockerContainer) -> str:
    return str(container.logs(tail=_LOG_LINES_SHOWN).decode(errors="replace")).strip()
