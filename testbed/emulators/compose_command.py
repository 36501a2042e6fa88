"""Docker Compose, run for one project with an override file."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from testbed.emulators import docker_daemon
from testbed.errors import DockerError

FILES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
"""The names of Compose's file, in the order in which Compose 2 looks for them.

https://docs.docker.com/compose/intro/compose-application-model/#the-compose-file
"""

SERVICE = "localstack"
# https://docs.docker.com/compose/how-tos/multiple-compose-files/merge/
_ADDITIONS = (
    "compose.override.yml", "compose.override.yaml",
    "docker-compose.override.yml", "docker-compose.override.yaml",
)  # fmt: skip
_INIT_SCRIPTS_IN_CONTAINER = "/etc/localstack/init"
_OUTPUT_LINES_SHOWN = 25


class ComposeCommand:
    """Docker Compose for the project in a folder.

    Parameters
    ----------
    root
        The folder that holds Compose's file.
    folder
        The folder for the override file and the files that it mounts.
    project_name_from
        A path to derive Compose's project name from; by default Compose uses its own rules.
    """

    def __init__(self, root: Path, folder: Path, project_name_from: Path | None = None) -> None:
        self._root = root
        self._folder = folder
        self._override = folder / "override.yml"
        self._options: list[str] = []
        if project_name_from is not None:
            digest = hashlib.sha256(str(project_name_from).encode()).hexdigest()
            self._options = ["--project-name", f"testbed-{digest[:12]}"]

    @property
    def has_override(self) -> bool:
        """Whether there is an override file: it exists from a start to the next stop."""
        return self._override.exists()

    @property
    def file(self) -> Path | None:
        """Compose's file in the project's folder, or None if it has none with a usual name."""
        return next((self._root / name for name in FILES if (self._root / name).is_file()), None)

    @property
    def has_file(self) -> bool:
        """Whether there is a file for Compose: in the project's folder, or in ``COMPOSE_FILE``."""
        return bool(os.environ.get("COMPOSE_FILE")) or self.file is not None

    def check(self) -> None:
        """Check that Compose's files have a service with LocalStack, before anything is started.

        Raises
        ------
        DockerError
            If there is no file or no such service, or Compose is missing or rejects the file.
        """
        if not self.has_file:
            raise DockerError(
                f"There is no docker-compose.yml in {self._root}, which describes the container of"
                " LocalStack.",
                advice="Run LocalStack without Docker: testbed up\nOr write a docker-compose.yml"
                ' as docs/docker.md does ("In your own repository").',
            )
        # Warnings are on the standard error.
        services = self._run("config", "--services", stderr=subprocess.PIPE).split()
        if SERVICE not in services:
            name = self.file.name if self.file else "The file in COMPOSE_FILE"
            raise DockerError(
                f"{name} has no service named {SERVICE}; it has {', '.join(services) or 'none'}.",
                advice=f"Name the service with LocalStack {SERVICE}, or add one as docs/docker.md"
                ' does ("In your own repository").',
            )

    def override(
        self, service: dict[str, Any], files: dict[str, Path], *, init_scripts: bool = True
    ) -> None:
        """Write an override file for the service, in place of any earlier one.

        Parameters
        ----------
        service
            What to add to the service, as in ``docker-compose.yml``; nothing if empty.
        files
            Files to copy and to mount, by their paths in the container.
        init_scripts
            Whether the service's init scripts are run; otherwise an empty folder hides them.
        """
        self.remove_override()
        mounts = []
        for number, (inside, file) in enumerate(files.items()):
            # A copy, since the file may be deleted before the container is restarted.
            copy = self._folder / "files" / str(number)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
            mounts.append(f"{copy.resolve()}:{inside}:ro")
        if not init_scripts:
            nothing = self._folder / "no-init-scripts"
            nothing.mkdir(parents=True)
            mounts.append(f"{nothing.resolve()}:{_INIT_SCRIPTS_IN_CONTAINER}:ro")
        content = {**service, **({"volumes": mounts} if mounts else {})}
        if content:
            self._folder.mkdir(exist_ok=True)
            document = yaml.safe_dump({"services": {SERVICE: content}})
            self._override.write_text(document, encoding="utf-8")

    def remove_override(self) -> None:
        """Delete the override file and the files that it mounts."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, *arguments: str, port: int | None = None) -> None:
        """Run a command of Docker Compose to its end.

        Parameters
        ----------
        port
            The port of LocalStack, for Compose's file.

        Raises
        ------
        DockerError
            If there is no Docker Compose, or the command fails; carries the end of its output.
        """
        self._run(*arguments, port=port)

    def _run(
        self, *arguments: str, port: int | None = None, stderr: int = subprocess.STDOUT
    ) -> str:
        """Run a command as :meth:`run` does, and return its standard output."""
        command = [*docker_daemon.compose_command(), *self._options, *self._files(), *arguments]
        owner = self._root.stat()
        ended = subprocess.run(
            command,
            cwd=self._root,
            env={
                # The container runs as the owner of the project's files, who can read them.
                "TESTBED_USER": f"{owner.st_uid}:{owner.st_gid}",
                **os.environ,
                **({"TESTBED_PORT": str(port)} if port else {}),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            errors="replace",
            check=False,
        )
        if ended.returncode != 0:
            output = f"{ended.stdout}\n{ended.stderr or ''}"
            raise DockerError(
                f"`{' '.join(command)}` failed with exit status {ended.returncode}.",
                advice="Run `testbed doctor`, which checks for the usual causes.",
                details="\n".join(output.strip().splitlines()[-_OUTPUT_LINES_SHOWN:]),
            )
        return ended.stdout

    def _files(self) -> list[str]:
        """Return the options that name all files; without an override Compose finds them itself.

        https://docs.docker.com/compose/how-tos/environment-variables/envvars/#compose_file
        """
        if not self.has_override:
            return []
        if given := os.environ.get("COMPOSE_FILE"):
            files = given.split(os.environ.get("COMPOSE_PATH_SEPARATOR", os.pathsep))
        else:
            addition = next((name for name in _ADDITIONS if (self._root / name).is_file()), None)
            files = [name for name in (self.file and self.file.name, addition) if name]
        return [word for file in (*files, str(self._override)) for word in ("--file", file)]
