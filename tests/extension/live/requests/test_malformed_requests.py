"""Malformed requests, one of each kind; test_hostile_requests.py has many."""

import pytest
import requests

from tests.extension.conftest import Clients
from tests.extension.live.access.http import LIMIT_SECONDS, ask, signed
from tests.extension.live.websockets import HANDSHAKE


@pytest.mark.parametrize("lacking", sorted(HANDSHAKE.keys() - {"Upgrade", "Connection"}))
def test_malformed_websocket(localstack_endpoint: str, lacking: str) -> None:
    headers = {name: value for name, value in HANDSHAKE.items() if name != lacking}
    assert ask("GET", localstack_endpoint, headers).status_code == 400
    assert (
        ask("GET", localstack_endpoint, headers | {"Sec-WebSocket-Version": "99"}).status_code
        == 400
    )


def test_message_attribute_without_data_type(
    aws: Clients, localstack_endpoint: str, name: str
) -> None:
    topic = aws["sns"].create_topic(Name=name)["TopicArn"]
    form = {
        "Action": "Publish",
        "Version": "2010-03-31",
        "TopicArn": topic,
        "Message": "hello",
        "MessageAttributes.entry.1.Name": "a",
        "MessageAttributes.entry.1.Value.StringValue": "b",
    }
    answer = ask("POST", localstack_endpoint, signed("sns"), data=form)
    assert answer.status_code == 400
    assert "<Code>ValidationError</Code>" in answer.text
    assert "messageAttributes.a.member.dataType" in answer.text


def test_boolean_in_a_query_string(aws: Clients, name: str) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/api/API_GetApiKey.html"""
    key = aws["apigateway"].create_api_key(name=name)
    found = aws["apigateway"].get_api_key(apiKey=key["id"], includeValue=True)
    assert found["value"] == key["value"]
    assert "value" not in aws["apigateway"].get_api_key(apiKey=key["id"], includeValue=False)


@pytest.mark.parametrize(
    ("service", "target", "body", "code"),
    [
        ("sqs", "AmazonSQS.SendMessage", '{"QueueUrl": ', "SerializationException"),
        ("sqs", "AmazonSQS.SendMessage", '{"QueueUrl": 5, "MessageBody": "a"}', "Serialization"),
        ("sqs", "AmazonSQS.SendMessage", "{}", "MissingParameter"),
        ("sqs", "AmazonSQS.Nope", "{}", "UnknownOperationException"),
        ("events", "AWSEvents.PutRule", "{}", "ValidationException"),
        ("events", "AWSEvents.PutEvents", '{"Entries": [{"Detail": "\\ud800"}]}', "Serialization"),
    ],
)
def test_malformed_json(
    localstack_endpoint: str, service: str, target: str, body: str, code: str
) -> None:
    version = "1.0" if service == "sqs" else "1.1"
    headers = {"X-Amz-Target": target, "Content-Type": f"application/x-amz-json-{version}"}
    answer = ask("POST", localstack_endpoint, headers | signed(service), data=body)
    assert answer.status_code == 400
    assert code in answer.json()["__type"]


@pytest.mark.parametrize("body", [b"\xff", b'{"a":' * 20_000, b'{"seconds": 1e999}', b"[]"])
def test_malformed_bodies_of_our_endpoints(localstack_endpoint: str, body: bytes) -> None:
    for method, path in (("PUT", "/_testbed/faults"), ("POST", "/_testbed/clock/advance")):
        assert ask(method, localstack_endpoint + path, {}, data=body).status_code in (
            400,
            401,
            403,
        ), path


@pytest.mark.parametrize("path", ["/moto-api/reset", "/health", "/2021-10-31/functions/x/url"])
def test_unknown_path_is_not_found(localstack_endpoint: str, path: str) -> None:
    answer = requests.post(f"{localstack_endpoint}{path}", timeout=LIMIT_SECONDS)
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})
