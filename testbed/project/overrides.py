"""What a user changes in a project for one deployment: parameters, and files to upload."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from testbed.project.project import Project, parse_pair

_PARAMETERS_VARIABLE = "TESTBED_PARAMETERS"
_FILES_VARIABLE = "TESTBED_FILES"


@dataclass(frozen=True)
class Overrides:
    """Changes to a project.

    ``testbed up`` hands them in environment variables to the init scripts, which run
    ``testbed deploy``.

    Parameters
    ----------
    parameters
        Values of the template's parameters.
    files
        Files to upload in place of the project's, by the names of those.
    """

    parameters: dict[str, str] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)

    @classmethod
    def of(cls, parameters: Iterable[str], files: Iterable[str]) -> Overrides:
        """Read options of the form ``NAME=VALUE``.

        Raises
        ------
        ProjectError
            If one has another form.
        """
        named_files = dict(parse_pair(text, "--file") for text in files)
        return cls(
            parameters=dict(parse_pair(text, "--parameter") for text in parameters),
            files={name: Path(path).resolve() for name, path in named_files.items()},
        )

    @classmethod
    def from_environment(cls) -> Overrides:
        """Read what ``testbed up`` has handed over, if it has."""
        return cls.of(
            shlex.split(os.environ.get(_PARAMETERS_VARIABLE, "")),
            shlex.split(os.environ.get(_FILES_VARIABLE, "")),
        )

    def environment(self, files: Mapping[str, Path] | None = None) -> dict[str, str]:
        """Return the variables that hand these choices over.

        Parameters
        ----------
        files
            Where the receiver finds the files, if not where they are.
        """
        found = self.files if files is None else files
        return {
            _PARAMETERS_VARIABLE: _join(self.parameters),
            _FILES_VARIABLE: _join({name: str(path) for name, path in found.items()}),
        }

    def updated(self, other: Overrides) -> Overrides:
        """Return these choices with another's on top."""
        return Overrides({**self.parameters, **other.parameters}, {**self.files, **other.files})

    def apply(self, project: Project) -> Project:
        """Return the project as chosen.

        Raises
        ------
        ProjectError
            If the project uploads no file of a chosen name.
        """
        return project.with_parameters(self.parameters).with_files(self.files)


def _join(pairs: dict[str, str]) -> str:
    return shlex.join(f"{name}={value}" for name, value in pairs.items())
