"""Tests of the pipeline on an AWS account, which a LocalStack stands in for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.aws.clients import Aws
from testbed.pytest_plugin.configuration import Configuration
from testbed.pytest_plugin.targets import target_of
from tests.aws_profile import PROFILE, profile_environment
from tests.conftest import ROOT

_LIMIT_SECONDS = 110.0
PASSING = (
    "test_alerts.py::test_outage_opens_an_incident_and_recovery_closes_it",
    "test_alerts.py::test_unreachable_site_stops_no_other_check",
    "test_stack.py::test_api_has_only_the_configured_stage",
)
SKIPPED = (
    "test_alerts.py::test_schedule_reaches_the_monitor",
    "test_alerts.py::test_outage_and_recovery_are_emailed",
    "test_faults.py::test_faults_at_all_steps_at_once",
)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Aws]:
    """An empty account."""
    folder = tmp_path / "account"
    folder.mkdir()
    with target_of("localstack").running(Configuration(folder), folder / "state") as started:
        yield started.aws


def test_stack_is_deployed_tested_and_deleted(account: Aws, tmp_path: Path) -> None:
    environment = profile_environment(tmp_path, account.endpoint_url) | {"AWS_PROFILE": PROFILE}
    ended = subprocess.run(
        [
            sys.executable, "-m", "pytest", "--testbed-target=aws", "-rs", "-p", "no:randomly",
            "-p", "no:cacheprovider", *(f"tests/pipeline/{each}" for each in PASSING + SKIPPED),
        ],
        cwd=ROOT,
        # It is no worker of this run.
        env={name: value for name, value in environment.items() if name[:7] != "PYTEST_"},
        capture_output=True,
        text=True,
        timeout=_LIMIT_SECONDS,
        check=False,
    )  # fmt: skip
    assert f"{len(PASSING)} passed, {len(SKIPPED)} skipped in" in ended.stdout, ended.stdout
    for reason in (
        "AWS has no clock to advance, and fires no schedule on demand.",
        "AWS has no inbox that tests can read: it delivers emails to people.",
        "AWS has no fault injection for single API calls.",
    ):
        assert reason in ended.stdout

    stacks = {
        each["StackName"]: each["StackStatus"]
        for each in account.cloudformation.list_stacks()["StackSummaries"]
    }
    gone = "DELETE_COMPLETE"
    assert stacks == {"website-monitor": gone, "website-monitor-websites": gone}
    [left] = [bucket["Name"] for bucket in account.s3.list_buckets()["Buckets"]]
    assert left.startswith("testbed-artifacts-us-east-1-")
    assert account.logs.describe_log_groups()["logGroups"] == []
