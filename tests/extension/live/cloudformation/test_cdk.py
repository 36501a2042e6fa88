"""A template that CDK synthesized, deployed by the calls of ``cdk deploy``.

https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
https://docs.aws.amazon.com/cdk/v2/guide/deploy.html
"""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from testbed.machine.waiting import until
from tests.conftest import ROOT
from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import CAPABILITIES
from tests.extension.stacks import await_stack

TOOLKIT = "CDKToolkit"
BOOTSTRAP = ROOT / "docs" / "examples" / "cdk-bootstrap.yaml"
FOLDER = Path(__file__).parent / "cdk"
ACCOUNT, REGION = "000000000000", "us-east-1"
QUALIFIER = "cdk-hnb659fds"
BUCKET = f"{QUALIFIER}-assets-{ACCOUNT}-{REGION}"
ROLE = f"{QUALIFIER}-cfn-exec-role-{ACCOUNT}-{REGION}"
VERSION = "/cdk-bootstrap/hnb659fds/version"
LIMIT = 60.0

HANDLER = """import os

import boto3


def handler(event, context):
    queue = os.environ["QUEUE_URL"]
    boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=event["word"])
    return "{answer}"
"""


class Cloud(NamedTuple):
    """The output of ``cdk synth``."""

    template: str
    assets: dict[str, Any]
    handler: str


def synthesized(answer: str) -> Cloud:
    """Return what CDK makes of cdk/app.js with another answer of its function."""
    template = (FOLDER / "site.template.json").read_text()
    assets = (FOLDER / "site.assets.json").read_text()
    if answer != "first":
        template = template.replace('"first"', f'"{answer}"')
        for old, new in (
            # The hashes of the function's folder and of the template
            (
                "16c941e653d356ab83e7ec9b29ef1317a2fc522c0f902db28ce9e3d8b3e9ab3d",
                "18c24e087ff8ee524995af49ced7ecb9543395a53a3435f36b08bbb88eb10d91",
            ),
            (
                "3ebe66ec36aa170a251a3e9f562ae82859b511091d35c4a29099b5aaa8f159eb",
                "f9842324dab83fc824bc8b6127448249ad6848292fca3be9141c0ddd45db18d8",
            ),
        ):
            template, assets = template.replace(old, new), assets.replace(old, new)
    return Cloud(template, json.loads(assets), HANDLER.replace("{answer}", answer))


class CdkStack:
    """A stack that is deployed as CDK does it."""

    def __init__(self, aws: Clients, name: str) -> None:
        self._aws = aws
        self._cloudformation = aws["cloudformation"]
        self.name = name

    def publish(self, cloud: Cloud) -> str:
        """Upload the assets, and return the template's URL."""
        url = ""
        for asset in cloud.assets["files"].values():
            [destination] = asset["destinations"].values()
            bucket = destination["bucketName"].replace("${AWS::AccountId}", ACCOUNT)
            bucket = bucket.replace("${AWS::Region}", REGION)
            key = destination["objectKey"]
            if asset["source"]["packaging"] == "zip":
                body = zipped({"index.py": cloud.handler})
            else:
                body = cloud.template.encode()
                url = f"https://s3.{REGION}.amazonaws.com/{bucket}/{key}"
            self._aws["s3"].put_object(Bucket=bucket, Key=key, Body=body)
        return url

    def change_set(self, cloud: Cloud) -> dict[str, Any]:
        """Create a change set, and return its final description."""
        parameters: list[dict[str, Any]] = []
        if update := self._exists():
            parameters.append({"ParameterKey": "BootstrapVersion", "UsePreviousValue": True})
            # It succeeds without a change set, too.
            self._cloudformation.delete_change_set(
                StackName=self.name, ChangeSetName="cdk-deploy-change-set"
            )
        made = self._cloudformation.create_change_set(
            StackName=self.name,
            ChangeSetName="cdk-deploy-change-set",
            ChangeSetType="UPDATE" if update else "CREATE",
            Description=f"CDK Changeset for execution {uuid.uuid4()}",
            ClientToken=f"create{uuid.uuid4()}",
            ImportExistingResources=True,
            TemplateURL=self.publish(cloud),
            Parameters=parameters,
            RoleARN=f"arn:aws:iam::{ACCOUNT}:role/{ROLE}",
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        )

        def ended() -> dict[str, Any] | None:
            found = dict(self._cloudformation.describe_change_set(ChangeSetName=made["Id"]))
            return found if found["Status"] in ("CREATE_COMPLETE", "FAILED") else None

        return until(ended, within=LIMIT, what="end of the change set")

    def deploy(self, cloud: Cloud) -> str:
        """Deploy, and return the stack's status."""
        change_set = self.change_set(cloud)
        assert change_set["Status"] == "CREATE_COMPLETE", change_set["StatusReason"]
        self._cloudformation.execute_change_set(
            StackName=self.name,
            ChangeSetName="cdk-deploy-change-set",
            ClientRequestToken=f"exec{uuid.uuid4()}",
            DisableRollback=False,
        )
        return self._settled()

    def describe(self) -> dict[str, Any]:
        [stack] = self._cloudformation.describe_stacks(StackName=self.name)["Stacks"]
        return dict(stack)

    def outputs(self) -> dict[str, str]:
        return {each["OutputKey"]: each["OutputValue"] for each in self.describe()["Outputs"]}

    def physical_ids(self) -> dict[str, str]:
        found = self._cloudformation.describe_stack_resources(StackName=self.name)
        return {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for each in found["StackResources"]
        }

    def delete(self) -> None:
        if self._exists():
            self._cloudformation.delete_stack(StackName=self.name)
            until(lambda: not self._exists(), within=LIMIT, what="deletion of the stack")

    def _exists(self) -> bool:
        try:
            return bool(self.describe()["StackStatus"] != "REVIEW_IN_PROGRESS")
        except self._cloudformation.exceptions.ClientError as error:
            if "does not exist" not in str(error):
                raise
            return False

    def _settled(self) -> str:
        def status() -> str | None:
            found = str(self.describe()["StackStatus"])
            return None if found.endswith("_IN_PROGRESS") else found

        return until(status, within=LIMIT, what="end of the deployment")


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


