"""The output of ``testbed env``, and the ``aws`` script that it puts first on PATH."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from testbed.aws.clients import SHIMS
from tests.conftest import CommandHere

ENDPOINT = "http://127.0.0.1:4566"


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with an AWS CLI that prints its arguments, one on each line."""
    program = tmp_path / "a folder" / "aws"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    return program.parent


def run(script: str, *path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", script],
        env={"PATH": os.pathsep.join(map(str, [*path, "/usr/bin", "/bin"])), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_endpoint_is_passed_as_an_option(installed: Path) -> None:
    ran = run("aws sqs list-queues --query '*'", SHIMS, installed, AWS_ENDPOINT_URL=ENDPOINT)
    assert ran.stdout.splitlines() == [
        f"--endpoint-url={ENDPOINT}", "sqs", "list-queues", "--query", "*",
    ]  # fmt: skip


def test_without_an_endpoint_nothing_is_added(installed: Path) -> None:
    assert run("aws s3 ls", SHIMS, installed).stdout == "s3\nls\n"


def test_shims_of_several_testbeds(installed: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(SHIMS, other)
    ran = run("aws s3", SHIMS, other, SHIMS, other, installed, AWS_ENDPOINT_URL=ENDPOINT)
    assert ran.stdout.splitlines()[-1] == "s3"
    assert set(ran.stdout.splitlines()[:-1]) == {f"--endpoint-url={ENDPOINT}"}


def test_no_aws_cli() -> None:
    ran = run("aws s3 ls", SHIMS)
    if ran.returncode != 127:
        pytest.skip("an AWS CLI is installed in a folder of the system")
    assert ran.stderr.startswith("aws: command not found. Install the AWS CLI: https://")


@pytest.mark.parametrize("name", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL_SQS"])
def test_conflicting_variables_are_unset(
    name: str, installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html"""
    monkeypatch.setenv(name, "elsewhere")
    command = CommandHere(tmp_path / "state")
    exports = command.output("--endpoint-url", ENDPOINT, "env")
    ran = run(f"{exports}\nenv; aws s3 ls", installed, **{name: "elsewhere"})
    assert f"{name}=" not in ran.stdout
    assert "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false" in ran.stdout
    assert ran.stdout.endswith(f"--endpoint-url={ENDPOINT}\ns3\nls\n")


def test_bundled_aws_cli_is_used_only_by_those_without_their_own(
    installed: Path, tmp_path: Path
) -> None:
    exports = CommandHere(tmp_path / "state").output("--endpoint-url", ENDPOINT, "env")
    own = run(f"{exports}\naws s3 ls", installed)
    assert own.stdout == f"--endpoint-url={ENDPOINT}\ns3\nls\n"
    bundled = run(f"{exports}\naws --version; command -v awslocal")
    version, awslocal = bundled.stdout.splitlines()
    assert version.startswith("aws-cli/")
    assert Path(awslocal).parent == Path(sys.prefix, "aws-cli")
    assert not list(Path(sys.prefix, "bin").glob("aws*"))


def test_json_has_the_path_too(tmp_path: Path, installed: Path) -> None:
    command = CommandHere(tmp_path / "state")
    variables = json.loads(command.output("--endpoint-url", ENDPOINT, "env", "--json"))
    assert variables["PATH"].split(os.pathsep)[0] == str(SHIMS)
    assert variables["AWS_ENDPOINT_URL"] == ENDPOINT
