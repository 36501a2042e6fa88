"""Deployments that fail or leave something out: what the commands print, and what survives.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

from testbed.aws.clients import Aws
from testbed.aws.stacks import describe_stack
from testbed.deployment.deploy import Deployment, deploy
from testbed.deployment.destroy import destroy_stack
from testbed.errors import DeploymentError
from testbed.project.project import Project
from testbed.pytest_plugin.running import RunningTestbed
from tests.cli.test_life import UP, with_init_script
from tests.conftest import CommandLine

GOOD = """\
Resources:
  Keep: {Type: AWS::SQS::Queue}
Outputs: {Keep: {Value: !Ref Keep}}
"""
ACCOUNT = "arn:aws:sns:us-east-1:000000000000"
BROKEN = f"""\
  Broken:
    Type: AWS::SNS::Subscription
    Properties: {{TopicArn: "{ACCOUNT}:none", Protocol: email, Endpoint: a@example.com}}
"""
TABLE = """\
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
"""


FUNCTION = """\
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          {Effect: Allow, Action: sts:AssumeRole, Principal: {Service: lambda.amazonaws.com}}
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.8
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Code: {ZipFile: "def handler(event, context): return event"}
"""
DELIVERY = """\
  Delivery: {Type: AWS::Logs::LogGroup, Properties: {LogGroupClass: DELIVERY}}
"""


def with_resources(*added: str) -> str:
    return GOOD.replace("Outputs:", "".join(added) + "Outputs:")


@dataclass
class ChangingStack:
    """A stack with a template that changes."""

    aws: Aws
    project: Project

    def deploy(self, template: str) -> Deployment:
        self.project.template.write_text(template)
        return deploy(self.project, self.aws, lambda message: None)

    def failure(self, template: str) -> DeploymentError:
        with pytest.raises(DeploymentError) as caught:
            self.deploy(template)
        return caught.value

    @property
    def status(self) -> str:
        found = describe_stack(self.aws, self.project.stack_name)
        return found["StackStatus"] if found else ""


@pytest.fixture
def changing(testbed: RunningTestbed, tmp_path: Path) -> ChangingStack:
    aws, name = testbed.aws, f"failing-{uuid.uuid4().hex[:8]}"
    return ChangingStack(aws, Project(tmp_path, tmp_path / "template.yaml", name, aws.region))


def test_failed_update_keeps_messages_and_the_next_one_works(changing: ChangingStack) -> None:
    try:
        queue = changing.deploy(GOOD).outputs["Keep"]
        changing.aws.sqs.send_message(QueueUrl=queue, MessageBody="kept")
        error = changing.failure(with_resources(BROKEN))
        assert error.message.startswith("template.yaml:3: Broken (AWS::SNS::Subscription): ")
        assert "is in UPDATE_ROLLBACK_COMPLETE. Everything is as it was before." in error.advice
        assert changing.deploy(with_resources("  More: {Type: AWS::SQS::Queue}\n")).changed
        assert changing.status == "UPDATE_COMPLETE"
        [message] = changing.aws.sqs.receive_message(QueueUrl=queue)["Messages"]
        assert message["Body"] == "kept"
    finally:
        destroy_stack(changing.aws, changing.project.stack_name)


def test_stack_whose_creation_failed_is_created_anew(changing: ChangingStack) -> None:
    try:
        assert (
            "ROLLBACK_COMPLETE. Nothing was created."
            in changing.failure(with_resources(BROKEN)).advice
        )
        assert changing.status == "ROLLBACK_COMPLETE"
        assert changing.deploy(GOOD).changed
        assert changing.status == "CREATE_COMPLETE"
    finally:
        destroy_stack(changing.aws, changing.project.stack_name)


def test_types_that_are_not_here_are_rejected_before_anything_is_created(
    changing: ChangingStack,
) -> None:
    error = changing.failure(with_resources(TABLE))
    assert error.details == "template.yaml:3  Table (AWS::DynamoDB::Table)"
    assert "TESTBED_SKIP_UNSUPPORTED_RESOURCES=1" in error.advice
    assert changing.status in ("", "REVIEW_IN_PROGRESS")
    destroy_stack(changing.aws, changing.project.stack_name)


def test_what_differs_from_aws_is_listed_each_time(bare: CommandLine) -> None:
    (bare.project / "template.yaml").write_text(with_resources(TABLE, DELIVERY, FUNCTION))
    with_init_script(bare, 'exec testbed --endpoint-url "http://$GATEWAY_LISTEN" deploy')
    table = "Table (AWS::DynamoDB::Table)"
    up = bare.run(*UP, "--env", "TESTBED_SKIP_UNSUPPORTED_RESOURCES=1")
    assert up.returncode == 0, up.stderr
    assert table in up.stdout
    # There is never a Python 3.8 for functions.
    other = "Function: Runtime is python3.8, which is not available here; it runs on python3.13"
    old = "Function: AWS deprecated python3.8 on 2024-10-14"
    assert other in up.stdout
    for _ in range(2):
        told = " ".join(bare.run("deploy").stderr.split())
        assert f"{table} was skipped" in told
        assert "Ignored: Delivery (AWS::Logs::LogGroup): The LogGroupClass " in told
        assert f"! {other}. ! {old}." in told
    assert table in bare.output("status")
    described = json.loads(bare.output("status", "--json"))
    assert described["skipped"] == [table]
    assert described["runtimes"] == [other, old]
    [ignored] = described["ignored"]
    assert ignored.startswith("Delivery (AWS::Logs::LogGroup): The LogGroupClass ")