@pytest.fixture
def bootstrapped(aws: Clients) -> Iterator[None]:
    """What ``cdk bootstrap`` makes of the template that the documentation recommends."""
    client = aws["cloudformation"]
    body = BOOTSTRAP.read_text()
    client.create_stack(StackName=TOOLKIT, TemplateBody=body, Capabilities=CAPABILITIES)
    await_stack(client, TOOLKIT, "create")
    yield
    for each in aws["s3"].list_objects_v2(Bucket=BUCKET).get("Contents", ()):
        aws["s3"].delete_object(Bucket=BUCKET, Key=each["Key"])
    client.delete_stack(StackName=TOOLKIT)
    await_stack(client, TOOLKIT, "delete")


@pytest.fixture
def stack(aws: Clients, name: str, bootstrapped: None) -> Iterator[CdkStack]:
    made = CdkStack(aws, name)
    yield made
    made.delete()


def invoke(aws: Clients, function: str, word: str) -> str:
    payload = json.dumps({"word": word})
    answer = aws["lambda"].invoke(FunctionName=function, Payload=payload)
    text: str = json.load(answer["Payload"])
    return text


def words(aws: Clients, queue: str, number: int) -> set[str]:
    """Wait until a queue has this many messages, and return them; they stay there."""

    def found() -> set[str] | None:
        answer = aws["sqs"].receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        bodies = {each["Body"] for each in answer.get("Messages", ())}
        return bodies if len(bodies) == number else None

    return until(found, within=LIMIT, what="messages")


def test_deploying_twice(aws: Clients, stack: CdkStack) -> None:
    assert stack.deploy(synthesized("first")) == "CREATE_COMPLETE"

    outputs, ids = stack.outputs(), stack.physical_ids()
    # Its condition is true in the regions that CDK knows.
    assert "CDKMetadata" in ids
    [version] = stack.describe()["Parameters"]
    assert (version["ParameterValue"], version["ResolvedValue"]) == (VERSION, "33")
    assert invoke(aws, outputs["FunctionName"], "said") == "first"
    aws["sns"].publish(TopicArn=outputs["TopicArn"], Message="published")
    assert words(aws, outputs["QueueUrl"], 2) == {"said", "published"}

    change_set = stack.change_set(synthesized("second"))
    changes = {
        change["ResourceChange"]["LogicalResourceId"]: (
            change["ResourceChange"]["Action"],
            change["ResourceChange"].get("Replacement"),
        )
        for change in change_set["Changes"]
    }
    assert changes["SpeakerEAD06D24"] == ("Modify", "False")
    assert changes["NewsE995708C"] == ("Modify", "False")
    assert stack.deploy(synthesized("second")) == "UPDATE_COMPLETE"

    assert stack.outputs() == outputs
    assert stack.physical_ids() == ids
    assert invoke(aws, outputs["FunctionName"], "again") == "second"
    topic = aws["sns"].get_topic_attributes(TopicArn=outputs["TopicArn"])["Attributes"]
    assert topic["DisplayName"] == "second"
    assert words(aws, outputs["QueueUrl"], 3) == {"said", "published", "again"}

    unchanged = stack.change_set(synthesized("second"))
    assert unchanged["Status"] == "FAILED"
    assert "didn't contain changes" in unchanged["StatusReason"]


def test_an_account_that_is_bootstrapped_with_an_old_version(aws: Clients, stack: CdkStack) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html"""
    aws["ssm"].put_parameter(Name=VERSION, Type="String", Value="5", Overwrite=True)
    with pytest.raises(
        aws["cloudformation"].exceptions.ClientError, match="CDK bootstrap stack version 6 required"
    ):
        stack.change_set(synthesized("first"))


def test_an_account_that_is_not_bootstrapped(aws: Clients, name: str) -> None:
    with pytest.raises(
        aws["cloudformation"].exceptions.ClientError, match="Unable to fetch parameters"
    ):
        aws["cloudformation"].create_change_set(
            StackName=name,
            ChangeSetName="cdk-deploy-change-set",
            ChangeSetType="CREATE",
            TemplateBody=synthesized("first").template,
            Capabilities=["CAPABILITY_IAM"],
        )
