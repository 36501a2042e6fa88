"""The targets of test runs, and what tests learn about features that a target does not have."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from testbed.aws.account import AccountError
from testbed.aws.clients import Aws
from testbed.aws.stacks import stack_resources
from testbed.errors import DeploymentError
from testbed.project.project import Project as SamProject
from testbed.pytest_plugin import targets
from testbed.pytest_plugin.configuration import Configuration
from testbed.pytest_plugin.running import RunningTestbed
from testbed.pytest_plugin.stack import Stack
from testbed.pytest_plugin.targets import aws as aws_target
from testbed.session import Session
from tests.aws_profile import PROFILE, profile_environment
from tests.conftest import ROOT
from tests.pipeline.known_differences import KNOWN_DIFFERENCES
from tests.plugin.conftest import Project


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (
            ("--testbed-target=aws", "--testbed-endpoint-url=http://127.0.0.1:4566"),
            "--testbed-endpoint-url cannot be used with --testbed-target aws: remove one of them.",
        ),
        (
            ("--testbed-target=docker", "--testbed-endpoint-url=http://127.0.0.1:4566"),
            "--testbed-endpoint-url cannot be used with --testbed-target docker: remove one",
        ),
        (
            ("--testbed-endpoint-url=127.0.0.1:4566",),
            "--testbed-endpoint-url: '127.0.0.1:4566' is not a URL such as http://127.0.0.1:4566.",
        ),
        (
            ("--testbed-target=aws", "-n2"),
            "-n cannot be used with --testbed-target aws, which all test processes would share",
        ),
    ],
)
def test_invalid_options_are_rejected(
    pytester: pytest.Pytester, options: tuple[str, ...], problem: str
) -> None:
    with pytest.raises(pytest.UsageError, match=problem):
        pytester.parseconfigure("-o", "testbed=true", *options)


@pytest.mark.parametrize("name", targets.NAMES)
def test_every_name_is_a_target(name: str) -> None:
    assert isinstance(targets.target_of(name), targets.Target)


def test_known_differences_are_of_tests_that_exist() -> None:
    assert set(KNOWN_DIFFERENCES) <= set(targets.NAMES)
    for test in (test for tests in KNOWN_DIFFERENCES.values() for test in tests):
        file, _, name = test.partition("::")
        source = (ROOT / "tests" / "pipeline" / file).read_text()
        assert f"\ndef {name.partition('[')[0]}(" in source, test


def test_shell_set_up_for_an_emulator_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    with (
        pytest.raises(AccountError, match="this shell talks to an emulator, not to AWS"),
        targets.target_of("aws").running(Configuration(ROOT), tmp_path),
    ):
        pass


def test_unavailable_features_skip_tests_with_the_reason(project: Project) -> None:
    result = project.run(
        """
        import pytest

        @pytest.mark.parametrize("name", ["inbox", "clock", "faults", "journal", "permissions"])
        def test_needs(request, name):
            request.getfixturevalue(name)

        def test_needs_it_late(testbed):
            testbed.inbox.emails()

        def test_stack(stack, clean, aws, website):
            assert stack.queues
            assert website("hello").url.startswith("http://127.0.0.1:")

        def test_fails(stack, aws):
            aws.sqs.send_message(QueueUrl=stack.queues[0], MessageBody="x")
            raise RuntimeError("the reason")
        """,
        "--testbed-target=ministack",  # which LocalStack plays: all that is asked of both is AWS's
        "-rs",
    )
    result.assert_outcomes(passed=1, skipped=6, failed=1)
    result.stdout.fnmatch_lines_random(
        [
            "SKIPPED * MiniStack has no inbox: it discards the emails that SNS sends.",
            "SKIPPED * MiniStack has no clock to advance, and fires no schedule on demand.",
            "SKIPPED * MiniStack has no fault injection.",
            "SKIPPED * MiniStack keeps no journal.",
            "SKIPPED * MiniStack does not report used and denied permissions.",
        ]
    )
    result.stdout.fnmatch_lines(["E *RuntimeError: the reason", "queues:", "*1 visible*"])
    result.stdout.no_fnmatch_line("*not available: *")


def test_existing_stack_in_the_account_is_not_changed(
    testbed: RunningTestbed, stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in profile_environment(tmp_path, testbed.endpoint_url).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_PROFILE", PROFILE)
    known = stack_resources(testbed.aws, stack.name)
    with (
        pytest.raises(DeploymentError, match=f"The stack {stack.name} exists already") as rejected,
        targets.target_of("aws").running(Configuration(ROOT), tmp_path) as account,
    ):
        account.deploy_project()
    assert "testbed destroy --target aws" in rejected.value.advice
    assert stack_resources(testbed.aws, stack.name) == known


def test_failed_cleanup_does_not_hide_the_failed_deployment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*arguments: object) -> None:
        raise DeploymentError("The deployment ended as ROLLBACK_COMPLETE.", details="The cause")

    def fail_to_remove(*arguments: object) -> None:
        raise DeploymentError("The stack mine could not be deleted")

    monkeypatch.setattr(aws_target, "describe_stack", lambda *arguments: None)
    monkeypatch.setattr(aws_target, "deploy", fail)
    monkeypatch.setattr(aws_target, "remove", fail_to_remove)
    template = tmp_path / "template.yaml"
    template.touch()
    session = Session(tmp_path)
    session.project = SamProject(tmp_path, template, "mine", "us-east-1")
    session.aws = Aws("", "us-east-1")
    with pytest.raises(DeploymentError, match="ended as ROLLBACK_COMPLETE") as told:
        aws_target._AccountTestbed(session, cleanup=ExitStack()).deploy_project()
    assert (
        told.value.details
        == "The cause\nCleaning up failed, too: The stack mine could not be deleted"
    )


def test_stack_that_cannot_be_deleted_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://cloudformation")

    monkeypatch.setattr(aws_target, "describe_stack", fail)
    with pytest.raises(DeploymentError, match="The stack mine could not be deleted: ") as told:
        aws_target.remove(Aws("", "us-east-1"), "mine", "testbed destroy --target aws")
    assert told.value.advice == "Delete it with: testbed destroy --target aws"
