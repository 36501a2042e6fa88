"""The command line, with a state folder and a project for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, CommandLine


@pytest.fixture
def command(tmp_path: Path) -> Iterator[CommandLine]:
    """The command, for this repository, with its own state folder."""
    made = CommandLine(tmp_path / "state")
    yield made
    made.run("down")


@pytest.fixture
def copied(tmp_path: Path) -> Iterator[CommandLine]:
    """The command, for a copy of the project that a test may change."""
    project = tmp_path / "project"
    project.mkdir()
    for name in ("samconfig.toml", "template.yaml", "sites.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, project / name)
    for name in ("handlers", "init"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    made = CommandLine(tmp_path / "state", project)
    yield made
    made.run("down")


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[CommandLine]:
    """The command, for the smallest project there is: a stack with one queue, no init scripts."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "samconfig.toml").write_text(
        '[default.deploy.parameters]\nstack_name = "bare"\nregion = "us-east-1"\n'
    )
    (project / "template.yaml").write_text(
        "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n"
        "Outputs:\n  QueueUrl:\n    Value: !Ref Queue\n"
    )
    made = CommandLine(tmp_path / "state", project)
    yield made
    made.run("down")
