"""What the checks examine: a project, this machine, and the shell's environment variables."""

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
class Context:
    """What the checks examine, read at most once.

    Parameters
    ----------
    variables
        The environment variables of the shell.
    """

    session: Session
    variables: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @cached_property
    def project(self) -> Project | ProjectError:
        """The project, or the reason why it cannot be read."""
        try:
            return self.session.project
        except ProjectError as error:
            return error

    @property
    def root(self) -> Path:
        """The project's folder, or the folder in which it was searched."""
        return self.session.root

    @property
    def state(self) -> Path:
        """The folder in which the testbed keeps its files."""
        return self.session.state

    @cached_property
    def docker(self) -> Mapping[str, Any] | DockerError:
        """The output of ``docker info``, or the reason why there is none."""
        from testbed.emulators.docker_daemon import connect

        try:
            return connect().info()
        except DockerError as error:
            return error

    @cached_property
    def compose_variables(self) -> Mapping[str, str]:
        """The variables that Docker Compose interpolates: the shell's, and those in ``.env``.

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
    """Run a program, and return its standard output and standard error as one text.

    Raises
    ------
    OSError, subprocess.TimeoutExpired
        If it cannot be started, or takes too long.
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
