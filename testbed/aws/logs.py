"""The functions' logs in CloudWatch Logs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_logs.type_defs import FilteredLogEventTypeDef

    from testbed.aws.clients import Aws

_FOLLOW_SECONDS = 0.3
# How much later than a newer line an older one may arrive: functions send lines in batches.
_LATEST = timedelta(seconds=10)


@dataclass(frozen=True)
class LogLine:
    """One log event.

    Parameters
    ----------
    id
        CloudWatch's event id, or a text that is most likely unique.
    """

    id: str
    function: str
    time: datetime
    message: str


def log_lines(aws: Aws, functions: list[str], since: datetime) -> list[LogLine]:
    """Return the log lines of functions since a moment, sorted by time."""
    lines = [line for function in functions for line in _function_lines(aws, function, since)]
    # The sort is stable: lines of a function with equal times keep their order.
    return sorted(lines, key=lambda line: line.time)


def _function_lines(aws: Aws, function: str, since: datetime) -> Iterator[LogLine]:
    pages = aws.logs.get_paginator("filter_log_events").paginate(
        logGroupName=f"/aws/lambda/{function}", startTime=int(since.timestamp() * 1000)
    )
    try:
        for page in pages:
            for event in page["events"]:
                yield LogLine(
                    id=_identifier(event),
                    function=function,
                    time=datetime.fromtimestamp(event["timestamp"] / 1000, UTC),
                    message=event["message"].rstrip("\r\n"),
                )
    except aws.logs.exceptions.ResourceNotFoundException:
        return  # the function has not run yet, so it has no log group


def _identifier(event: FilteredLogEventTypeDef) -> str:
    """Return a log event's id, or a substitute, since it is optional.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilteredLogEvent.html
    """
    known = f"{event.get('logStreamName')} {event['timestamp']} {event['message']}"
    return event.get("eventId", known)


def follow_logs(aws: Aws, functions: list[str], since: datetime) -> Iterator[LogLine]:
    """Yield the log lines of functions since a moment, and new ones as they arrive.

    Each request repeats the last seconds, since older lines may arrive late; known lines are
    skipped.
    """
    seen: dict[str, datetime] = {}
    start = since
    while True:
        for line in log_lines(aws, functions, start):
            if line.id not in seen:
                seen[line.id] = line.time
                yield line
        if seen:
            start = max(start, max(seen.values()) - _LATEST)
            seen = {identity: when for identity, when in seen.items() if when >= start}
        time.sleep(_FOLLOW_SECONDS)
