"""Deploying to an AWS account, for which LocalStack stands in: a profile has its endpoint."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.aws_profile import PROFILE, profile_environment
from tests.conftest import Deployed

type Run = Callable[..., subprocess.CompletedProcess[str]]

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Parameters:
  Words: {Type: String}
Resources:
  Bucket: {Type: AWS::S3::Bucket, DeletionPolicy: Retain}
  Topic: {Type: AWS::SNS::Topic}
Outputs:
  BucketName: {Value: !Ref Bucket}
"""


@pytest.fixture
def stack_name(running_testbed: Deployed) -> Iterator[str]:
    name = f"on-aws-{uuid.uuid4().hex[:8]}"
    yield name
    running_testbed.aws.cloudformation.delete_stack(StackName=name)


@pytest.fixture
def run(running_testbed: Deployed, tmp_path: Path, stack_name: str) -> Run:
    """Run the command in its own project, with a profile that has LocalStack's endpoint."""
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "samconfig.toml").write_text(
        "version = 0.1\n[default.deploy.parameters]\n"
        f'stack_name = "{stack_name}"\nregion = "us-east-1"\n'
        'tags = "Application=\\"ours\\""\nparameter_overrides = "Words=\\"a b\\""\n'
    )
    environment = profile_environment(tmp_path, running_testbed.endpoint_url)

    def run(
        *arguments: str, answer: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "testbed", "--project", str(tmp_path), *arguments],
            env={**environment, **variables},
            input=answer,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


AWS = ("--target", "aws", "--profile", PROFILE)


def exists(running: Deployed, stack: str) -> bool:
    pages = running.aws.cloudformation.get_paginator("list_stacks").paginate()
    return any(
        each["StackName"] == stack and each["StackStatus"] != "DELETE_COMPLETE"
        for page in pages
        for each in page["StackSummaries"]
    )


def test_changes_are_shown_and_made_when_confirmed(
    running_testbed: Deployed, run: Run, stack_name: str
) -> None:
    declined = run("deploy", *AWS, answer="n\n")
    assert declined.returncode == 1
    assert "Account 000000000000, region us-east-1, as arn:aws:" in declined.stdout
    assert "Add     AWS::SNS::Topic" in declined.stdout
    assert f"{stack_name} was not changed" in declined.stderr
    assert "Traceback" not in declined.stderr

    made = run("deploy", *AWS, answer="y\n")
    assert made.returncode == 0, made.stderr
    [stack] = running_testbed.aws.cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
    assert {"Key": "Application", "Value": "ours"} in stack["Tags"]
    bucket = made.stdout.split("BucketName: ")[1].split()[0]

    again = run("deploy", *AWS)
    assert (again.returncode, "up to date" in again.stdout) == (0, True), again.stderr

    running_testbed.aws.s3.put_object(Bucket=bucket, Key="a/b", Body=b"content")
    kept = run("destroy", *AWS, answer="n\n")
    assert kept.returncode == 1
    assert f"The bucket {bucket} will be deleted with all its objects." in kept.stdout
    assert exists(running_testbed, stack_name)
    gone = run("destroy", *AWS, "--yes")
    assert gone.returncode == 0, gone.stderr
    assert not exists(running_testbed, stack_name)
    names = [each["Name"] for each in running_testbed.aws.s3.list_buckets()["Buckets"]]
    assert bucket not in names
    assert "There is no stack" in run("destroy", *AWS).stdout


def test_stack_whose_creation_failed_is_deleted_only_if_confirmed(
    running_testbed: Deployed, run: Run, stack_name: str, tmp_path: Path
) -> None:
    def status() -> str:
        described = running_testbed.aws.cloudformation.describe_stacks(StackName=stack_name)
        return str(described["Stacks"][0]["StackStatus"])

    failing = (
        "{Code: {S3Bucket: none, S3Key: k}, Handler: a.b, Runtime: python3.13,"
        " Role: 'arn:aws:iam::123456789012:role/none'}"
    )
    (tmp_path / "template.yaml").write_text(
        TEMPLATE.replace(
            "Outputs:", f"  Bad: {{Type: AWS::Lambda::Function, Properties: {failing}}}\nOutputs:"
        )
    )
    failed = run("deploy", *AWS, "--yes")
    assert "is in ROLLBACK_COMPLETE" in failed.stderr
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    kept = run("deploy", *AWS, answer="n\n")
    assert kept.returncode == 1
    assert f"Remove  AWS::CloudFormation::Stack       {stack_name}" in kept.stdout
    assert f"{stack_name} was not changed; it is in ROLLBACK_COMPLETE" in kept.stderr
    assert status() == "ROLLBACK_COMPLETE"

    made = run("deploy", *AWS, answer="y\ny\n")
    assert made.returncode == 0, made.stderr
    assert status() == "CREATE_COMPLETE"


@pytest.mark.parametrize("command", ["deploy", "destroy"])
def test_stack_of_another_project_is_not_changed(
    running_testbed: Deployed, run: Run, stack_name: str, command: str
) -> None:
    cloudformation = running_testbed.aws.cloudformation
    cloudformation.create_stack(
        StackName=stack_name,
        TemplateBody="Resources: {Theirs: {Type: AWS::SNS::Topic}}",
        Tags=[{"Key": "Application", "Value": "theirs"}],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stack_name)
    result = run(command, *AWS, "--yes")
    assert result.returncode == 1
    assert f"The stack {stack_name} is not this project's" in result.stderr
    [resource] = cloudformation.list_stack_resources(StackName=stack_name)["StackResourceSummaries"]
    assert resource["LogicalResourceId"] == "Theirs"


@pytest.mark.parametrize(
    ("options", "variables", "problem"),
    [
        (AWS, {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, "talks to an emulator"),
        (AWS, {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:4566"}, "talks to an emulator"),
        (("--target", "aws"), {"AWS_ACCESS_KEY_ID": "test"}, "an emulator's credentials"),
        (("--target", "aws", "--profile", "no-such"), {}, "no-such"),
        (("--target", "aws"), {}, "AWS cannot be used"),
        (("--profile", "aws"), {}, "--profile: only with --target aws"),
    ],
)
def test_settings_of_an_emulator_and_invalid_ones_are_rejected(
    run: Run, options: tuple[str, ...], variables: dict[str, str], problem: str
) -> None:
    result = run("deploy", *options, "--yes", **variables)
    assert result.returncode != 0
    assert problem in result.stderr
    assert "Traceback" not in result.stderr


def test_profile_of_samconfig_is_used(run: Run, tmp_path: Path) -> None:
    """As ``sam deploy`` does: without it, another account might be used.

    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html
    """
    with (tmp_path / "samconfig.toml").open("a") as file:
        file.write(f'profile = "{PROFILE}"\n')
    result = run("deploy", "--target", "aws", answer="n\n")
    assert "Account 000000000000" in result.stdout, result.stderr
    assert "no-such" in run("deploy", "--target", "aws", "--profile", "no-such").stderr


def test_parameters_for_the_emulator_do_not_leak(run: Run) -> None:
    result = run("deploy", *AWS, "--yes", TESTBED_PARAMETERS="NoSuchParameter=1")
    assert result.returncode == 0, result.stderr


def test_permissions_are_shown(running_testbed: Deployed) -> None:
    shown = running_testbed.command.output("permissions", "--role", "StatusApi")
    assert "events:PutEvents" in shown
    assert "IncidentRecorder" not in shown
