"""Claims of docs/permissions.md that no other test shows."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from testbed.aws.clients import Aws
from tests.conftest import Deployed
from tests.docs.conftest import create_function, policy
from tests.docs.pages import code_spans

NewRole = Callable[..., str]
NewClient = Callable[[str], Any]
_LIMIT_SECONDS = 20


@pytest.fixture
def as_user(
    running_testbed: Deployed, aws: Aws, unique_name: str
) -> Iterator[Callable[..., NewClient]]:
    """Create a user with permissions; return a function that makes its client for a service."""
    iam: Any = aws.client("iam")
    keys: list[str] = []

    def make(*actions: str, **more: Any) -> NewClient:
        iam.create_user(UserName=unique_name)
        iam.put_user_policy(
            UserName=unique_name,
            PolicyName="allowed",
            PolicyDocument=policy(list(actions), **more),
        )
        key = iam.create_access_key(UserName=unique_name)["AccessKey"]
        keys.append(key["AccessKeyId"])
        session = boto3.Session(
            region_name="us-east-1",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )
        untyped: Any = session.client
        return lambda service: untyped(service, endpoint_url=running_testbed.endpoint_url)

    yield make
    for key in keys:
        iam.delete_access_key(UserName=unique_name, AccessKeyId=key)
        iam.delete_user_policy(UserName=unique_name, PolicyName="allowed")
        iam.delete_user(UserName=unique_name)


def test_role_of_a_function_must_trust_lambda(
    aws: Aws, unique_name: str, new_role: NewRole
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html"""
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        create_function(aws.lambda_, unique_name, new_role(service="events"))


def test_role_of_a_schedule_must_trust_scheduler(
    aws: Aws, unique_name: str, new_role: NewRole, queue_arn: str
) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html"""
    with pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler to assume"):
        aws.client("scheduler").create_schedule(
            Name=unique_name,
            ScheduleExpression="rate(1 day)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": queue_arn, "RoleArn": new_role("sqs:*", service="lambda")},
        )


def test_role_of_a_function_must_allow_what_lambda_does_for_it(
    aws: Aws, function: str, queue_arn: str
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
    lambda_ = aws.lambda_
    with pytest.raises(ClientError, match="permissions to call ReceiveMessage on SQS"):
        lambda_.create_event_source_mapping(FunctionName=function, EventSourceArn=queue_arn)
    with pytest.raises(ClientError, match="permissions to call SendMessage on SQS"):
        lambda_.update_function_configuration(
            FunctionName=function, DeadLetterConfig={"TargetArn": queue_arn}
        )
    with pytest.raises(ClientError, match="permissions to call SendMessage on SQS"):
        lambda_.put_function_event_invoke_config(
            FunctionName=function, DestinationConfig={"OnFailure": {"Destination": queue_arn}}
        )


def test_update_of_a_mapping_whose_role_cannot_read_the_queue(
    aws: Aws, unique_name: str, new_role: NewRole, queue_arn: str
) -> None:
    role = new_role("sqs:*")
    function = create_function(aws.lambda_, unique_name, role)
    try:
        mapping = aws.lambda_.create_event_source_mapping(
            FunctionName=function, EventSourceArn=queue_arn
        )["UUID"]
        iam: Any = aws.client("iam")
        iam.put_role_policy(
            RoleName=role.rpartition("/")[2],
            PolicyName="allowed",
            PolicyDocument=policy(["logs:*"]),
        )
        with pytest.raises(ClientError, match="InternalError"):
            aws.lambda_.update_event_source_mapping(UUID=mapping, BatchSize=3)
        aws.lambda_.delete_event_source_mapping(UUID=mapping)
    finally:
        aws.lambda_.delete_function(FunctionName=unique_name)


def test_missing_object_is_403_without_permission_to_list(
    aws: Aws, bucket: str, as_user: Callable[..., NewClient]
) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"""
    with pytest.raises(ClientError, match="NoSuchKey"):
        aws.s3.get_object(Bucket=bucket, Key="none")
    with pytest.raises(ClientError, match="AccessDenied") as failed:
        as_user("s3:GetObject")("s3").get_object(Bucket=bucket, Key="none")
    assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_policies_apply_to_users_but_not_to_the_account(
    aws: Aws, queue: str, as_user: Callable[..., NewClient]
) -> None:
    user = as_user("sqs:SendMessage")
    assert user("sqs").send_message(QueueUrl=queue, MessageBody="allowed")
    with pytest.raises(ClientError, match="is not authorized to perform"):
        user("sqs").receive_message(QueueUrl=queue)
    assert aws.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]


