"""Create the virtual environment .venv with the testbed and its tools.

This script runs on any Python from 3.9 on. It finds Python 3.13 on PATH or in pyenv, or has uv
download it, and installs the packages of the lock file. If .venv is up to date, it does nothing.

Usage: setup.py [test|lint]
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
REQUIRED = "3.13"
UV_LOCK = ROOT / "requirements" / "uv.txt"
# With the lock file these decide what is installed.
RECIPE = (Path(__file__), ROOT / "pyproject.toml")

DISK_ADVICE = f"Free some space on that disk, or give yourself permission to write to {ROOT}."


class SetupError(Exception):
    """An expected failure, with advice."""


def main() -> None:
    group = sys.argv[1] if len(sys.argv) > 1 else "test"
    # The lint group includes the test group.
    groups = ["test"] if group == "test" else ["test", group]
    try:
        set_up([ROOT / "requirements" / (name + ".txt") for name in groups])
    except SetupError as error:
        sys.exit(f"Error: {error}")
    except OSError as error:
        sys.exit(f"Error: {error.filename or ROOT}: {error.strerror}. {DISK_ADVICE}")
    except KeyboardInterrupt:
        sys.exit(130)


def set_up(locks: list) -> None:
    """Update .venv to the last of the lock files, which includes the others."""
    stamp = VENV / ".complete"
    wanted = [digest(lock) for lock in locks]
    if stamp.exists() and wanted[-1] in stamp.read_text().split():
        return
    lock = locks[-1]
    # Without uv, an earlier set-up was interrupted.
    complete = VENV_PYTHON.exists() and (VENV / "bin" / "uv").exists()
    if not complete or not has_required_version(str(VENV_PYTHON)):
        shutil.rmtree(str(VENV), ignore_errors=True)
        make_virtual_environment()
    with step("Packages of " + lock.name):
        uv(
            "pip", "install", "--python", str(VENV_PYTHON), "--require-hashes",
            "--compile-bytecode", "--requirements", str(lock),
        )  # fmt: skip
        uv(
            "pip", "install", "--python", str(VENV_PYTHON), "--no-deps", "--no-build-isolation",
            "--editable", str(ROOT),
        )  # fmt: skip
        move_aws_cli()
        run([str(VENV_PYTHON), "-m", "compileall", "-q", str(ROOT / "testbed")])
    stamp.write_text("\n".join(wanted))


def move_aws_cli() -> None:
    """Move the AWS CLI's commands out of the folder that activating .venv puts first on PATH.

    There they would take the place of the user's own AWS CLI. `testbed env` adds their folder to
    the end of PATH.
    """
    folder = VENV / "aws-cli"
    folder.mkdir(exist_ok=True)
    for command in (VENV / "bin").glob("aws*"):
        command.replace(folder / command.name)


def digest(lock: Path) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in (lock, *RECIPE))).hexdigest()


def make_virtual_environment() -> None:
    with step("Python " + REQUIRED) as note:
        python = find_python() or download_python()
        note(python)
    with step("Virtual environment"):
        install(python, VENV)


def find_python() -> str:
    """Return a working Python of the required version, or an empty string.

    python3.13 on PATH may be pyenv's shim, which fails unless pyenv has selected that version.
    """
    candidates = [sys.executable, shutil.which("python" + REQUIRED) or ""]
    pyenv = Path(os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv")))
    candidates += sorted(str(p) for p in pyenv.glob(f"versions/{REQUIRED}.*/bin/python"))
    return next((python for python in candidates if python and has_required_version(python)), "")


def has_required_version(python: str) -> bool:
    code = "import sys; sys.exit(sys.version_info[:2] != ({}))".format(REQUIRED.replace(".", ", "))
    try:
        return subprocess.run([python, "-c", code], capture_output=True).returncode == 0
    except OSError:
        return False


def download_python() -> str:
    """Download the required Python with uv."""
    own = ROOT / ".testbed" / "uv"
    own_uv = own / "bin" / "uv"
    try:
        if not own_uv.exists():
            install(sys.executable, own)
        run([str(own_uv), "python", "install", REQUIRED])
        return run([str(own_uv), "python", "find", "--managed-python", REQUIRED]).strip()
    except SetupError as error:
        raise SetupError(
            f"Python {REQUIRED} is required, and was found neither on PATH nor in pyenv;"
            f" downloading it failed.\n{error}\n"
            f"Install Python {REQUIRED}, and run this script again."
        ) from error


def install(python: str, target: Path) -> None:
    """Create a virtual environment with uv."""
    try:
        run([python, "-m", "venv", str(target)])
    except SetupError as error:
        if re.search(r"\[Errno \d+\]|\(os error \d+\)", str(error)):
            advice = DISK_ADVICE
        else:
            advice = "On Debian and Ubuntu, install the package python3-venv."
        raise SetupError(f"{python} cannot create {target}.\n{error}\n{advice}") from error
    pip = [str(target / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    run([*pip, "install", "--quiet", "--require-hashes", "--requirement", str(UV_LOCK)])


def uv(*arguments: str) -> str:
    return run([str(VENV / "bin" / "uv"), "--no-progress", "--no-config", *arguments])


def run(command: list) -> str:
    # The user's settings for another Python do not apply.
    environment = {
        name: value
        for name, value in os.environ.items()
        if name != "VIRTUAL_ENV" and not name.startswith("PYTHON")
    }
    result = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if result.returncode != 0:
        raise SetupError("{} failed:\n{}".format(" ".join(command[:4]), result.stdout.strip()))
    return result.stdout


class step:
    """Print a line with the time that a step has taken."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.started = time.time()

    def __enter__(self):
        return self.note

    def note(self, text: str) -> None:
        self.name += f" ({text})"

    def __exit__(self, kind, error, traceback) -> None:
        if kind is None:
            line = f"✓ {self.name:<44} {time.time() - self.started:7.2f} s"
            print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
