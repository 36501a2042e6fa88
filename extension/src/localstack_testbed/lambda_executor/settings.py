"""The settings of the process executor."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localstack_testbed.hooks.settings import (
    LAMBDA_PROCESS_ISOLATION,
    LAMBDA_PROCESS_PRELOAD,
    LAMBDA_PROCESS_PYTHON,
    LAMBDA_PROCESS_PYTHON_COMMAND,
    InvalidSettingError,
)


@dataclass(frozen=True)
class Settings:
    """The settings of the process executor.

    ``pythons`` are the interpreters by runtime (``LAMBDA_PROCESS_PYTHON``); the first one is used
    for missing runtimes. ``python_command`` finds further ones (``LAMBDA_PROCESS_PYTHON_COMMAND``).
    ``preload`` are the modules that the supervisor imports in advance
    (``LAMBDA_PROCESS_PRELOAD``). ``isolation`` isolates functions if the kernel allows it
    (``LAMBDA_PROCESS_ISOLATION``).
    """

    pythons: Mapping[str, Path]
    python_command: tuple[str, ...]
    preload: tuple[str, ...]
    isolation: bool

    @classmethod
    def from_environment(cls, variables: Mapping[str, str] = os.environ) -> "Settings":
        value = LAMBDA_PROCESS_PYTHON.value(variables)
        if not value:
            raise InvalidSettingError(
                "LAMBDA_PROCESS_PYTHON is not set: set it to the Python 3.13 interpreter of a "
                "virtual environment for Lambda functions, with boto3 and awslambdaric"
            )
        pythons: dict[str, Path] = {}
        for name in value.split(os.pathsep):
            if not os.access(name, os.X_OK):
                raise InvalidSettingError(
                    f"LAMBDA_PROCESS_PYTHON={name} is not executable: set it to the interpreter of "
                    "a virtual environment with boto3 and awslambdaric"
                )
            python = Path(name).absolute()
            pythons.setdefault(packages_of(python).parent.name, python)
        return cls(
            pythons=pythons,
            python_command=LAMBDA_PROCESS_PYTHON_COMMAND.value(variables),
            preload=LAMBDA_PROCESS_PRELOAD.value(variables),
            isolation=LAMBDA_PROCESS_ISOLATION.value(variables),
        )


def packages_of(python: Path) -> Path:
    """Return the ``site-packages`` folder of an interpreter's virtual environment.

    The name of its parent folder is a Lambda runtime, such as ``python3.13``.

    Raises
    ------
    InvalidSettingError
        The interpreter is not in a virtual environment.
    """
    prefix = python.parent.parent
    for packages in prefix.glob("lib/python3.*/site-packages"):
        return packages
    raise InvalidSettingError(
        f"LAMBDA_PROCESS_PYTHON={python} is not in a virtual environment: {prefix} has no folder "
        "lib/python3.*/site-packages"
    )
