"""Virtual environments made by ``uv`` from lock files with hashes."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

from testbed.errors import EnvironmentBuildError
from testbed.machine.cache_folder import WRITABLE_BY_OTHERS

PYTHON_VERSION = "3.13"
"""The version of Python that LocalStack runs with, and functions unless they have another one."""

# What uv prints if there is no such Python and it may not or cannot download one.
_NO_PYTHON = re.compile(r"No interpreter found|Failed to download .*/cpython-")


class NoPythonError(EnvironmentBuildError):
    """There is no Python of the required version, and none could be downloaded."""


def create(target: Path, lock: Path, version: str = PYTHON_VERSION) -> None:
    """Create a virtual environment with the packages of a lock file with hashes.

    Parameters
    ----------
    version
        The version of Python, such as ``3.12``.

    Raises
    ------
    NoPythonError
        If there is no such Python and none can be downloaded.
    EnvironmentBuildError
        If a package cannot be installed.
    """
    # There is a substitute for any other version, so that an unreachable network costs no time.
    quick = {} if version == PYTHON_VERSION else {"UV_HTTP_RETRIES": "0"}
    uv("venv", "--python", interpreter(version), str(target), variables=quick)
    # Compiled, LocalStack starts three times faster.
    uv(
        "pip", "install", "--python", str(target / "bin" / "python"), "--require-hashes",
        "--compile-bytecode", "--requirements", str(lock),
    )  # fmt: skip


def interpreter(version: str = PYTHON_VERSION) -> str:
    """Return what ``uv --python`` takes for a version of Python: a path, or the version.

    uv searches PATH and its own installations, and downloads Python if it finds none. Versions
    that pyenv has installed are often not on PATH.
    """
    if ".".join(platform.python_version_tuple()[:2]) == version:
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    installed = sorted(pyenv.glob(f"versions/{version}.*/bin/python"))
    return str(installed[-1]) if installed else version


def installed_interpreter(version: str) -> str | None:
    """Return the path of an installed Python of a version, or None if there is none."""
    found = interpreter(version)
    if found != version:
        return found
    from uv import find_uv_bin

    command = [find_uv_bin(), "--no-config", "python", "find", "--no-python-downloads", version]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout.strip() if result.returncode == 0 else None


def uv(
    *arguments: str, folder: Path | None = None, variables: dict[str, str] | None = None
) -> None:
    """Run uv, without the user's configuration.

    Parameters
    ----------
    folder
        The folder to run it in, if it matters.
    variables
        Environment variables to add.

    Raises
    ------
    EnvironmentBuildError
        If it fails; carries its output.
    """
    from uv import find_uv_bin

    run([find_uv_bin(), "--no-progress", "--no-config", *arguments], variables, folder=folder)


def run(
    command: list[str], variables: dict[str, str] | None = None, *, folder: Path | None = None
) -> None:
    """Run a command that builds something.

    Parameters
    ----------
    variables
        Environment variables to add.
    folder
        The folder to run it in; by default the current one.

    Raises
    ------
    EnvironmentBuildError
        If it fails; carries its output. NoPythonError, if uv has found no Python.
    """
    # The user's virtual environment and PYTHON* variables are for another Python, and
    # UV_COMPILE_BYTECODE is an error together with the options that we give.
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("VIRTUAL_ENV", "UV_COMPILE_BYTECODE") and not name.startswith("PYTHON")
    }
    result = subprocess.run(
        command,
        env={**inherited, **(variables or {})},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        umask=WRITABLE_BY_OTHERS,
    )
    if result.returncode == 0:
        return
    if _NO_PYTHON.search(result.stdout):
        raise NoPythonError(
            f"LocalStack needs Python {PYTHON_VERSION}, which was neither found nor downloaded.",
            advice=f"Install Python {PYTHON_VERSION} so that python{PYTHON_VERSION} is on PATH,"
            " or connect to the network, which lets the testbed download it.",
            details=result.stdout.strip(),
        )
    raise EnvironmentBuildError(
        f"{Path(command[0]).name} {' '.join(command[1:4])} … failed"
        f" with exit status {result.returncode}.",
        advice="If packages could not be downloaded, connect to the network. They are downloaded"
        " once.",
        details=result.stdout.strip(),
    )