def test_transport_is_secure(queue: str, as_user: Callable[..., NewClient]) -> None:
    secure = {"Bool": {"aws:SecureTransport": "true"}}
    user = as_user("sqs:SendMessage", Condition=secure)
    assert user("sqs").send_message(QueueUrl=queue, MessageBody="by HTTP")


def test_call_of_a_service_without_a_table_of_actions(as_user: Callable[..., NewClient]) -> None:
    user = as_user("secretsmanager:ListSecrets")
    assert "SecretList" in user("secretsmanager").list_secrets()
    with pytest.raises(ClientError, match=r"perform: secretsmanager:CreateSecret on resource: \*"):
        user("secretsmanager").create_secret(Name="denied")


def test_topic_that_is_open_to_everybody(running_testbed: Deployed, aws: Aws, topic: str) -> None:
    query = {"Action": "Publish", "Version": "2010-03-31", "TopicArn": topic, "Message": "hello"}

    def publish() -> int:
        url = running_testbed.endpoint_url
        return requests.post(url, data=query, timeout=_LIMIT_SECONDS).status_code

    assert publish() == 403
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": topic}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document)
    assert publish() == 200


def test_new_bucket_blocks_public_access(aws: Aws, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"""
    block = aws.s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert list(block.values()) == [True] * 4


def test_presigned_url_has_the_permissions_of_its_signer(
    aws: Aws, bucket: str, as_user: Callable[..., NewClient]
) -> None:
    aws.s3.put_object(Bucket=bucket, Key="a.txt", Body=b"content")
    user, which = as_user("s3:GetObject")("s3"), {"Bucket": bucket, "Key": "a.txt"}
    link = user.generate_presigned_url("get_object", Params=which)
    assert requests.get(link, timeout=_LIMIT_SECONDS).text == "content"
    link = user.generate_presigned_url("delete_object", Params=which)
    assert requests.delete(link, timeout=_LIMIT_SECONDS).status_code == 403


def test_signature_is_not_verified(
    running_testbed: Deployed, aws: Aws, bucket: str, queue: str
) -> None:
    scope = "test/20260101/us-east-1/sqs/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    headers = {"Authorization": signature, "X-Amz-Date": "20260101T000000Z"}
    url = f"{running_testbed.endpoint_url}/?Action=ListQueues"
    assert requests.get(url, headers=headers, timeout=_LIMIT_SECONDS).status_code == 200
    aws.s3.put_object(Bucket=bucket, Key="a.txt", Body=b"content")
    link = aws.s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a.txt"})
    forged = re.sub(r"(Signature=)[^&]+", r"\g<1>0", link)
    assert forged != link
    assert requests.get(forged, timeout=_LIMIT_SECONDS).status_code == 200


def test_curl_signs_requests(running_testbed: Deployed, queue: str) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    [written] = [code for code in code_spans("docs/permissions.md") if code.startswith("curl ")]
    options = shlex.split(written.replace("\n", " ").removesuffix("…"))[1:]
    url = f"{running_testbed.endpoint_url}/?Action=ListQueues"
    ended = subprocess.run(
        [curl, "--silent", *options, url],
        capture_output=True,
        text=True,
        timeout=_LIMIT_SECONDS,
        check=True,
    )
    assert queue in ended.stdout
