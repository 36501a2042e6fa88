"""Log lines as people and programs read them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from testbed.aws.clients import Aws
from testbed.aws.log_messages import readable
from testbed.aws.logs import LogLine, LogSource, chosen_sources, with_request_ids
from testbed.errors import TestbedError

FIRST, SECOND = (f"00000000-0000-0000-0000-00000000000{number}" for number in (1, 2))
FRAMES = '  File "/var/task/app.py", line 4, in handler\n    return 1 / 0\n'
AS_PYTHON = (
    f"[ERROR] Traceback (most recent call last):\n{FRAMES}ZeroDivisionError: division by zero"
)


class Functions:
    """Lambda's API, with two functions."""

    def get_paginator(self, _name: str) -> Functions:
        return self

    def paginate(self) -> list[dict[str, Any]]:
        return [{"Functions": [{"FunctionName": "worker"}, {"FunctionName": "api"}]}]


AWS = cast(Aws, SimpleNamespace(lambda_=Functions(), region="us-east-1"))


def line(message: str, stream: str = "one", function: str = "f") -> LogLine:
    moment = datetime(2026, 11, 24, 12, 0, 0, 123_000, UTC)
    return LogLine(message, function, moment, message, stream)


@pytest.mark.parametrize("line_break", ["\n", "\r"])
def test_traceback_is_as_python_prints_it(line_break: str) -> None:
    frames = FRAMES.rstrip().replace("  ", "\u00a0\u00a0")
    message = (
        f"[ERROR] ZeroDivisionError: division by zero\nTraceback (most recent call last):\n{frames}"
    )
    assert readable(message.replace("\n", line_break)) == AS_PYTHON


def test_traceback_in_json_is_as_python_prints_it() -> None:
    error = {"errorType": "ZeroDivisionError", "errorMessage": "division by zero"}
    frames = {"stackTrace": FRAMES.splitlines(keepends=True)}
    assert readable(json.dumps({"level": "ERROR", **error, **frames})) == AS_PYTHON
    logged = json.dumps({"level": "ERROR", "message": "oh", **error, **frames})
    assert readable(logged) == f"[ERROR] oh\n{AS_PYTHON.removeprefix('[ERROR] ')}"


def test_files_are_named_as_asked() -> None:
    drawn = readable(f"Traceback (most recent call last):\n{FRAMES}", lambda path: path[10:])
    assert '  File "app.py", line 4, in handler' in drawn


@pytest.mark.parametrize("message", ["plain", "a\nb", '{"level": "INFO"}', "{", "[ERROR] oh"])
def test_other_messages_are_unchanged(message: str) -> None:
    assert readable(message) == message


def test_lines_belong_to_the_invocation_between_start_and_report() -> None:
    messages = [
        ("INIT_START", None),
        (f"START RequestId: {FIRST} Version: $LATEST", FIRST),
        ("hello", FIRST),
        (f"[INFO]\t2026-11-24T12:00:00.000Z\t{FIRST}\thello", FIRST),
        (f"REPORT RequestId: {FIRST}\tDuration: 1 ms", FIRST),
        ("from a background thread", None),
        (json.dumps({"type": "platform.start", "record": {"requestId": SECOND}}), SECOND),
        ('{"a": 1}', SECOND),
        (json.dumps({"type": "platform.report", "record": {"requestId": SECOND}}), SECOND),
        ("later", None),
    ]
    found = with_request_ids(line(message) for message, _ in messages)
    assert [(each.message, each.request_id) for each in found] == messages


def test_streams_are_told_apart() -> None:
    lines = [line(f"START RequestId: {FIRST} Version: 1"), line("other", stream="two")]
    assert [each.request_id for each in with_request_ids(lines)] == [FIRST, None]


def test_line_as_json() -> None:
    assert line('{"a": 1}').as_json() == {
        "time": "2026-11-24T12:00:00.123Z",
        "function": "f",
        "request_id": None,
        "stream": "one",
        "message": '{"a": 1}',
        "json": {"a": 1},
    }


def test_unknown_function_is_an_error_that_names_similar_ones() -> None:
    known = [LogSource.of("worker"), LogSource.of("api")]
    assert chosen_sources(AWS, [], known, []) == known
    assert chosen_sources(AWS, ["api"], known, []) == known[1:]
    with pytest.raises(TestbedError) as raised:
        chosen_sources(AWS, ["wroker"], known, [])
    assert raised.value.advice == "Did you mean worker? The functions are: api, worker."


def test_streams_of_a_shared_log_group() -> None:
    source = LogSource("api", "ours", shared=True)
    assert source.has("2026/11/24/api[$LATEST]0")
    assert not source.has("2026/11/24/public-api[$LATEST]0")
