"""The environments of Lambda's Python runtimes: one for each version of Python.

Each has AWS's runtime client and SDK, and is built when a function first needs it: by a deployment,
or by LocalStack, which runs this module as a program for functions that are created by the API::

    python -m testbed.emulators.runtimes python3.12

It prints the path of the interpreter. If there is no such Python and none can be downloaded, or its
packages cannot, it prints why, as the end of a sentence about the runtime, and exits with status 1.
"""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from testbed.emulators.debugger import ensure_debugger
from testbed.errors import EnvironmentBuildError
from testbed.machine import virtual_environments
from testbed.machine.cache import Report, build_once
from testbed.machine.cache_folder import cache_folder
from testbed.machine.virtual_environments import NoPythonError
from testbed.project.functions import RUNTIME

_LOCK = Path(__file__).parent / "locks" / "runtime.txt"

OWN_RUNTIMES = tuple(f"python3.{minor}" for minor in range(9, 15))
"""The runtimes whose functions run on their own version of Python, if there is one."""

NOT_AVAILABLE = "is not available here"
NOT_INSTALLED = "is not installed here"

# What uv needs to find or download a Python, as it is in the shell that starts the testbed.
_PASSED_ON = ("PYENV_ROOT", "XDG_DATA_HOME", "XDG_CACHE_HOME")


class RuntimeUnavailableError(EnvironmentBuildError):
    """There is no environment for a runtime; ``message`` is the end of a sentence about it."""


@dataclass(frozen=True)
class Choice:
    """The runtime that executes functions of another one, and why it is another one, if so.

    Parameters
    ----------
    reason
        The end of a sentence about the function's own runtime.
    """

    runs_on: str
    reason: str | None = None


def ensure_runtime(runtime: str, report: Report) -> Path:
    """Return the environment of a runtime; build it if it is missing.

    Parameters
    ----------
    runtime
        Such as ``python3.12``.
    report
        Is called before it is built.

    Raises
    ------
    RuntimeUnavailableError
        If there is no such Python and none can be downloaded, or its packages cannot be.
    EnvironmentBuildError
        If that of the default runtime cannot be built.
    """
    if runtime != RUNTIME and runtime not in OWN_RUNTIMES:
        raise RuntimeUnavailableError(NOT_AVAILABLE)
    version = runtime.removeprefix("python")

    def build(target: Path) -> None:
        virtual_environments.create(target, _LOCK, version)
        # Later, there may be no network. If it fails, `testbed debug` says why.
        with suppress(EnvironmentBuildError):
            ensure_debugger(report, version)

    try:
        return build_once(cache_name(runtime), runtime_inputs(), build, report)
    except NoPythonError as error:
        if runtime == RUNTIME:
            raise
        raise RuntimeUnavailableError(NOT_INSTALLED, details=error.details) from error
    except EnvironmentBuildError as error:
        if runtime == RUNTIME:
            raise
        raise RuntimeUnavailableError(
            "is installed here, but whose packages could not be installed", details=error.details
        ) from error


def choose(runtime: str, report: Report) -> Choice:
    """Return what functions of a runtime run on; build its environment if it is missing."""
    if runtime == RUNTIME:
        return Choice(runtime)
    try:
        ensure_runtime(runtime, report)
    except RuntimeUnavailableError as error:
        return Choice(RUNTIME, error.message)
    return Choice(runtime)


def cache_name(runtime: str) -> str:
    """Return the name in the cache of a runtime's environment.

    >>> cache_name("python3.12"), cache_name("python3.13")
    ('runtime-py312', 'runtime')
    """
    if runtime == RUNTIME:
        return "runtime"
    return f"runtime-py{runtime.removeprefix('python').replace('.', '')}"


def runtime_inputs() -> list[Path]:
    """Return the files that decide the content of the environments."""
    return [_LOCK]


def command() -> str:
    """Return the command by which LocalStack finds the interpreter of a runtime.

    LocalStack does not have all of the user's variables, so it contains those that matter.
    """
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    variables = {"TESTBED_CACHE": str(cache_folder()), **passed_on}
    return shlex.join(
        [
            "env", "-u", "PYTHONPATH", *(f"{name}={value}" for name, value in variables.items()),
            sys.executable, "-P", "-m", "testbed.emulators.runtimes",
        ]
    )  # fmt: skip


def main() -> None:
    """Print the interpreter of the runtime in the arguments, or why there is none."""
    try:
        environment = ensure_runtime(
            sys.argv[1], lambda message: print(message, file=sys.stderr, flush=True)
        )
    except RuntimeUnavailableError as error:
        print(error.details, file=sys.stderr)
        print(error.message)
        sys.exit(1)
    print(environment / "bin" / "python")


if __name__ == "__main__":
    main()
