"""A small application that is developed with ``sam deploy``.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/using-sam-cli.html
"""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from testbed.machine.waiting import until
from testbed.pytest_plugin.running import RunningTestbed
from tests.pipeline.sam.conftest import Shell

# The packages of sam may have to be downloaded first.
pytestmark = pytest.mark.timeout(600)

NAME = "greeter"
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Greeter:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      CodeUri: src
      Events:
        Hello:
          Type: Api
          Properties:
            Path: /hello
            Method: GET
{more}
Outputs:
  Api:
    Value: !Ref ServerlessRestApi
"""
NEW_PATH = """
        Bye:
          Type: Api
          Properties:
            Path: /bye
            Method: GET
"""
FAILING = """
  Early:
    Type: AWS::SQS::Queue
  Late:
    Type: AWS::SNS::Subscription
    DependsOn: [Early, Greeter]
    Properties:
      TopicArn: !Sub arn:aws:sns:${AWS::Region}:${AWS::AccountId}:no-such-topic
      Protocol: sqs
      Endpoint: !GetAtt Early.Arn
"""
DEPLOY = ("sam", "deploy", "--stack-name", NAME, "--resolve-s3", "--capabilities", "CAPABILITY_IAM")
WITHOUT_QUESTION = (*DEPLOY, "--no-confirm-changeset")


class Application:
    """The application's files, and its API."""

    def __init__(self, shell: Shell, testbed: RunningTestbed) -> None:
        self.shell = shell
        self.cloudformation = testbed.aws.cloudformation
        self._endpoint = testbed.endpoint_url

    def write(self, answer: str, more: str = "") -> None:
        """Write the files, and build them."""
        folder = self.shell.project
        (folder / "src").mkdir(exist_ok=True)
        (folder / "template.yaml").write_text(TEMPLATE.replace("{more}", more))
        (folder / "src" / "app.py").write_text(
            f'def handler(event, context):\n    return {{"statusCode": 200, "body": "{answer}"}}\n'
        )
        self.shell.output("sam", "build")

    def status(self) -> str:
        [stack] = self.cloudformation.describe_stacks(StackName=NAME)["Stacks"]
        return stack["StackStatus"]

    def get(self, path: str) -> str:
        """Return what the API answers."""
        [stack] = self.cloudformation.describe_stacks(StackName=NAME)["Stacks"]
        [api] = [output["OutputValue"] for output in stack["Outputs"]]
        url = f"{self._endpoint}/_aws/execute-api/{api}/Prod{path}"
        with urllib.request.urlopen(url, timeout=20) as answer:
            text: str = answer.read().decode()
        return text


@pytest.fixture
def application(shell: Shell, testbed: RunningTestbed, tmp_path: Path) -> Iterator[Application]:
    variables = {**shell.variables, "AWS_REGION": testbed.aws.region}
    yield Application(replace(shell, project=tmp_path, variables=variables), testbed)
    testbed.aws.cloudformation.delete_stack(StackName=NAME)
    until(lambda: not stack_exists(testbed), within=60, what="deletion of the stack")


def stack_exists(testbed: RunningTestbed) -> bool:
    pages = testbed.aws.cloudformation.get_paginator("describe_stacks").paginate()
    return any(stack["StackName"] == NAME for page in pages for stack in page["Stacks"])


def test_sam_deploy_after_changes_and_failures(application: Application) -> None:
    sam = application.shell
    application.write("first")
    sam.output(*WITHOUT_QUESTION)
    assert application.get("/hello") == "first"

    application.write("second", NEW_PATH)
    shown = sam.output(*WITHOUT_QUESTION)
    assert re.search(r"\* Modify +Greeter +AWS::Lambda::Function +False", shown)
    assert (application.get("/hello"), application.get("/bye")) == ("second", "second")

    application.write("third", NEW_PATH + FAILING)
    failed = sam.run(*WITHOUT_QUESTION)
    assert failed.returncode == 1
    assert re.search(r"CREATE_FAILED +AWS::SNS::Subscription +Late", failed.stdout)
    assert application.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert application.get("/bye") == "second"

    application.write("fourth", NEW_PATH)
    sam.output(*WITHOUT_QUESTION)
    assert application.get("/bye") == "fourth"

    listed = json.loads(
        sam.output("sam", "list", "resources", "--stack-name", NAME, "--output", "json")
    )
    assert "Greeter" in {each["LogicalResourceId"] for each in listed}
    outputs = json.loads(
        sam.output("sam", "list", "stack-outputs", "--stack-name", NAME, "--output", "json")
    )
    assert [each["OutputKey"] for each in outputs] == ["Api"]
    assert "START RequestId" in sam.output("sam", "logs", "--stack-name", NAME)
    invoked = sam.output("sam", "remote", "invoke", "Greeter", "--stack-name", NAME)
    assert '"body": "fourth"' in invoked

    assert "Deleted successfully" in sam.output(
        "sam", "delete", "--stack-name", NAME, "--no-prompts", "--region", "us-east-1"
    )


def test_change_set_is_reviewed_before_the_stack_is_created(application: Application) -> None:
    application.write("first")
    shown = application.shell.output(*WITHOUT_QUESTION, "--no-execute-changeset")
    assert re.search(r"\+ Add +Greeter +AWS::Lambda::Function", shown)
    assert application.status() == "REVIEW_IN_PROGRESS"

    application.shell.output(*WITHOUT_QUESTION)
    assert application.status() == "CREATE_COMPLETE"


def test_stack_whose_creation_failed(application: Application) -> None:
    application.write("first", FAILING)
    assert application.shell.run(*WITHOUT_QUESTION).returncode == 1
    assert application.status() == "ROLLBACK_COMPLETE"

    # As on AWS, it has to be deleted first; sam says so.
    application.write("first")
    again = application.shell.run(*WITHOUT_QUESTION)
    assert again.returncode == 1
    assert "ROLLBACK_COMPLETE" in again.stdout


@pytest.mark.parametrize("options", [("--code",), ()], ids=["code", "everything"])
def test_sam_sync(application: Application, options: tuple[str, ...]) -> None:
    """https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/using-sam-cli-sync.html"""
    application.write("first")
    application.shell.output(*WITHOUT_QUESTION)
    application.write("second")
    application.shell.output(
        *("sam", "sync", "--stack-name", NAME, "--no-watch", "--no-dependency-layer"),
        *("--capabilities", "CAPABILITY_IAM", *options),
        answer="y\n",
    )
    assert application.get("/hello") == "second"
