"""The commands of README, without any network but 127.0.0.1."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

OFFLINE = ROOT / "scripts" / "offline"
LIMIT_SECONDS = 220

USE = """
testbed up --port 4566
trap 'testbed down' EXIT
eval "$(testbed env)"
aws sqs list-queues --output text
awslocal s3 ls
python -c 'import boto3; print(boto3.client("sns").list_topics()["Topics"])'
testbed inbox confirm
testbed tick
testbed clock advance 2h
testbed status
testbed trace
testbed journal
testbed logs
testbed inbox
testbed deploy
testbed permissions
"""


@pytest.mark.timeout(LIMIT_SECONDS + 20)
@pytest.mark.long
def test_readme_without_a_network(tmp_path: Path) -> None:
    if subprocess.run([OFFLINE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("the kernel gives no network namespaces here")
    bin_folder = Path(sys.executable).parent
    result = subprocess.run(
        [OFFLINE, "sh", "-euc", USE],
        env={
            **os.environ,
            "PATH": f"{bin_folder}:{os.environ['PATH']}",
            "TESTBED_PROJECT": str(ROOT),
            "TESTBED_STATE": str(tmp_path / "state"),
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
    for shown in ("/incident-queue", "website-alerts", "REPORT RequestId", "cron-rule"):
        assert shown in result.stdout
