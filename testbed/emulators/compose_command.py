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

FILE = "docker-compose.yml"
SERVICE = "localstack"
_OUTPUT_LINES_SHOWN = 25


class ComposeCommand:
    """Docker Compose for the project in a folder.

    Parameters
    ----------
    root
        The folder that holds ``docker-compose.yml``.
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

    def override(self, service: dict[str, Any], files: dict[str, Path]) -> None:
        """Write an override file for the service, in place of any earlier one.

        Parameters
        ----------
        service
            What to add to the service, as in ``docker-compose.yml``; nothing if empty.
        files
            Files to copy and to mount, by their paths in the container.
        """
        self.remove_override()
        mounts = []
        for number, (inside, file) in enumerate(files.items()):
            # A copy, since the file may be deleted before the container is restarted.
            copy = self._folder / "files" / str(number)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
            mounts.append(f"{copy.resolve()}:{inside}:ro")
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
            The port of LocalStack, for ``docker-compose.yml``.

        Raises
        ------
        DockerError
            If there is no Docker Compose, or the command fails; carries the end of its output.
        """
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
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if ended.returncode != 0:
            raise DockerError(
                f"`{' '.join(command)}` failed with exit status {ended.returncode}.",
                advice="Run `testbed doctor`, which checks for the usual causes.",
                details="\n".join(ended.stdout.strip().splitlines()[-_OUTPUT_LINES_SHOWN:]),
            )

    def _files(self) -> list[str]:
        """Return the options that name all files; without an override Compose finds them itself.

        https://docs.docker.com/compose/how-tos/environment-variables/envvars/#compose_file
        """
        if not self.has_override:
            return []
        if given := os.environ.get("COMPOSE_FILE"):
            files = given.split(os.environ.get("COMPOSE_PATH_SEPARATOR", os.pathsep))
        else:
            usual = (FILE, "docker-compose.override.yml")
            files = [name for name in usual if (self._root / name).exists()]
        return [word for file in (*files, str(self._override)) for word in ("--file", file)]
