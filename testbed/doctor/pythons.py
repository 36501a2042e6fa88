"""The Pythons that the scripts and the testbed use, and the environments made of them."""

from __future__ import annotations

import platform
import shutil
import sys
from pathlib import Path

from testbed.doctor.finding import Finding, looks_at, ok, problem, warning
from testbed.doctor.place import Place, run
from testbed.emulators.environments import environment_inputs
from testbed.machine.cache import is_complete, location
from testbed.machine.virtual_environments import PYTHON_VERSION, interpreter

# What scripts/setup.py runs with.
_OLDEST_FOR_SCRIPTS = (3, 9)
_CLONE = Path(__file__).parents[2]
_VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"


@looks_at("the testbed's Python")
def own_python(place: Place) -> Finding:
    """Look whether LocalStack and the functions can run with the testbed's own Python."""
    own = f"{platform.python_version()}, {sys.executable}"
    if f"{sys.version_info.major}.{sys.version_info.minor}" == PYTHON_VERSION:
        return ok(own)
    from uv import find_uv_bin

    command = [find_uv_bin(), "--no-config", "python", "find", "--no-python-downloads"]
    found = run([*command, interpreter()])
    if found.returncode == 0:
        return ok(f"{own}; LocalStack's is {found.stdout.strip()}")
    return warning(
        f"{own}, and no Python {PYTHON_VERSION} for LocalStack",
        f"Install Python {PYTHON_VERSION}; or let the first `testbed up` fetch it.",
    )


@looks_at("python3 on PATH")
def scripts_python(place: Place) -> Finding:
    """Look whether ``./scripts/*`` find a Python."""
    wanted = ".".join(map(str, _OLDEST_FOR_SCRIPTS))
    advice = f"Put a python3 from {wanted} on first on PATH: ./scripts/* start with it."
    python = shutil.which("python3", path=place.variables.get("PATH"))
    if python is None:
        return warning("there is none", advice)
    answer = _version(python)
    if answer is None:
        return warning(_shim(python), advice)
    if answer < _OLDEST_FOR_SCRIPTS:
        return warning(f"{python} is {'.'.join(map(str, answer))}", advice)
    return ok(f"{python} is {'.'.join(map(str, answer))}")


@looks_at(f"python{PYTHON_VERSION} on PATH")
def wanted_python(place: Place) -> Finding:
    """Look for a name on PATH that leads nowhere, as pyenv's shims may."""
    name = f"python{PYTHON_VERSION}"
    python = shutil.which(name, path=place.variables.get("PATH"))
    if python is None:
        return ok("there is none; the testbed has its own")
    if _version(python) is None:
        return warning(
            _shim(python),
            f"The testbed does without; for yourself, choose one of `pyenv whence {name}`"
            " with `pyenv local`.",
        )
    return ok(python)


def _version(python: str) -> tuple[int, ...] | None:
    """Return an interpreter's version, or None if it does not run."""
    try:
        answer = run([python, "-c", _VERSION])
    except OSError:
        return None
    if answer.returncode != 0:
        return None
    return tuple(int(part) for part in answer.stdout.split(".")[:2])


def _shim(python: str) -> str:
    kind = ", a shim of pyenv," if "shims" in Path(python).parts else ""
    return f"{python}{kind} runs no Python in this folder"


@looks_at("packages of the testbed")
def own_packages(place: Place) -> Finding | None:
    """Look whether the testbed's own environment holds what the clone's lock file names."""
    lock = _CLONE / "requirements" / "testbed.txt"
    if not lock.is_file():
        return None  # installed as a package, as whoever did that wanted it
    if difference := _difference(Path(sys.executable), lock):
        return warning(difference, f"Run {_CLONE}/scripts/test, which brings .venv up to date.")
    return ok(f"as in {lock.name}")


@looks_at("environment of LocalStack")
def localstack_environment(place: Place) -> Finding:
    """Look whether LocalStack's environment is there, works and is as its lock file says."""
    return _environment("localstack")


@looks_at("environment of the functions")
def runtime_environment(place: Place) -> Finding:
    """Look whether the functions' environment is there, works and is as its lock file says."""
    return _environment("runtime")


@looks_at("extension of LocalStack")
def extension(place: Place) -> Finding:
    """Look whether our extension is built, as the sources are now."""
    folder = location("extension", environment_inputs()["extension"])
    return ok(str(folder)) if is_complete(folder) else _not_built()


def _environment(name: str) -> Finding:
    inputs = environment_inputs()[name]
    folder = location(name, inputs)
    if not is_complete(folder):
        return _not_built()
    python = folder / "bin" / "python"
    advice = f"Remove it, so that the next `testbed up` builds it anew: rm -r {folder}"
    if _version(str(python)) is None:
        return problem(f"{python} does not run; perhaps its Python was removed", advice)
    if difference := _difference(python, inputs[0]):
        return warning(f"{folder}: {difference}", advice)
    return ok(str(folder))


def _not_built() -> Finding:
    return warning(
        "not built yet, or its inputs have changed",
        "The next `testbed up` builds it, and may need the network for that.",
    )


def _difference(python: Path, lock: Path) -> str:
    """Say whether an environment differs from a lock file; nothing is installed or fetched."""
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
    return f"its packages are not those of {lock.name}{shown}"
