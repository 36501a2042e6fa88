"""Destinations of asynchronous invocations, and the format of their records.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

import json
import re

import pytest

from tests.extension.conftest import Clients
from tests.extension.events import ECHO, FAIL, Events, on_failure
from tests.extension.lambda_functions import FunctionFactory
from tests.extension.receivers import QueueReceiver


@pytest.fixture
def receiver(aws: Clients) -> QueueReceiver:
    return QueueReceiver(aws["sqs"])


def test_record_of_a_success(
    functions: FunctionFactory, aws: Clients, receiver: QueueReceiver
) -> None:
    function = functions(ECHO)
    events = Events(aws, function)
    events.configure(DestinationConfig={"OnSuccess": {"Destination": receiver.arn}})

    request_id = events.send({"mark": 1})

    record = receiver.take().json
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record.pop("timestamp"))
    assert record == {
        "version": "1.0",
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"{function.arn}:$LATEST",
            "condition": "Success",
            "approximateInvokeCount": 1,
        },
        "requestPayload": {"mark": 1},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"},
        "responsePayload": {"echo": {"mark": 1}},
    }


def test_record_of_a_failure(
    functions: FunctionFactory, aws: Clients, receiver: QueueReceiver
) -> None:
    function = functions(FAIL)
    events = Events(aws, function)
    events.configure(DestinationConfig=on_failure(receiver.arn))

    request_id = events.send("mark")

    record = receiver.take().json
    assert record["requestContext"] == {
        "requestId": request_id,
        "functionArn": f"{function.arn}:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 3,
    }
    assert record["requestPayload"] == "mark"
    assert record["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert record["responsePayload"]["errorMessage"] == "too high"
    assert record["responsePayload"]["errorType"] == "ValueError"


def test_topic_as_destination(
    functions: FunctionFactory, aws: Clients, receiver: QueueReceiver, name: str
) -> None:
    topic = aws["sns"].create_topic(Name=name)["TopicArn"]
    aws["sns"].subscribe(TopicArn=topic, Protocol="sqs", Endpoint=receiver.arn)
    events = Events(aws, functions(ECHO))
    events.configure(DestinationConfig={"OnSuccess": {"Destination": topic}})

    events.send("mark")

    assert json.loads(receiver.take().json["Message"])["requestPayload"] == "mark"


def test_function_as_destination(functions: FunctionFactory, aws: Clients) -> None:
    events, destination = Events(aws, functions(ECHO)), functions(ECHO)
    events.configure(DestinationConfig={"OnSuccess": {"Destination": destination.arn}})

    request_id = events.send("mark")

    assert f"'requestId': '{request_id}'" in destination.log(until="REPORT")


@pytest.mark.parametrize(
    ("source", "result"), [(ECHO, "Success"), (FAIL, "Failure")], ids=["success", "failure"]
)
def test_event_bus_as_destination(
    functions: FunctionFactory,
    aws: Clients,
    receiver: QueueReceiver,
    name: str,
    source: str,
    result: str,
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"""
    client = aws["events"]
    bus = client.create_event_bus(Name=name)["EventBusArn"]
    pattern = json.dumps({"source": ["lambda"]})
    client.put_rule(Name=name, EventBusName=name, EventPattern=pattern)
    target = {"Id": "queue", "Arn": receiver.arn}
    client.put_targets(Rule=name, EventBusName=name, Targets=[target])
    function = functions(source)
    events = Events(aws, function)
    events.configure(
        MaximumRetryAttempts=0,
        DestinationConfig={f"On{result}": {"Destination": bus}},
    )

    request_id = events.send("mark")

    sent = receiver.take().json
    assert sent["source"] == "lambda"
    assert sent["detail-type"] == f"Lambda Function Invocation Result - {result}"
    assert sent["resources"] == [bus, f"{function.arn}:$LATEST"]
    assert sent["detail"]["requestContext"]["requestId"] == request_id


def test_settings_and_record_of_an_alias(
    functions: FunctionFactory, aws: Clients, receiver: QueueReceiver
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html"""
    function = functions(FAIL)
    function.publish()
    aws["lambda"].create_alias(FunctionName=function.name, Name="live", FunctionVersion="1")
    events = Events(aws, function)
    events.configure(
        Qualifier="live", MaximumRetryAttempts=0, DestinationConfig=on_failure(receiver.arn)
    )

    events.send("mark", Qualifier="live")

    record = receiver.take().json
    assert record["requestContext"]["functionArn"] == f"{function.arn}:live"
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert record["responseContext"]["executedVersion"] == "1"
