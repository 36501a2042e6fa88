"""A LocalStack in the role of AWS, and the pipeline deployed there with the SAM CLI."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from testbed.emulators.environments import ensure_environments
from testbed.errors import EnvironmentBuildError
from testbed.machine import virtual_environments
from testbed.machine.cache import build_once
from testbed.machine.ports import random_free_port
from testbed.project.pairs import parse_pairs
from testbed.pytest_plugin.running import RunningTestbed
from testbed.pytest_plugin.stack import Stack
from testbed.session import Session
from tests.aws_profile import PROFILE, profile_environment
from tests.conftest import ROOT

LOCK = Path(__file__).with_name("sam.txt")
# What `sam` and `testbed deploy` read.
FILES = ("template.yaml", "samconfig.toml", "pyproject.toml", "sites.yaml", "handlers")
LIMIT_SECONDS = 300.0


@dataclass(frozen=True)
class Shell:
    """Commands in a copy of the project, with an AWS profile for LocalStack."""

    project: Path
    variables: dict[str, str]

    def run(self, *command: str, answer: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command, and return its result; ``answer`` is its standard input."""
        return subprocess.run(
            command,
            cwd=self.project,
            env=self.variables,
            input=answer,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )

    def output(self, *command: str, answer: str = "") -> str:
        """Run a command that must succeed, and return its output."""
        result = self.run(*command, answer=answer)
        assert result.returncode == 0, result.stdout
        return result.stdout


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with only the files that both tools deploy."""
    folder = tmp_path_factory.mktemp("project")
    for name in FILES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    return folder


@pytest.fixture(scope="session")
def testbed(
    project: Path, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningTestbed]:
    """A LocalStack in which nothing is deployed."""
    session = Session(project, tmp_path_factory.mktemp("state"))
    settings = parse_pairs(pytestconfig.getini("testbed_env"), "testbed_env")
    session.localstack.start(ensure_environments(print), port=random_free_port(), settings=settings)
    yield RunningTestbed(session)
    session.localstack.stop()


@pytest.fixture(scope="session")
def shell(
    project: Path, testbed: RunningTestbed, tmp_path_factory: pytest.TempPathFactory
) -> Shell:
    """A shell that finds ``sam``, which has its own environment."""
    try:
        environment = build_once(
            "sam", [LOCK], lambda at: virtual_environments.create(at, LOCK), print
        )
    except EnvironmentBuildError as error:
        pytest.fail(f"sam cannot be installed: {error.message}\n{error.details}", pytrace=False)
    folder = tmp_path_factory.mktemp("sam")
    variables = profile_environment(folder, testbed.endpoint_url)
    return Shell(
        project,
        {
            **variables,
            # sam builds with the python of this PATH, the one in its own environment.
            "PATH": f"{environment / 'bin'}:{variables['PATH']}",
            "AWS_PROFILE": PROFILE,
            "SAM_CLI_TELEMETRY": "0",
            "__SAM_CLI_APP_DIR": str(folder),
            "SAM_CLI_POLL_DELAY": "0.5",
        },
    )


@pytest.fixture(scope="session")
def built(shell: Shell) -> Path:
    """The output folder of ``sam build``."""
    result = shell.run("sam", "build")
    if result.returncode != 0:
        pytest.fail(
            "sam build failed; it needs the network to download handlers/requirements.txt:\n"
            f"{result.stdout}",
            pytrace=False,
        )
    return shell.project / ".aws-sam" / "build"


@pytest.fixture(scope="session")
def stack(built: Path, shell: Shell, testbed: RunningTestbed) -> Stack:
    """The stack, deployed with ``sam deploy``."""
    shell.output("sam", "deploy", "--no-confirm-changeset")
    testbed.provisioned = True
    return testbed.deploy_project()
