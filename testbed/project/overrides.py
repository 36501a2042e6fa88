"""Changes to a project for one deployment: parameters and files to upload."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from testbed.project.pairs import parse_pairs
from testbed.project.project import Project

_PARAMETERS_VARIABLE = "TESTBED_PARAMETERS"
_FILES_VARIABLE = "TESTBED_FILES"

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Overrides:
    """Changes to a project for one deployment.

    ``testbed up`` passes them in environment variables to the init scripts, which run
    ``testbed deploy``.

    Parameters
    ----------
    parameters
        Values of the template's parameters.
    files
        Files to upload instead of the project's, by the names of those.
    """

    parameters: dict[str, str] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)

    @classmethod
    def of(cls, parameters: Pairs, files: Pairs) -> Overrides:
        """Return the changes by parameters and by files, whose paths may be relative."""
        return cls(dict(parameters), {name: Path(path).resolve() for name, path in files})

    @classmethod
    def from_environment(cls) -> Overrides:
        """Return what ``testbed up`` has passed, if anything.

        Raises
        ------
        ProjectError
            If a variable is invalid.
        """
        parameters, files = (
            parse_pairs(os.environ.get(name, ""), name)
            for name in (_PARAMETERS_VARIABLE, _FILES_VARIABLE)
        )
        return cls.of(parameters.items(), files.items())

    def environment(self, files: Mapping[str, Path] | None = None) -> dict[str, str]:
        """Return the environment variables that pass these changes to init scripts.

        Parameters
        ----------
        files
            The paths of the files for the init scripts, if they differ, as in a container.
        """
        found = self.files if files is None else files
        return {
            _PARAMETERS_VARIABLE: _join(self.parameters),
            _FILES_VARIABLE: _join({name: str(path) for name, path in found.items()}),
        }

    def updated(self, other: Overrides) -> Overrides:
        """Return these changes with others added, which take precedence."""
        return Overrides({**self.parameters, **other.parameters}, {**self.files, **other.files})

    def apply(self, project: Project) -> Project:
        """Return a copy of the project with these changes.

        Raises
        ------
        ProjectError
            If the project uploads no file with one of the names.
        """
        return project.with_parameters(self.parameters).with_files(self.files)


def _join(pairs: dict[str, str]) -> str:
    return shlex.join(f"{name}={value}" for name, value in pairs.items())
