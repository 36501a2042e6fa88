"""Where the checks look: a project, this machine, and the variables of the caller's shell."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed.errors import DockerError, ProjectError

if TYPE_CHECKING:
    from testbed.project.project import Project
    from testbed.session import Session

_LIMIT_SECONDS = 20


@dataclass
class Place:
    """What the checks share.

    Parameters
    ----------
    variables
        The environment variables that the caller's programs see.
    """

    session: Session
    variables: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @cached_property
    def project(self) -> Project | ProjectError:
        """The project, or why there is none."""
        try:
            return self.session.project
        except ProjectError as error:
            return error

    @property
    def root(self) -> Path:
        """The project's folder, or the one where it was looked for."""
        given = self.session.folder.resolve()
        return given if isinstance(self.project, ProjectError) else self.project.root

    @property
    def state(self) -> Path:
        """Where the testbed keeps its files."""
        return (self.session.state_folder or self.root / ".testbed").resolve()

    @cached_property
    def docker(self) -> Mapping[str, Any] | DockerError:
        """What ``docker info`` shows of the Docker daemon, or why it does not answer."""
        from testbed.emulators.docker_daemon import connect

        try:
            return connect().info()
        except DockerError as error:
            return error

    @cached_property
    def compose_variables(self) -> Mapping[str, str]:
        """The variables that Docker Compose fills in: the shell's, and those of ``.env``.

        https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/
        """
        file = self.root / ".env"
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        pairs = (line.split("=", 1) for line in lines if "=" in line and line.lstrip()[:1] != "#")
        return {
            **{name.strip(): value.strip().strip("'\"") for name, value in pairs},
            **self.variables,
        }


def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, with its output and errors as one text.

    Raises
    ------
    OSError, subprocess.TimeoutExpired
        If it cannot be run, or does not end.
    """
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=_LIMIT_SECONDS,
        check=False,
        **options,
    )
