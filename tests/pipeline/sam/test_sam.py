"""``sam build && sam deploy`` does with the same files what the testbed does.

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
from tests.pipeline.conftest import Pipeline, WatchedSite
from tests.pipeline.promises import Promise, Trial
from tests.pipeline.sam.conftest import Shell

# What sam needs may have to be fetched first.
pytestmark = pytest.mark.timeout(600)

FUNCTIONS = {"WebsiteMonitor", "IncidentRecorder", "StatusApi"}
# Of installers, pip and uv, and not of what they install.
_OF_INSTALLER = re.compile(r"\.dist-info/(INSTALLER|REQUESTED|RECORD)$|\.data/scripts/")


def test_template_is_valid(shell: Shell) -> None:
    assert "is a valid SAM Template" in shell.output("sam", "validate", "--lint")


def test_what_is_built_is_what_the_testbed_packages(built: Path, project: Path) -> None:
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
        promises.outage_is_mailed,
        promises.outage_is_recorded,
        promises.failed_run_is_kept,
        promises.all_sites_are_shown,
        promises.incidents_are_shown,
        promises.requested_check_is_done,
    ],
)
def test_promise_is_kept_by_what_sam_has_deployed(
    pipeline: Pipeline, new_site: Callable[..., WatchedSite], promise: Promise
) -> None:
    promise(Trial(pipeline, new_site, refused=lambda: False))


def test_nothing_is_deployed_if_nothing_has_changed(shell: Shell, stack: Stack) -> None:
    again = shell.run("sam", "deploy", "--no-confirm-changeset")
    assert again.returncode == 1
    assert f"No changes to deploy. Stack {stack.name} is up to date" in again.stdout


def test_each_way_goes_on_where_the_other_has_left_off(
    shell: Shell, stack: Stack, testbed: RunningTestbed
) -> None:
    """Where code lies is all that differs; by the tags each knows the stack."""
    project = testbed.session.project
    assert project.tags
    assert check_ownership(testbed.aws, project)

    deploy = (sys.executable, "-m", "testbed", "deploy", "--target", "aws", "--profile", PROFILE)
    shown = changed_by(shell.output(*deploy, "--yes"))
    assert set(shown) == {("Modify", "AWS::Lambda::Function", name) for name in FUNCTIONS}
    assert "up to date" in shell.output(*deploy)

    shown = changed_by(shell.output("sam", "deploy", "--no-confirm-changeset"))
    assert set(shown) == {("* Modify", name, "AWS::Lambda::Function") for name in FUNCTIONS}


def changed_by(output: str) -> list[tuple[str, ...]]:
    """Return the lines of a change set, as either shows it, without what comes behind."""
    lines = [re.split(r"\s{2,}", line.strip()) for line in output.splitlines()]
    return [
        tuple(line[:3]) for line in lines if re.fullmatch(r"(\W )?(Add|Modify|Remove)", line[0])
    ]
