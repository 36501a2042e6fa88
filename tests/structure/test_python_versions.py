"""``testbed`` is for every Python from 3.11 on, and these are the ones that this machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.conftest import ROOT

VERSIONS = ("3.11", "3.12", "3.13")
COMPILE = """
import pathlib, sys
for path in pathlib.Path(sys.argv[1]).rglob("*.py"):
    compile(path.read_bytes(), str(path), "exec")
"""
# All commands with all that they import when they are shown; and what needs no further package.
IMPORT = """
import pkgutil, testbed.commands
from importlib import import_module
for package in ("commands", "terminal", "machine", "control", "trace"):
    for each in pkgutil.iter_modules(import_module(f"testbed.{package}").__path__):
        import_module(f"testbed.{package}.{each.name}")
"""


@pytest.fixture(params=VERSIONS)
def python(request: pytest.FixtureRequest) -> str:
    """An interpreter of a version, on PATH or of pyenv."""
    version = request.param
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = [shutil.which(f"python{version}")]
    candidates += [str(each) for each in sorted(pyenv.glob(f"versions/{version}.*/bin/python"))]
    for candidate in candidates:
        # A shim of pyenv may run no Python.
        if candidate and subprocess.run([candidate, "-V"], capture_output=True).returncode == 0:
            return candidate
    pytest.skip(f"this machine has no Python {version}")


def run(python: str, *arguments: str) -> str:
    # click and rich are pure Python, so those of this environment do for every version.
    path = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    ended = subprocess.run(
        [python, "-W", "error", *arguments],
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_every_module_compiles(python: str) -> None:
    run(python, "-c", COMPILE, str(ROOT / "testbed"))


def test_modules_can_be_imported(python: str) -> None:
    run(python, "-c", IMPORT)


def test_command_shows_its_help_and_version(python: str) -> None:
    assert "Usage:" in run(python, "-m", "testbed", "--help")
    assert "version" in run(python, "-m", "testbed", "--version")
