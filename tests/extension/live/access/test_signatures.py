"""Requests without a signature are anonymous."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.extension.conftest import Clients
from tests.extension.live.access.http import ask


@pytest.mark.parametrize(
    "said",
    ["{}", '{"service_principal":"sns"}', '{"testbed_token":""}', "{", "[]", "[" * 5000],
    ids=lambda said: said[:30],
)
@pytest.mark.parametrize(
    "path", ["/?Action=ListTopics&Version=2010-03-31", "/queue/us-east-1/000000000000/named"]
)
def test_request_that_says_it_is_internal(
    own: Clients, endpoint: str, path: str, said: str
) -> None:
    """LocalStack recognizes its services' calls by a header, which anybody can send."""
    own["sqs"].create_queue(QueueName="named")
    if "queue" in path:
        path += "?Action=GetQueueAttributes"
    answer = ask("GET", endpoint + path, {"x-localstack-data": said})
    assert answer.status_code == 403
    assert "MissingAuthenticationToken" in answer.text


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "code"),
    [
        pytest.param(
            "GET", "/?Action=ListQueues", {}, "", "MissingAuthenticationToken", id="query, GET"
        ),
        pytest.param(
            "POST",
            "/",
            {"Content-Type": "application/x-www-form-urlencoded"},
            "Action=ListTopics&Version=2010-03-31",
            "MissingAuthenticationToken",
            id="query, POST",
        ),
        pytest.param(
            "POST",
            "/",
            {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.ListQueues"},
            "{}",
            "MissingAuthenticationTokenException",
            id="JSON",
        ),
        pytest.param(
            "GET",
            "/2015-03-31/functions/",
            {},
            "",
            "MissingAuthenticationTokenException",
            id="REST",
        ),
        pytest.param(
            "POST",
            "/service/GraniteServiceVersion20100801/operation/ListMetrics",
            {"Smithy-Protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"},
            b"\xbf\xff",
            "MissingAuthenticationTokenException",
            id="CBOR",
        ),
        pytest.param("GET", "/some-bucket", {}, "", "AccessDenied", id="S3"),
        pytest.param(
            "GET",
            "/?Action=GetCallerIdentity&Version=2011-06-15",
            {},
            "",
            "MissingAuthenticationToken",
            id="what every signature may do",
        ),
    ],
)
def test_without_signature(
    endpoint: str, method: str, path: str, headers: dict[str, str], body: Any, code: str
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html"""
    answer = ask(method, endpoint + path, headers, data=body)
    # Services that used Query before answer 400 to all client errors in JSON and CBOR.
    is_newer_protocol = "X-Amz-Target" in headers or "Smithy-Protocol" in headers
    assert answer.status_code == (400 if is_newer_protocol else 403)
    assert code.encode() in answer.content


def test_incomplete_signature(endpoint: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html"""
    for authorization in ("AWS4-HMAC-SHA256 garbage", "Bearer token", "Basic eDp5"):
        headers = {"Authorization": authorization}
        answer = ask("GET", f"{endpoint}/?Action=ListTopics", headers)
        assert answer.status_code == 400
        assert "<Code>IncompleteSignature</Code>" in answer.text
        assert "requires 'Credential' parameter." in answer.text


def test_operation_that_requires_no_signature(endpoint: str) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html"""
    query = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": "arn:aws:iam::000000000000:role/any",
        "RoleSessionName": "any",
        "WebIdentityToken": "token",
    }
    answer = ask("GET", f"{endpoint}/?{urlencode(query)}", {})
    assert "MissingAuthenticationToken" not in answer.text


def test_queue_that_is_open_to_everybody(own: Clients, name: str) -> None:
    queue = own["sqs"].create_queue(QueueName=name)["QueueUrl"]
    send = f"{queue}?Action=SendMessage&MessageBody=hello"
    assert ask("GET", send, {}).status_code == 403
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    own["sqs"].set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    assert ask("GET", send, {}).status_code == 200
    assert ask("GET", f"{queue}?Action=ReceiveMessage", {}).status_code == 403
    assert own["sqs"].receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "hello"
