"""Invocations: checks of events, and results."""

from __future__ import annotations

import base64
import io
import json
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from testbed.aws.clients import Aws
from testbed.aws.invocation import (
    MOST_ASYNCHRONOUS_BYTES,
    MOST_SYNCHRONOUS_BYTES,
    check_event,
    invoke,
)
from testbed.errors import TestbedError


class FakeAws:
    """Lambda with a fixed answer."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self.patient_lambda = self
        self.called: dict[str, Any] = {}

    def invoke(self, **arguments: Any) -> Any:
        self.called = arguments
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def answer(payload: str = "null", **fields: Any) -> dict[str, Any]:
    return {
        "StatusCode": 200,
        "ExecutedVersion": "$LATEST",
        "Payload": io.BytesIO(payload.encode()),
        "ResponseMetadata": {"RequestId": "r1"},
        **fields,
    }


@pytest.mark.parametrize("text", ["{}", "null", " [1, 2]\n", '"ü"'])
def test_json_is_an_event(text: str) -> None:
    check_event(text.encode(), "event.json")


@pytest.mark.parametrize(
    ("event", "message", "details"),
    [
        (b'{"a": 1,\n "b" 2}', "Expecting ':' delimiter, line 2, column 6.", ' "b" 2}\n     ^'),
        (b"", "Expecting value, line 1, column 1.", ""),
        (b'"\xff"', "byte 1 is not UTF-8", ""),
        (b'{"a": NaN}', "it contains NaN", ""),
        (b"[" * 100_000, "nested too deeply", ""),
    ],
)
def test_invalid_json_is_located(event: bytes, message: str, details: str) -> None:
    with pytest.raises(TestbedError) as raised:
        check_event(event, "event.json")
    assert raised.value.message.startswith("event.json is n")
    assert message in raised.value.message
    assert raised.value.details == details


def test_a_long_line_is_shown_around_the_column() -> None:
    with pytest.raises(TestbedError) as raised:
        check_event(b'["' + b"x" * 500 + b'", y]', "event.json")
    line, mark = raised.value.details.splitlines()
    assert len(line) < 130
    assert line[mark.index("^")] == "y"


def test_size_limits() -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

    def text(size: int) -> bytes:
        return b'"' + b"x" * (size - 2) + b'"'

    check_event(text(MOST_SYNCHRONOUS_BYTES), "event.json")
    check_event(text(MOST_ASYNCHRONOUS_BYTES), "event.json", asynchronous=True)
    with pytest.raises(TestbedError, match="at most 6,291,456 bytes for a synchronous"):
        check_event(text(MOST_SYNCHRONOUS_BYTES + 1), "event.json")
    with pytest.raises(TestbedError, match="at most 1,048,576 bytes for an asynchronous"):
        check_event(text(MOST_ASYNCHRONOUS_BYTES + 1), "event.json", asynchronous=True)


def test_result() -> None:
    tail = base64.b64encode(b"START RequestId: r1\nhello\n").decode()
    aws = FakeAws(answer('{"a": 1.10}', LogResult=tail))
    made = invoke(cast(Aws, aws), "monitor", b"{}", qualifier="live")
    assert aws.called == {
        "FunctionName": "monitor", "Qualifier": "live", "Payload": b"{}", "LogType": "Tail"
    }  # fmt: skip
    assert (made.request_id, made.payload, made.error) == ("r1", '{"a": 1.10}', None)
    assert made.tail == ("START RequestId: r1", "hello")


def test_asynchronous() -> None:
    aws = FakeAws(answer("", StatusCode=202))
    made = invoke(cast(Aws, aws), "monitor", b"{}", asynchronous=True)
    assert aws.called["InvocationType"] == "Event"
    assert "LogType" not in aws.called
    assert (made.status, made.payload) == (202, "")


@pytest.mark.parametrize(
    ("payload", "kind", "message", "stack"),
    [
        (
            json.dumps(
                {
                    "errorType": "ValueError",
                    "errorMessage": "no",
                    "stackTrace": ['  File "/var/task/app.py", line 1, in handler\n    x\n'],
                }
            ),
            "ValueError",
            "no",
            ('  File "/var/task/app.py", line 1, in handler', "    x"),
        ),
        ('{"errorMessage": "Task timed out"}', "", "Task timed out", ()),
        ('"text"', "", '"text"', ()),
        ("not JSON", "", "not JSON", ()),
    ],
)
def test_function_error(payload: str, kind: str, message: str, stack: tuple[str, ...]) -> None:
    aws = FakeAws(answer(payload, FunctionError="Unhandled"))
    error = invoke(cast(Aws, aws), "monitor", b"{}").error
    assert error is not None
    assert (error.kind, error.type, error.message, error.stack) == (
        "Unhandled", kind, message, stack
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("TooManyRequestsException", "get-function-concurrency --function-name monitor"),
        ("ResourceNotFoundException", "list-aliases --function-name monitor"),
        ("ServiceException", ""),
    ],
)
def test_lambda_does_not_invoke(code: str, advice: str) -> None:
    error = ClientError({"Error": {"Code": code, "Message": "Rate exceeded"}}, "Invoke")
    with pytest.raises(TestbedError) as raised:
        invoke(cast(Aws, FakeAws(error)), "monitor", b"{}", qualifier="2")
    assert raised.value.message == f"Lambda did not invoke monitor:2: {code}: Rate exceeded"
    assert advice in raised.value.advice
