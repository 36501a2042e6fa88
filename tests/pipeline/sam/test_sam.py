"""``sam build && sam deploy`` with the same files as the testbed.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/using-sam-cli.html
"""

from __future__ import annotations

import re
import sys
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from testbed.deployment.ownership import check_ownership
from testbed.deployment.packaging import package
from testbed.pytest_plugin.running import RunningTestbed
from testbed.pytest_plugin.stack import Stack
from tests.aws_profile import PROFILE
from tests.pipeline import promises
from tests.pipeline.conftest import DeployedPipeline, WatchedSite
from tests.pipeline.promises import Promise, Trial
from tests.pipeline.sam.conftest import Shell

# The packages of sam may have to be downloaded first.
pytestmark = pytest.mark.timeout(600)

FUNCTIONS = {"WebsiteMonitor", "IncidentRecorder", "StatusApi"}
# Written by the installers, pip and uv, which differ.
_OF_INSTALLER = re.compile(r"\.dist-info/(INSTALLER|REQUESTED|RECORD)$|\.data/scripts/")


def test_template_is_valid(shell: Shell) -> None:
    assert "is a valid SAM Template" in shell.output("sam", "validate", "--lint")


def test_sam_builds_what_the_testbed_packages(built: Path, project: Path) -> None:
    with zipfile.ZipFile(package(project / "handlers", "x86_64", print).path) as archive:
        ours = {name: archive.read(name) for name in archive.namelist()}
    for function in FUNCTIONS:
        files = (path for path in (built / function).rglob("*") if path.is_file())
        theirs = {path.relative_to(built / function).as_posix(): path for path in files}
        assert code_of(theirs) == code_of(ours)
        assert [name for name in code_of(ours) if theirs[name].read_bytes() != ours[name]] == []


def code_of(names: Iterable[str]) -> set[str]:
    return {name for name in names if not _OF_INSTALLER.search(name)}


@pytest.mark.parametrize(
    "promise",
    [
        promises.outage_is_emailed,
        promises.outage_is_recorded,
        promises.failed_run_is_kept,
        promises.all_sites_are_shown,
        promises.incidents_are_shown,
        promises.requested_check_is_done,
    ],
)
def test_promise_is_kept_by_the_stack_that_sam_deployed(
    pipeline: DeployedPipeline, new_site: Callable[..., WatchedSite], promise: Promise
) -> None:
    promise(Trial(pipeline, new_site, denied=lambda: False))


def test_nothing_is_deployed_if_nothing_has_changed(shell: Shell, stack: Stack) -> None:
    again = shell.run("sam", "deploy", "--no-confirm-changeset")
    assert again.returncode == 1
    assert f"No changes to deploy. Stack {stack.name} is up to date" in again.stdout


def test_sam_and_testbed_update_each_others_stack(
    shell: Shell, stack: Stack, testbed: RunningTestbed
) -> None:
    """Both recognize the stack by its tags.

    Only the location of the code differs, and metadata: sam adds ``SamResourceId`` to each
    resource of the template.
    """
    project = testbed.session.project
    assert project.tags
    assert check_ownership(testbed.aws, project.stack_name, project.tags)

    deploy = (sys.executable, "-m", "testbed", "deploy", "--target", "aws", "--profile", PROFILE)
    shown = changed_by(shell.output(*deploy, "--yes"))
    assert {("Modify", "AWS::Lambda::Function", name) for name in FUNCTIONS} <= set(shown)
    assert with_changed_properties(testbed, stack) == FUNCTIONS
    assert "up to date" in shell.output(*deploy)

    shown = changed_by(shell.output("sam", "deploy", "--no-confirm-changeset"))
    assert {("* Modify", name, "AWS::Lambda::Function") for name in FUNCTIONS} <= set(shown)
    assert with_changed_properties(testbed, stack) == FUNCTIONS


def changed_by(output: str) -> list[tuple[str, ...]]:
    """Return action, type and name of each change in the output of either tool."""
    lines = [re.split(r"\s{2,}", line.strip()) for line in output.splitlines()]
    return [
        tuple(line[:3]) for line in lines if re.fullmatch(r"(\W )?(Add|Modify|Remove)", line[0])
    ]


def with_changed_properties(testbed: RunningTestbed, stack: Stack) -> set[str]:
    """Return the resources whose properties the last deployment has changed."""
    client = testbed.aws.cloudformation
    [described] = client.describe_stacks(StackName=stack.name)["Stacks"]
    executed = client.describe_change_set(ChangeSetName=described["ChangeSetId"])
    changes = [change["ResourceChange"] for change in executed["Changes"]]
    assert {change["Action"] for change in changes} == {"Modify"}
    assert {scope for change in changes for scope in change["Scope"]} == {"Properties", "Metadata"}
    return {change["LogicalResourceId"] for change in changes if "Properties" in change["Scope"]}
