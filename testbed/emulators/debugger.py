"""debugpy, for each version of Python that functions run on.

It is not part of the functions' environment, in which they would find it: only a process that is
being debugged has its folder on the module search path.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from testbed.machine import virtual_environments
from testbed.machine.cache import Report, build_once, location
from testbed.machine.virtual_environments import PYTHON_VERSION

_LOCK = Path(__file__).parent / "locks" / "debugger.txt"


def ensure_debugger(report: Report, version: str = PYTHON_VERSION) -> Path:
    """Return the folder with debugpy for a version of Python; build it if it is missing.

    Parameters
    ----------
    report
        Is called before it is built.
    version
        The version of Python, such as ``3.13``, which need not be installed.

    Raises
    ------
    EnvironmentBuildError
        If it cannot be built, for example without a network.
    """
    return build_once(_name(version), [_LOCK], partial(_build, version), report)


def debugger_location(version: str = PYTHON_VERSION) -> Path:
    """Return the folder in the cache, whether or not it has been built."""
    return location(_name(version), [_LOCK])


def _name(version: str) -> str:
    return f"debugger-{version.replace('.', '-')}"


def _build(version: str, target: Path) -> None:
    # uv compiles for the interpreter that it runs with.
    compiled = ["--compile-bytecode"] if version == PYTHON_VERSION else []
    virtual_environments.uv(
        "pip", "install", "--target", str(target), "--require-hashes", "--only-binary", ":all:",
        "--python", virtual_environments.interpreter(), "--python-version", version,
        *compiled, "--requirements", str(_LOCK),
    )  # fmt: skip
