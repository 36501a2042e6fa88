"""Validation by the Invoke API, and the fields of its response.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from testbed.machine.waiting import until
from tests.extension.conftest import Clients
from tests.extension.lambda_functions import ROLE, Function, FunctionFactory, bundle

STATE_LIMIT = 10.0
SYNCHRONOUS_LIMIT = 6 * 1024 * 1024
ASYNCHRONOUS_LIMIT = 1024 * 1024

LENGTH = "def handler(event, context): return len(event)"
ECHO_OR_FAIL = """
    def handler(event, context):
        if event == "fail":
            raise ValueError("as told")
        print("handled")
        return event
"""


@pytest.fixture
def function(functions: FunctionFactory) -> Function:
    return functions(ECHO_OR_FAIL)


def error_of(client: Any, **arguments: Any) -> tuple[int, str, str]:
    """Return the status, code and message of an error."""
    with pytest.raises(ClientError) as raised:
        client.invoke(**arguments)
    response: Any = raised.value.response
    error = response["Error"]
    return response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"]


def text_of(size: int) -> bytes:
    """Return a JSON string of the given size in bytes."""
    return b'"' + b"x" * (size - 2) + b'"'


def test_largest_synchronous_event(functions: FunctionFactory, aws: Clients) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
    client, name = aws["lambda"], functions(LENGTH).name
    response = client.invoke(FunctionName=name, Payload=text_of(SYNCHRONOUS_LIMIT))
    assert json.load(response["Payload"]) == SYNCHRONOUS_LIMIT - 2

    assert error_of(client, FunctionName=name, Payload=text_of(SYNCHRONOUS_LIMIT + 1)) == (
        413,
        "RequestEntityTooLargeException",
        "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
    )


def test_largest_asynchronous_event(functions: FunctionFactory, aws: Clients) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
    function = functions("def handler(event, context): print('length', len(event))")
    arguments = {"FunctionName": function.name, "InvocationType": "Event"}
    aws["lambda"].invoke(**arguments, Payload=text_of(ASYNCHRONOUS_LIMIT))
    function.log(until=f"length {ASYNCHRONOUS_LIMIT - 2}\n")

    assert error_of(aws["lambda"], **arguments, Payload=text_of(ASYNCHRONOUS_LIMIT + 1)) == (
        413,
        "RequestEntityTooLargeException",
        "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
    )


@pytest.mark.parametrize("invocation_type", ["RequestResponse", "Event"])
@pytest.mark.parametrize("payload", ["'text'", "{", "NaN", b"\xff"])
def test_event_that_is_not_json(
    function: Function, aws: Clients, invocation_type: str, payload: Any
) -> None:
    status, code, message = error_of(
        aws["lambda"],
        FunctionName=function.name,
        InvocationType=invocation_type,
        Payload=payload,
    )

    assert (status, code) == (400, "InvalidRequestContentException")
    assert message.startswith("Could not parse request body into json: ")
    with pytest.raises(aws["logs"].exceptions.ResourceNotFoundException):
        function.log_streams()


@pytest.mark.parametrize("arguments", [{}, {"Payload": b""}], ids=["none", "empty"])
def test_no_event_is_an_empty_object(
    function: Function, aws: Clients, arguments: dict[str, Any]
) -> None:
    response = aws["lambda"].invoke(FunctionName=function.name, **arguments)

    assert json.load(response["Payload"]) == {}


@pytest.mark.parametrize("qualifier", ["$LATEST", "7", "live"])
def test_function_that_does_not_exist(aws: Clients, name: str, qualifier: str) -> None:
    status, code, message = error_of(aws["lambda"], FunctionName=name, Qualifier=qualifier)

    assert (status, code) == (404, "ResourceNotFoundException")
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}:{qualifier}"
    assert message == f"Function not found: {arn}"


@pytest.mark.parametrize("qualifier", ["7", "live"])
def test_version_and_alias_that_do_not_exist(
    function: Function, aws: Clients, qualifier: str
) -> None:
    status, code, _ = error_of(aws["lambda"], FunctionName=function.name, Qualifier=qualifier)

    assert (status, code) == (404, "ResourceNotFoundException")


@pytest.mark.parametrize("invocation_type", ["RequestResponse", "Event", "DryRun"])
def test_function_that_failed(aws: Clients, name: str, invocation_type: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html"""
    client = aws["lambda"]
    client.create_function(
        FunctionName=name,
        Role=ROLE,
        Runtime="nodejs22.x",
        Handler="index.handler",
        Code={"ZipFile": bundle({"index.js": ""})},
    )
    configuration = client.get_function_configuration
    until(
        lambda: configuration(FunctionName=name)["State"] == "Failed",
        within=STATE_LIMIT,
        what="function in the state Failed",
    )

    status, code, message = error_of(client, FunctionName=name, InvocationType=invocation_type)

    assert (status, code) == (409, "ResourceConflictException")
    assert message.endswith("The function is currently in the following state: Failed")
    client.delete_function(FunctionName=name)


def test_fields_of_a_response(function: Function, aws: Clients) -> None:
    response = aws["lambda"].invoke(FunctionName=function.name, Payload=b'{"a": 1}')

    headers = response["ResponseMetadata"]["HTTPHeaders"]
    assert (response["StatusCode"], response["ExecutedVersion"]) == (200, "$LATEST")
    assert json.load(response["Payload"]) == {"a": 1}
    assert not response.keys() & {"FunctionError", "LogResult"}
    assert not headers.keys() & {"x-amz-function-error", "x-amz-log-result"}


def test_fields_of_a_function_error(function: Function, aws: Clients) -> None:
    response = aws["lambda"].invoke(FunctionName=function.name, Payload=b'"fail"')

    headers = response["ResponseMetadata"]["HTTPHeaders"]
    assert (response["StatusCode"], response["ExecutedVersion"]) == (200, "$LATEST")
    assert response["FunctionError"] == headers["x-amz-function-error"] == "Unhandled"
    assert json.load(response["Payload"])["errorMessage"] == "as told"
    assert "LogResult" not in response


def test_response_contains_the_log_on_request(function: Function, aws: Clients) -> None:
    response = aws["lambda"].invoke(FunctionName=function.name, LogType="Tail")
    assert "handled\n" in base64.b64decode(response["LogResult"]).decode()

    without = aws["lambda"].invoke(FunctionName=function.name, LogType="None")
    assert "LogResult" not in without
