"""What a deployment does to a stack, in which order, with a CloudFormation of a few lines."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from testbed.aws.change_set import Change
from testbed.aws.clients import Aws
from testbed.aws.stacks import describe_stack
from testbed.deployment.deploy import deploy, prepare
from testbed.deployment.destroy import delete_stack, destroy_stack
from testbed.deployment.requirements import host_architecture
from testbed.deployment.stack_update import NotDeployedError
from testbed.errors import DeploymentError, ProjectError
from testbed.project.project import Project
from testbed.project.uploads import Upload
from tests.handlers.aws_fakes import client_error

RESOURCE = {
    "LogicalResourceId": "Kept",
    "PhysicalResourceId": "kept",
    "ResourceType": "AWS::S3::Bucket",
    "ResourceStatus": "CREATE_COMPLETE",
}


@dataclass
class FakeCloudFormation:
    """One stack's status, and the calls that changed it."""

    status: str | None
    protected: bool = False
    failure: str = "Stack with id tried does not exist"
    calls: list[str] = field(default_factory=list)

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:
        if self.status is None:
            error = client_error("DescribeStacks", "ValidationError", 400)
            error.response["Error"]["Message"] = self.failure
            raise error
        stack = {"StackName": StackName, "StackStatus": self.status}
        return {"Stacks": [{**stack, "EnableTerminationProtection": self.protected}]}

    def delete_stack(self, **_request: str) -> None:
        self.calls.append("delete stack")
        self.status = None

    def create_change_set(self, *, ChangeSetType: str, **_request: Any) -> None:
        self.calls.append(f"change set to {ChangeSetType}")
        self.status = self.status or "REVIEW_IN_PROGRESS"

    def describe_change_set(self, **_request: str) -> dict[str, Any]:
        return {"Status": "CREATE_COMPLETE"}

    def delete_change_set(self, **_request: str) -> None:
        self.calls.append("delete change set")

    def execute_change_set(self, **_request: str) -> None:
        self.calls.append("execute")
        self.status = "CREATE_COMPLETE"

    def get_paginator(self, operation: str) -> FakePaginator:
        pages: dict[str, dict[str, Any]] = {
            "describe_change_set": {"Changes": []},
            "describe_stack_events": {"StackEvents": []},
            "list_stack_resources": {"StackResourceSummaries": [RESOURCE]},
        }
        return FakePaginator(pages[operation])


@dataclass
class FakePaginator:
    page: dict[str, Any]

    def paginate(self, **_request: str) -> list[dict[str, Any]]:
        return [self.page]


@dataclass
class FakeBuckets:
    """S3, which notes what is asked of it."""

    calls: list[str] = field(default_factory=list)

    def get_paginator(self, operation: str) -> FakePaginator:
        self.calls.append(operation)
        return FakePaginator({})


@dataclass
class FakeAws:
    cloudformation: FakeCloudFormation
    s3: FakeBuckets = field(default_factory=FakeBuckets)
    region: str = "us-east-1"
    endpoint_url: str = ""
    is_local: bool = True
    poll_seconds: float = 0.001


@pytest.fixture
def project(tmp_path: Path) -> Project:
    template = tmp_path / "template.yaml"
    template.write_text("Resources: {Topic: {Type: AWS::SNS::Topic}}")
    return Project(tmp_path, template, "tried", "us-east-1")


@dataclass
class Answers:
    """A person's answers, and what was shown for each."""

    given: list[bool | BaseException]
    shown: list[list[str]] = field(default_factory=list)

    def review(self, changes: list[Change]) -> bool:
        self.shown.append([f"{change.action} {change.logical_id}" for change in changes])
        answer = self.given.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def attempt(project: Project, cloudformation: FakeCloudFormation, answers: Answers) -> None:
    aws = cast(Aws, FakeAws(cloudformation))
    deploy(project, aws, lambda message: None, answers.review)


def test_missing_output_for_an_upload_shows_before_anything_is_changed(
    project: Project, tmp_path: Path
) -> None:
    (tmp_path / "file.txt").touch()
    upload = Upload("file.txt", tmp_path / "file.txt", output="Uri", schema=None)
    cloudformation = FakeCloudFormation(None)
    with pytest.raises(ProjectError, match=r"template.yaml has no output Uri"):
        attempt(replace(project, uploads=(upload,)), cloudformation, Answers([True]))
    assert cloudformation.calls == []


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED"])
def test_stack_whose_creation_failed_is_kept_after_no(project: Project, status: str) -> None:
    cloudformation, answers = FakeCloudFormation(status), Answers([False])
    with pytest.raises(NotDeployedError, match=f"not changed; it is in {status}"):
        attempt(project, cloudformation, answers)
    assert cloudformation.calls == []
    assert answers.shown == [["Remove Kept", "Remove tried"]]


