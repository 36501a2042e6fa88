"""The installed package, on every version of Python that users may have.

These tests need the network or a filled cache of uv, and run if they are asked for:
``./scripts/test tests/installation``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from testbed.machine.virtual_environments import interpreter
from tests.conftest import ROOT

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
LIMIT_SECONDS = 300.0

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Greeter:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.13, Handler: greeter.handler, CodeUri: .}
"""
HANDLER = "def handler(event, context): return f\"Hello, {event['name']}!\"\n"
TEST = """
import json

def test_greeting(stack, aws):
    [function] = stack.functions
    answer = aws.lambda_.invoke(FunctionName=function, Payload=b'{"name": "Ada"}')
    assert json.load(answer["Payload"]) == "Hello, Ada!"
"""


def run(*command: str | Path, folder: Path | None = None, **variables: str) -> str:
    """Run a program that must succeed, without this environment's settings; return its output."""
    own = {
        name: value
        for name, value in os.environ.items()
        if name != "VIRTUAL_ENV" and not name.startswith(("PYTHON", "PYTEST", "AWS_"))
    }
    result = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env={**own, **variables},
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


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this clone."""
    folder = tmp_path_factory.mktemp("dist")
    uv("build", "--python", sys.executable, "--wheel", "--out-dir", folder, ROOT)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project of a user."""
    folder = tmp_path / "greetings"
    folder.mkdir()
    (folder / "template.yaml").write_text(TEMPLATE)
    (folder / "greeter.py").write_text(HANDLER)
    (folder / "test_greeter.py").write_text(TEST)
    (folder / "pytest.ini").write_text("[pytest]\ntestbed = true\n")
    return folder


@pytest.mark.timeout(LIMIT_SECONDS + 20)
@pytest.mark.parametrize("version", VERSIONS)
def test_wheel(version: str, wheel: Path, project: Path, tmp_path: Path) -> None:
    """Its own Python is the user's; LocalStack's is found or fetched."""
    environment = tmp_path / "venv"
    uv("venv", "--python", python(version), environment)
    uv("pip", "install", "--python", environment, f"{wheel}[pytest]")
    installed = environment / "bin"
    assert not list(installed.glob("aws*")), "an AWS CLI would take the place of the user's own"
    run(installed / "testbed", "up", folder=project)
    try:
        assert "greetings" in run(installed / "testbed", "status", folder=project)
    finally:
        run(installed / "testbed", "down", folder=project)
    tested = run(installed / "python", "-m", "pytest", "-q", "-n", "1", folder=project)
    assert "1 passed" in tested


@pytest.mark.timeout(LIMIT_SECONDS + 20)
def test_tool_from_a_git_url(project: Path, tmp_path: Path) -> None:
    """As ``uv tool install git+https://…`` does, and ``pip install git+https://…``."""
    places = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin")}
    uv("tool", "install", "--python", python("3.13"), f"git+file://{ROOT}", **places)
    command = tmp_path / "bin" / "testbed"
    assert "version" in run(command, "--version")
    completion = run(command, folder=project, _TESTBED_COMPLETE="bash_source")
    assert "_testbed_completion" in completion
    run(command, "up", folder=project)
    run(command, "down", folder=project)
