"""A wheel of this clone, and programs that run without this environment's settings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from testbed.machine.cache_folder import cache_folder
from testbed.machine.virtual_environments import interpreter
from tests import workflows
from tests.conftest import ROOT
from tests.workflows import clean_environment

LIMIT_SECONDS = 300.0


def run(*command: str | Path, folder: Path | None = None, **variables: str) -> str:
    """Run a program that must succeed, without this environment's settings; return its output."""
    result = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env={**clean_environment(), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


def uv(*arguments: str | Path, **variables: str) -> str:
    """Run uv."""
    return run(find_uv_bin(), "--no-progress", *arguments, folder=None, **variables)


def python(version: str) -> str:
    """Return the interpreter of a version; skip the test if there is none and none to download."""
    try:
        return uv("python", "find", interpreter(version)).strip()
    except AssertionError:
        pass
    try:
        uv("python", "install", version)
    except AssertionError:
        pytest.skip(f"Python {version} is not installed, and could not be downloaded")
    return uv("python", "find", version).strip()


def run_workflow(workflow: workflows.Workflow, clone: Path, folder: Path) -> list[str]:
    """Run the steps of a workflow in a clone, with a fresh environment; return what they print.

    Parameters
    ----------
    folder
        The folder for the environment and for the program ``sudo``, which does nothing.
    """
    uv("venv", "--seed", "--python", python("3.13"), folder / "venv")
    stubs = workflows.programs(folder / "stubs", {"sudo": ""})
    # As if an earlier job had filled the cache: building LocalStack is tested elsewhere.
    variables = {**workflow.variables, "TESTBED_CACHE": str(cache_folder())}
    variables.pop("UV_CACHE_DIR", None)
    return [
        workflows.run_step(step, clone, [stubs, folder / "venv" / "bin"], variables)
        for step in [*workflow.steps, *workflow.afterwards]
    ]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this clone."""
    folder = tmp_path_factory.mktemp("dist")
    uv("build", "--python", sys.executable, "--wheel", "--out-dir", folder, ROOT)
    [built] = folder.glob("*.whl")
    return built
