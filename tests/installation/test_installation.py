"""The installed package, on every version of Python that users may have.

These tests need the network or a filled cache of uv, and run if they are asked for:
``./scripts/test tests/installation``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.installation.conftest import LIMIT_SECONDS, python, run, uv

VERSIONS = ("3.11", "3.12", "3.13", "3.14")

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
