"""What a person reads when CloudFormation rejects or rolls back a deployment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from testbed.aws.clients import Aws
from testbed.deployment.failures import check_usable, left_behind, rejected, rolled_back
from testbed.errors import DeploymentError
from testbed.project.project import Project

NOW = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    template = tmp_path / "template.yaml"
    template.write_text(
        "Resources:\n"
        "  F: {Type: AWS::Serverless::Function}\n"
        "  Pool: {Type: AWS::Cognito::UserPool}\n"
        "  Typo: {Type: AWS::SQS::Queu}\n"
        "  Child: {Type: AWS::CloudFormation::Stack}\n"
    )
    return Project(tmp_path, template, "shop", "us-east-1")


def test_resources_without_a_type_here_are_shown_with_lines(project: Project) -> None:
    """The engine names them, and what to set; the lines are those of the file."""
    error = rejected(
        project.template,
        "These resources have types that exist on AWS, but not in this testbed:\n"
        "  Pool (AWS::Cognito::UserPool)\n"
        "  FUrl (AWS::Lambda::Url)\n"
        "Remove them, or set TESTBED_SKIP_UNSUPPORTED_RESOURCES=1.",
    )
    assert error.message == (
        "CloudFormation rejected template.yaml: These resources have types that exist on AWS, but"
        " not in this testbed:"
    )
    assert error.details.splitlines() == [
        "template.yaml:3  Pool (AWS::Cognito::UserPool)",
        "template.yaml:2  FUrl (AWS::Lambda::Url)",
    ]
    assert "testbed up --env TESTBED_SKIP_UNSUPPORTED_RESOURCES=1" in error.advice


def test_property_that_is_not_here_is_shown_with_its_resource(project: Project) -> None:
    error = rejected(
        project.template,
        "FStage (AWS::ApiGateway::Stage): AccessLogSetting is not available in this testbed yet",
    )
    assert "AccessLogSetting is not available" in error.message
    assert error.details == "template.yaml:2  FStage (AWS::ApiGateway::Stage)"
    assert error.advice.startswith("Remove what is not available, ")


def test_resources_of_unknown_types_are_shown_with_lines(project: Project) -> None:
    reason = "Template format error: Unrecognized resource types: [AWS::SQS::Queu]"
    error = rejected(project.template, reason)
    assert reason in error.message
    assert error.details == "template.yaml:4  Typo (AWS::SQS::Queu)"
    assert not error.advice


@pytest.mark.parametrize(
    ("reason", "names"),
    [
        ("Properties validation failed for resource Typo with message: #: extraneous", ["Typo"]),
        ("Circular dependency between resources: [F, Pool]", ["F", "Pool"]),
        ("Resource with id [F] is invalid. property Memory not defined", ["F"]),
        ("Template error: instance of Fn::GetAtt references undefined resource Gone", []),
        ("Template format error: Unresolved resource dependencies [Gone] in the Outputs block", []),
    ],
)
def test_resources_in_messages_of_aws_are_shown_with_lines(
    project: Project, reason: str, names: list[str]
) -> None:
    shown = rejected(project.template, reason).details.splitlines()
    assert [line.split()[1] for line in shown] == names
    assert all(line.startswith("template.yaml:") for line in shown)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (
            "Unresolved resource dependencies [Gone, Lost] in the Resources block of the template",
            ["template.yaml:6  A: !Ref Gone", "template.yaml:8  C: !Sub ${Lost}/${F.Arn}"],
        ),
        (
            "Template error: instance of Fn::GetAtt references undefined resource Gone",
            ["template.yaml:6  A: !Ref Gone"],
        ),
        (
            "Template error: resource F does not support attribute type Arn in Fn::GetAtt",
            [
                "template.yaml:8  C: !Sub ${Lost}/${F.Arn}",
                "template.yaml:2  F (AWS::Serverless::Function)",
            ],
        ),
        ("Invalid template resource property 'DependOn'", ["template.yaml:9  DependOn: F"]),
        ("Condition Lost is not defined.", ["template.yaml:8  C: !Sub ${Lost}/${F.Arn}"]),
        ("Mapping named 'Gone' is not present", ["template.yaml:6  A: !Ref Gone"]),
        ("Invalid template property or properties [Outptus]", ["template.yaml:10  Outptus: {}"]),
    ],
)
def test_lines_that_mention_what_does_not_exist(
    project: Project, reason: str, expected: list[str]
) -> None:
    with project.template.open("a") as template:
        template.write(
            "  A: !Ref Gone\n  # not Gone\n  C: !Sub ${Lost}/${F.Arn}\n  DependOn: F\nOutptus: {}\n"
        )
    assert rejected(project.template, reason).details.splitlines() == expected


def test_each_problem_has_a_line(project: Project) -> None:
    invalid = "Properties validation failed for resource {} with message:\n#: extraneous key [X]"
    error = rejected(project.template, f"{invalid.format('F')}\n{invalid.format('Pool')}")
    assert error.message == (
        "CloudFormation rejected template.yaml:"
        " Properties validation failed for resource F with message: #: extraneous key [X]\n"
        "Properties validation failed for resource Pool with message: #: extraneous key [X]"
    )


class FakeEvents:
    """CloudFormation with the events of a stack and of a nested one, newest first."""

    def __init__(self, **events: list[dict[str, Any]]) -> None:
        self._events = events

    @property
    def cloudformation(self) -> FakeEvents:
        return self

    def get_paginator(self, _operation: str) -> FakeEvents:
        return self

    def paginate(self, *, StackName: str) -> list[dict[str, Any]]:
        return [{"StackEvents": self._events[StackName][::-1]}]


def event(
    name: str, kind: str, reason: str, status: str = "CREATE_FAILED", **more: Any
) -> dict[str, Any]:
    return {
        "LogicalResourceId": name, "ResourceType": kind, "ResourceStatusReason": reason,
        "ResourceStatus": status, "StackId": "id", "Timestamp": NOW, **more,
    }  # fmt: skip


HANDLER = (
    'Resource handler returned message: "No such role (Service: Iam, Status Code: 404)"'
    " (RequestToken: 1-2, HandlerErrorCode: NotFound)"
)


def failed(project: Project, status: str, aws: FakeEvents) -> DeploymentError:
    return rolled_back(cast(Aws, aws), project, status, "a reason")


def test_cause_comes_first_and_what_was_cancelled_is_left_out(project: Project) -> None:
    stack = "AWS::CloudFormation::Stack"
    aws = FakeEvents(
        shop=[
            event("Old", "AWS::SQS::Queue", "earlier"),
            event("shop", stack, "User Initiated", "UPDATE_IN_PROGRESS", PhysicalResourceId="id"),
            event("FRole", "AWS::IAM::Role", HANDLER),
            event("Pool", "AWS::Cognito::UserPool", "Resource creation cancelled"),
            event("Typo", "AWS::SQS::Queue", "too"),
            event("shop", stack, "The following failed: [FRole]", PhysicalResourceId="id"),
        ]
    )
    error = failed(project, "ROLLBACK_COMPLETE", aws)
    assert error.message == "template.yaml:2: FRole (AWS::IAM::Role): No such role (NotFound)"
    assert error.details == "template.yaml:4: Typo (AWS::SQS::Queue): too"
    assert error.advice.startswith("shop is in ROLLBACK_COMPLETE. Nothing was created.")


def test_what_a_successful_update_could_not_delete() -> None:
    stack = "AWS::CloudFormation::Stack"
    aws = FakeEvents(
        shop=[
            event("shop", stack, "User Initiated", "UPDATE_IN_PROGRESS", PhysicalResourceId="id"),
            event("Files", "AWS::S3::Bucket", "The bucket is not empty", "DELETE_FAILED"),
            event("shop", stack, "", "UPDATE_COMPLETE", PhysicalResourceId="id"),
        ]
    )
    assert left_behind(cast(Aws, aws), "shop") == [
        "Files (AWS::S3::Bucket) is not part of the stack any more, but could not be deleted:"
        " The bucket is not empty"
    ]


def test_cause_in_a_nested_stack(project: Project) -> None:
    stack = "AWS::CloudFormation::Stack"
    aws = FakeEvents(
        shop=[event("Child", stack, "Embedded stack failed", PhysicalResourceId="child")],
        child=[event("Q", "AWS::SQS::Queue", "wrong", StackId="child")],
    )
    error = failed(project, "UPDATE_ROLLBACK_COMPLETE", aws)
    assert error.message == "template.yaml:5: Child/Q (AWS::SQS::Queue): wrong"
    assert "Everything is as it was before." in error.advice


def test_nested_stack_that_was_rejected_does_not_show_its_earlier_failures(
    project: Project,
) -> None:
    stack, before = "AWS::CloudFormation::Stack", NOW - timedelta(milliseconds=1)
    aws = FakeEvents(
        shop=[
            event("shop", stack, "User Initiated", "UPDATE_IN_PROGRESS", PhysicalResourceId="id"),
            event("Child", stack, "invalid", PhysicalResourceId="child"),
        ],
        child=[event("Q", "AWS::SQS::Queue", "earlier", StackId="child", Timestamp=before)],
    )
    error = failed(project, "UPDATE_ROLLBACK_COMPLETE", aws)
    assert error.message == "template.yaml:5: Child (AWS::CloudFormation::Stack): invalid"


def test_failure_without_failed_resources(project: Project) -> None:
    error = failed(project, "UPDATE_ROLLBACK_FAILED", FakeEvents(shop=[]))
    assert error.message == "The deployment of shop failed: a reason"
    assert "continue-update-rollback --stack-name shop" in error.advice


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_FAILED", "DELETE_FAILED"])
def test_stack_that_cannot_be_deployed_says_what_to_do(status: str) -> None:
    with pytest.raises(DeploymentError, match=f"shop is in {status}") as caught:
        check_usable("shop", status)
    assert "shop" in caught.value.advice or "testbed destroy" in caught.value.advice
    check_usable("shop", "UPDATE_ROLLBACK_COMPLETE")


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("Requires capabilities : [CAPABILITY_NAMED_IAM]", "samconfig.toml"),
        (
            "Unable to fetch parameters [/a] from parameter store for this account.",
            "awslocal ssm put-parameter",
        ),
        ("Template format error: x", ""),
    ],
)
def test_advice_on_a_rejected_deployment(tmp_path: Path, reason: str, advice: str) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("Resources: {}")
    assert advice in rejected(template, reason).advice
