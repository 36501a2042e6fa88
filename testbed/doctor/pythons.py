"""Checks of the Python interpreters and Python environments that the testbed uses."""

from __future__ import annotations

import platform
import shutil
import sys
from pathlib import Path

from testbed.doctor.context import Context, run
from testbed.doctor.finding import Finding, checks, ok, problem, warning
from testbed.emulators.environments import environment_inputs
from testbed.emulators.runtimes import OWN_RUNTIMES
from testbed.machine.cache import is_complete, location
from testbed.machine.virtual_environments import (
    PYTHON_VERSION,
    installed_interpreter,
    interpreter,
)
from testbed.project.functions import RUNTIME

# The oldest version that runs scripts/setup.py.
_OLDEST_FOR_SCRIPTS = (3, 9)
_CLONE = Path(__file__).parents[2]
_VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"


@checks("Python of the testbed")
def own_python(context: Context) -> Finding:
    """Check that there is a Python for LocalStack and the functions."""
    own = f"{platform.python_version()}, {sys.executable}"
    if f"{sys.version_info.major}.{sys.version_info.minor}" == PYTHON_VERSION:
        return ok(own)
    from uv import find_uv_bin

    command = [find_uv_bin(), "--no-config", "python", "find", "--no-python-downloads"]
    found = run([*command, interpreter()])
    if found.returncode == 0:
        return ok(f"{own}; for LocalStack {found.stdout.strip()}")
    return warning(
        f"{own}; there is no Python {PYTHON_VERSION} for LocalStack",
        f"Install Python {PYTHON_VERSION}, or let the first `testbed up` download it.",
    )


@checks("python3 on PATH")
def scripts_python(context: Context) -> Finding:
    """Check that ``./scripts/*`` find a Python that is new enough."""
    oldest = ".".join(map(str, _OLDEST_FOR_SCRIPTS))
    advice = f"Put a python3 of version {oldest} or later first on PATH: ./scripts/* require it."
    python = shutil.which("python3", path=context.variables.get("PATH"))
    if python is None:
        return warning("not found", advice)
    answer = _version(python)
    if answer is None:
        return warning(_shim(python), advice)
    if answer < _OLDEST_FOR_SCRIPTS:
        return warning(f"{python} is {'.'.join(map(str, answer))}", advice)
    return ok(f"{python} is {'.'.join(map(str, answer))}")


@checks(f"python{PYTHON_VERSION} on PATH")
def required_python(context: Context) -> Finding:
    """Check for a command that runs no Python, such as a shim of pyenv."""
    name = f"python{PYTHON_VERSION}"
    python = shutil.which(name, path=context.variables.get("PATH"))
    if python is None:
        return ok("not found; the testbed uses its own")
    if _version(python) is None:
        return warning(
            _shim(python),
            f"The testbed does not use it. To use it yourself, choose a version from `pyenv whence"
            f" {name}` with `pyenv local`.",
        )
    return ok(python)


def _version(python: str) -> tuple[int, ...] | None:
    """Return an interpreter's version, or None if it cannot be run."""
    try:
        answer = run([python, "-c", _VERSION])
    except OSError:
        return None
    if answer.returncode != 0:
        return None
    return tuple(int(part) for part in answer.stdout.split(".")[:2])


def _shim(python: str) -> str:
    kind = ", a shim of pyenv," if "shims" in Path(python).parts else ""
    return f"{python}{kind} does not run a Python in this folder"


@checks("packages of the testbed")
def own_packages(context: Context) -> Finding | None:
    """Check that the testbed's environment has the packages of the clone's lock file."""
    lock = _CLONE / "requirements" / "testbed.txt"
    if not lock.is_file():
        return None  # not a clone: installed as a package, with versions of the user's choice
    if difference := _difference(Path(sys.executable), lock):
        return warning(difference, f"Update .venv by running {_CLONE}/scripts/test.")
    return ok(f"match {lock.name}")


@checks("environment of LocalStack")
def localstack_environment(context: Context) -> Finding:
    """Check that LocalStack's environment exists, works and matches its lock file."""
    return _environment("localstack")


@checks("environment of the functions")
def runtime_environment(context: Context) -> Finding:
    """Check that the functions' environment exists, works and matches its lock file."""
    return _environment("runtime")


@checks("Python runtimes of Lambda")
def runtimes(context: Context) -> Finding:
    """List the runtimes whose functions run on their own version of Python."""
    missing = [
        each
        for each in OWN_RUNTIMES
        if each != RUNTIME and installed_interpreter(each.removeprefix("python")) is None
    ]
    installed = ", ".join(each for each in OWN_RUNTIMES if each not in missing)
    if not missing:
        return ok(f"{installed} are installed")
    return ok(
        f"{installed} are installed; functions of {', '.join(missing)} run on {RUNTIME} unless uv"
        " can download that version"
    )


@checks("LocalStack extension")
def extension(context: Context) -> Finding:
    """Check that the extension is built from its present sources."""
    folder = location("extension", environment_inputs()["extension"])
    return ok(str(folder)) if is_complete(folder) else _not_built()


def _environment(name: str) -> Finding:
    inputs = environment_inputs()[name]
    folder = location(name, inputs)
    if not is_complete(folder):
        return _not_built()
    python = folder / "bin" / "python"
    advice = f"Delete it: rm -r {folder}; the next `testbed up` builds it again."
    if _version(str(python)) is None:
        return problem(f"{python} cannot be run; its Python may have been removed", advice)
    if difference := _difference(python, inputs[0]):
        return warning(f"{folder}: {difference}", advice)
    return ok(str(folder))


def _not_built() -> Finding:
    return warning(
        "not built yet, or its inputs have changed",
        "The next `testbed up` builds it, which may require the network.",
    )


def _difference(python: Path, lock: Path) -> str:
    """Describe how an environment differs from a lock file, without installing anything."""
    from uv import find_uv_bin

    answer = run(
        [
            find_uv_bin(), "--no-config", "--no-progress", "pip", "install", "--offline",
            "--dry-run", "--require-hashes", "--python", str(python), "--requirements", str(lock),
        ]
    )  # fmt: skip
    if answer.returncode == 0 and "Would make no changes" in answer.stdout:
        return ""
    changes = [line.strip() for line in answer.stdout.splitlines() if line.startswith(" + ")]
    shown = f": {', '.join(changes)[:200]}" if changes else ""
    return f"its packages differ from {lock.name}{shown}"
