"""The log of one invocation among those of others."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from testbed.aws.clients import Aws
from testbed.aws.invocation import Invocation
from testbed.aws.invocation_log import invocation_log

REPORT = (
    "REPORT RequestId: r1\tDuration: 1.32 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\t"
    "Max Memory Used: 61 MB\tInit Duration: 20.10 ms\t\n"
)
FIGURES = {
    "Duration": "1.32 ms",
    "Billed Duration": "2 ms",
    "Memory Size": "128 MB",
    "Max Memory Used": "61 MB",
    "Init Duration": "20.10 ms",
}


class FakeAws:
    """CloudWatch Logs with fixed log events."""

    def __init__(self, logged: list[tuple[str, str]] | None = None) -> None:
        self._logged = logged
        self.logs = self

    def get_paginator(self, _operation: str) -> FakeAws:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        if self._logged is None:
            error: Any = {"Error": {"Code": "ResourceNotFoundException", "Message": ""}}
            raise ClientError(error, "FilterLogEvents")
        events = [
            {"logStreamName": stream, "timestamp": number, "message": message}
            for number, (stream, message) in enumerate(self._logged)
        ]
        return [{"events": events[:1]}, {"events": events[1:]}]


def log_of(logged: list[tuple[str, str]] | None, *tail: str) -> Any:
    aws = cast(Aws, FakeAws(logged))
    invocation = Invocation("r1", 200, tail=tail)
    return invocation_log(aws, "/aws/lambda/monitor", invocation, datetime.now(UTC), within=0)


def test_log_of_one_invocation_of_several() -> None:
    log = log_of(
        [
            ("a", "START RequestId: r0 Version: $LATEST\n"),
            ("a", "other\n"),
            ("a", "END RequestId: r0\n"),
            ("a", "REPORT RequestId: r0\tDuration: 9 ms\n"),
            ("b", "INIT_START Runtime Version\n"),
            ("a", "START RequestId: r1 Version: $LATEST\n"),
            ("a", "hello r2\n"),
            ("b", "START RequestId: r2 Version: $LATEST\n"),
            ("b", "elsewhere\n"),
            ("a", "END RequestId: r1\n"),
            ("a", REPORT),
            ("a", "START RequestId: r3 Version: $LATEST\n"),
        ]
    )
    assert [line.message for line in log.lines] == ["hello r2"]
    assert log.report == FIGURES
    assert log.complete
    assert log.timed


def test_log_of_a_cold_start_has_its_initialization() -> None:
    log = log_of(
        [("a", "INIT_START v\n"), ("a", "loaded\n"), ("a", "START RequestId: r1\n"), ("a", REPORT)]
    )
    assert [line.message for line in log.lines] == ["INIT_START v", "loaded"]


def test_log_format_json() -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html"""
    metrics = {"durationMs": 1.5, "billedDurationMs": 2, "memorySizeMB": 128, "maxMemoryUsedMB": 61}
    report = {"type": "platform.report", "record": {"requestId": "r1", "metrics": metrics}}
    log = log_of(
        [
            ("a", '{"type": "platform.start", "record": {"requestId": "r1"}}'.replace(": ", ":")),
            ("a", '{"message": "hello"}'),
            ("a", json.dumps(report)),
        ]
    )
    assert [line.message for line in log.lines] == ['{"message": "hello"}']
    assert log.report == {
        "Duration": "1.5 ms",
        "Billed Duration": "2 ms",
        "Memory Size": "128 MB",
        "Max Memory Used": "61 MB",
    }


@pytest.mark.parametrize("logged", [None, [("a", "START RequestId: r0\n")]])
def test_tail_if_cloudwatch_does_not_have_the_log(logged: list[tuple[str, str]] | None) -> None:
    log = log_of(logged, "START RequestId: r1", "hello", "END RequestId: r1", REPORT)
    assert ([line.message for line in log.lines], log.report) == (["hello"], FIGURES)
    assert log.complete
    assert not log.timed
    assert log_of(logged, "another emulator's").complete
    log = log_of(logged, "lo" * 2048, "END RequestId: r1", REPORT)
    assert not log.complete
    assert log_of(logged).lines == []
