"""Resources on the running testbed for tests of the documentation's claims."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from testbed.aws.clients import Aws
from tests.conftest import Deployed

_SOURCE = """\
import json, os

def handler(event, context):
    seen = {"cores": os.cpu_count(), "body": event.get("body")}
    return {"statusCode": 200, "body": json.dumps(seen)}
"""


def policy(actions: list[str], **more: Any) -> str:
    """Return a policy that allows actions on all resources."""
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _trust(service: str) -> str:
    principal = {
        "Service": f"{service}.amazonaws.com",
        "AWS": "arn:aws:iam::000000000000:root",
    }
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def aws(running_testbed: Deployed) -> Aws:
    return running_testbed.aws


@pytest.fixture
def new_role(aws: Aws, unique_name: str) -> Iterator[Callable[..., str]]:
    """Create roles that a service and the account can assume and that allow some actions."""
    iam: Any = aws.client("iam")
    names: list[str] = []

    def create(*actions: str, service: str = "lambda") -> str:
        name = f"{unique_name}-{len(names)}"
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_trust(service))
        iam.put_role_policy(
            RoleName=name, PolicyName="allowed", PolicyDocument=policy([*actions, "logs:*"])
        )
        names.append(name)
        return str(role["Role"]["Arn"])

    yield create
    for name in names:
        iam.delete_role_policy(RoleName=name, PolicyName="allowed")
        iam.delete_role(RoleName=name)


def bundle() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", _SOURCE)
    return content.getvalue()


def create_function(lambda_: Any, name: str, role: str) -> str:
    """Create a function and return its ARN."""
    created = lambda_.create_function(
        FunctionName=name,
        Role=role,
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": bundle()},
        Publish=True,
    )
    delay = {"Delay": 0.05, "MaxAttempts": 400}
    lambda_.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=delay)
    return str(created["FunctionArn"]).removesuffix(":1")


@pytest.fixture
def function(aws: Aws, unique_name: str, new_role: Callable[..., str]) -> Iterator[str]:
    """Create a function with a version, and return its ARN."""
    yield create_function(aws.lambda_, unique_name, new_role())
    aws.lambda_.delete_function(FunctionName=unique_name)


@pytest.fixture
def queue(aws: Aws, unique_name: str) -> Iterator[str]:
    url = aws.sqs.create_queue(QueueName=unique_name)["QueueUrl"]
    yield url
    aws.sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def topic(aws: Aws, unique_name: str) -> Iterator[str]:
    arn = aws.sns.create_topic(Name=unique_name)["TopicArn"]
    yield arn
    aws.sns.delete_topic(TopicArn=arn)


@pytest.fixture
def bucket(aws: Aws, unique_name: str) -> Iterator[str]:
    aws.s3.create_bucket(Bucket=unique_name)
    yield unique_name
    for found in aws.s3.list_objects_v2(Bucket=unique_name).get("Contents", []):
        aws.s3.delete_object(Bucket=unique_name, Key=found["Key"])
    aws.s3.delete_bucket(Bucket=unique_name)


@pytest.fixture
def queue_arn(aws: Aws, queue: str) -> str:
    attributes = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    return attributes["Attributes"]["QueueArn"]
