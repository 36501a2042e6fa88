"""The settings of the executor, from environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localstack_testbed.hooks.settings import (
    LAMBDA_PROCESS_ISOLATION,
    LAMBDA_PROCESS_PRELOAD,
    LAMBDA_PROCESS_PYTHON,
)


class SettingsError(Exception):
    """A setting is missing or cannot be right; the message says which and what to do."""


@dataclass(frozen=True)
class Settings:
    """Where functions run.

    ``pythons`` are the interpreters of the functions' environments by their runtime's name
    (``LAMBDA_PROCESS_PYTHON``); the first stands in for what is missing. ``preload`` are the
    modules that they import ahead of time (``LAMBDA_PROCESS_PRELOAD``). ``isolation`` asks for a
    file system of their own where that is possible (``LAMBDA_PROCESS_ISOLATION``).
    """

    pythons: Mapping[str, Path]
    preload: tuple[str, ...]
    isolation: bool

    def runtime(self, asked: str) -> str:
        """Return the runtime that runs functions for the runtime that was asked for."""
        return asked if asked in self.pythons else next(iter(self.pythons))

    @classmethod
    def from_environment(cls, variables: Mapping[str, str] = os.environ) -> "Settings":
        value = LAMBDA_PROCESS_PYTHON.value(variables)
        if not value:
            raise SettingsError(
                "LAMBDA_PROCESS_PYTHON is not set: set it to the Python 3.13 interpreter of an "
                "environment that has boto3 and awslambdaric, in which Lambda functions will run"
            )
        pythons: dict[str, Path] = {}
        for name in value.split(os.pathsep):
            if not os.access(name, os.X_OK):
                raise SettingsError(
                    f"LAMBDA_PROCESS_PYTHON={name} is no program: set it to the interpreter of an "
                    "environment that has boto3 and awslambdaric"
                )
            python = Path(name).absolute()
            pythons.setdefault(packages_of(python).parent.name, python)
        return cls(
            pythons=pythons,
            preload=LAMBDA_PROCESS_PRELOAD.value(variables),
            isolation=LAMBDA_PROCESS_ISOLATION.value(variables),
        )


def packages_of(python: Path) -> Path:
    """Return where the environment of an interpreter keeps its packages.

    Its parent has the name of a Lambda runtime, ``python3.13`` for example.

    Raises
    ------
    SettingsError
        The interpreter is not in an environment's folder ``bin``.
    """
    prefix = python.parent.parent
    for packages in prefix.glob("lib/python3.*/site-packages"):
        return packages
    raise SettingsError(
        f"LAMBDA_PROCESS_PYTHON={python} is not in a virtual environment: {prefix} has no folder "
        "lib/python3.*/site-packages"
    )