def test_stack_whose_creation_failed_is_deleted_after_yes(project: Project) -> None:
    cloudformation, answers = FakeCloudFormation("ROLLBACK_COMPLETE"), Answers([True, True])
    attempt(project, cloudformation, answers)
    assert cloudformation.calls == ["delete stack", "change set to CREATE", "execute"]


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE"])
def test_stack_whose_update_failed_is_updated(project: Project, status: str) -> None:
    cloudformation = FakeCloudFormation(status)
    attempt(project, cloudformation, Answers([True]))
    assert cloudformation.calls == ["change set to UPDATE", "execute"]


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_FAILED", "DELETE_FAILED"])
def test_stack_that_cannot_be_updated_is_left_alone(project: Project, status: str) -> None:
    cloudformation = FakeCloudFormation(status)
    with pytest.raises(DeploymentError, match=f"is in {status}"):
        attempt(project, cloudformation, Answers([]))
    assert cloudformation.calls == []


def test_skipped_resources_are_returned(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RESOURCE, "ResourceStatusReason", "Skipped: this testbed does not …")
    aws = cast(Aws, FakeAws(FakeCloudFormation("CREATE_COMPLETE")))
    deployment = deploy(project, aws, lambda message: None)
    assert [str(each) for each in deployment.skipped] == ["Kept (AWS::S3::Bucket)"]


@pytest.mark.parametrize(
    ("status", "undone"),
    [
        (None, ["change set to CREATE", "delete change set", "delete stack"]),
        # Made by somebody else's change set, which is not ours to delete.
        ("REVIEW_IN_PROGRESS", ["change set to CREATE", "delete change set"]),
        ("CREATE_COMPLETE", ["change set to UPDATE", "delete change set"]),
    ],
)
@pytest.mark.parametrize(
    ("answer", "error"), [(False, NotDeployedError), (KeyboardInterrupt(), KeyboardInterrupt)]
)
def test_nothing_is_left_of_a_change_set_that_is_not_executed(
    project: Project,
    status: str | None,
    undone: list[str],
    answer: bool | BaseException,
    error: type[BaseException],
) -> None:
    cloudformation = FakeCloudFormation(status)
    with pytest.raises(error):
        attempt(project, cloudformation, Answers([answer]))
    assert cloudformation.calls == undone


def test_buckets_of_a_protected_stack_keep_their_content() -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html"""
    aws = FakeAws(FakeCloudFormation("CREATE_COMPLETE", protected=True))
    with pytest.raises(DeploymentError, match="its termination protection is enabled"):
        destroy_stack(cast(Aws, aws), "tried")
    assert aws.cloudformation.calls == aws.s3.calls == []


def test_stack_that_does_not_exist_needs_no_deletion() -> None:
    aws = FakeAws(FakeCloudFormation(None))
    destroy_stack(cast(Aws, aws), "tried")
    assert aws.cloudformation.calls == []


def test_invalid_name_is_not_taken_for_a_missing_stack() -> None:
    aws = FakeAws(FakeCloudFormation(None, failure="'a_b' failed to satisfy constraint"))
    with pytest.raises(ClientError, match="ValidationError"):
        describe_stack(cast(Aws, aws), "a_b")


def test_requirements_are_for_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Architectures is AWS's; here every function runs on the same processor."""
    monkeypatch.setenv("TESTBED_CACHE", str(tmp_path / "cache"))
    (tmp_path / "requirements.txt").write_text("--no-index\n")
    (tmp_path / "template.yaml").write_text(
        "Globals: {Function: {Runtime: python3.13, Handler: app.handler, CodeUri: .}}\n"
        "Resources:\n"
        "  A: {Type: AWS::Serverless::Function, Properties: {Architectures: [arm64]}}\n"
        "  X: {Type: AWS::Serverless::Function, Properties: {Architectures: [x86_64]}}\n"
    )
    messages: list[str] = []
    prepare(Project(tmp_path, tmp_path / "template.yaml", "s", "us-east-1"), messages.append)
    other, name = {"x86_64": ("arm64", "A"), "arm64": ("x86_64", "X")}[host_architecture()]
    assert (
        f"{name}: Architectures is {other}; its packages are built for this machine,"
        f" {host_architecture()}"
    ) in messages
    assert [each for each in messages if each.startswith("building")] == [
        f"building bundle-{host_architecture()}"
    ]


def test_stack_whose_export_is_in_use_is_not_destroyed() -> None:
    """The stack returns to its former status: https://github.com/aws/aws-sdk-java/issues/1712"""

    class Used(FakeCloudFormation):
        reason = "Export url cannot be deleted as it is in use by other"

        def delete_stack(self, **_request: str) -> None:
            self.calls.append("delete stack")

        def describe_stacks(self, *, StackName: str) -> dict[str, Any]:
            found = super().describe_stacks(StackName=StackName)
            found["Stacks"][0]["StackStatusReason"] = self.reason
            return found

    aws = FakeAws(Used("CREATE_COMPLETE"))
    with pytest.raises(DeploymentError, match="it is in use by other"):
        delete_stack(cast(Aws, aws), "tried")
