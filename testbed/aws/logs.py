"""The functions' logs in CloudWatch Logs."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from testbed.aws.functions import find_function, stack_functions
from testbed.aws.log_messages import is_platform_line, parsed

if TYPE_CHECKING:
    from types_boto3_logs.type_defs import FilteredLogEventTypeDef

    from testbed.aws.clients import Aws

_FOLLOW_SECONDS = 0.3
# How often it is checked whether there are new functions.
_FUNCTIONS_SECONDS = 2.0
# How much later than a newer line an older one may arrive: functions send lines in batches.
_LATEST = timedelta(seconds=10)

_LAMBDA_GROUPS = "/aws/lambda/"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# Lines of Lambda, and of Python's logging in a function: level, time and request id.
_REQUEST_ID = re.compile(rf"(?:\bRequestId: |^\[[A-Z]+\]\t[^\t]*\t)({_UUID})")


@dataclass(frozen=True)
class LogSource:
    """Where the log of a function is.

    Parameters
    ----------
    shared
        Whether other functions may use the log group, too: its name is in the log streams' names
        then. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
    """

    function: str
    group: str
    shared: bool = False

    @classmethod
    def of(cls, function: str) -> LogSource:
        """Return the usual place of a function's log."""
        return cls(function, f"{_LAMBDA_GROUPS}{function}")

    def has(self, stream: str) -> bool:
        """Return whether a log stream of the group is of this function."""
        return not self.shared or f"/{self.function}[" in stream


@dataclass(frozen=True)
class LogLine:
    """One log event.

    Parameters
    ----------
    id
        CloudWatch's event id, or a text that is most likely unique.
    request_id
        The invocation that it belongs to, if that is known.

    Examples
    --------
    ::

        from testbed import LogLine, Logs


        def test_nothing_was_logged(logs: Logs) -> None:
            lines: list[LogLine] = logs.lines()
            assert [line.message for line in lines] == []
    """

    id: str
    function: str
    time: datetime
    message: str
    stream: str = ""
    request_id: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the line as an object for JSON, with the object in a structured message."""
        moment = self.time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {
            "time": moment,
            "function": self.function,
            "request_id": self.request_id,
            "stream": self.stream,
            "message": self.message,
            "json": parsed(self.message),
        }


def log_sources(aws: Aws, stack_name: str | None = None) -> list[LogSource]:
    """Return the logs of all functions, also of those that were deleted.

    Parameters
    ----------
    stack_name
        If given, return only the logs of the functions of this stack and of its nested stacks.
    """
    sources = _all_sources(aws)
    names = stack_functions(aws, stack_name) if stack_name else list(sources)
    return [sources.get(name, LogSource.of(name)) for name in sorted(names)]


def _all_sources(aws: Aws) -> dict[str, LogSource]:
    sources = {}
    for page in aws.lambda_.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            name = function["FunctionName"]
            usual = f"{_LAMBDA_GROUPS}{name}"
            group = function.get("LoggingConfig", {}).get("LogGroup", usual)
            sources[name] = LogSource(name, group, shared=group != usual)
    groups = aws.logs.get_paginator("describe_log_groups")
    for groups_page in groups.paginate(logGroupNamePrefix=_LAMBDA_GROUPS):
        for found in groups_page["logGroups"]:
            group = found["logGroupName"]
            name = group.removeprefix(_LAMBDA_GROUPS)
            sources.setdefault(name, LogSource(name, group))
    return sources


def chosen_sources(
    aws: Aws, names: Iterable[str], known: list[LogSource], stacks: Iterable[str]
) -> list[LogSource]:
    """Return the logs of the functions that a user means, or all that are known without names.

    Parameters
    ----------
    names
        Names, also of deleted functions, logical IDs or ARNs.
    stacks
        The stacks whose logical IDs can be used.

    Raises
    ------
    TestbedError
        If there is no such function.
    """
    by_name = {source.function: source for source in known}
    chosen = []
    for name in names:
        found = name if name in by_name else find_function(aws, name, stacks).name
        chosen.append(by_name.get(found, LogSource.of(found)))
    return chosen or known


def log_lines(aws: Aws, sources: Iterable[LogSource | str], since: datetime) -> list[LogLine]:
    """Return the log lines of functions since a moment, sorted by time.

    Parameters
    ----------
    sources
        The logs, or the names of functions that have the usual log groups.
    """
    lines = [
        line
        for source in sources
        for line in _source_lines(
            aws, LogSource.of(source) if isinstance(source, str) else source, since
        )
    ]
    # The sort is stable: lines of a function with equal times keep their order.
    return sorted(lines, key=lambda line: line.time)


def _source_lines(aws: Aws, source: LogSource, since: datetime) -> Iterator[LogLine]:
    pages = aws.logs.get_paginator("filter_log_events").paginate(
        logGroupName=source.group, startTime=int(since.timestamp() * 1000)
    )
    try:
        for page in pages:
            for event in page["events"]:
                stream = event.get("logStreamName", "")
                if source.has(stream):
                    yield LogLine(
                        id=_identifier(event),
                        function=source.function,
                        time=datetime.fromtimestamp(event["timestamp"] / 1000, UTC),
                        message=event["message"].rstrip("\r\n"),
                        stream=stream,
                    )
    except aws.logs.exceptions.ResourceNotFoundException:
        return  # the function has not run yet, so it has no log group


def _identifier(event: FilteredLogEventTypeDef) -> str:
    """Return a log event's id, or a substitute, since it is optional.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilteredLogEvent.html
    """
    known = f"{event.get('logStreamName')} {event['timestamp']} {event['message']}"
    return event.get("eventId", known)


def follow_logs(
    aws: Aws, sources: Callable[[], Iterable[LogSource]], since: datetime
) -> Iterator[LogLine]:
    """Yield the log lines of functions since a moment, and new ones as they arrive.

    Each request repeats the last seconds, since older lines may arrive late; known lines are
    skipped.

    Parameters
    ----------
    sources
        Returns the logs to follow. It is called again from time to time.
    """
    seen: dict[str, datetime] = {}
    start = since
    followed, known_at = list(sources()), time.monotonic()
    while True:
        for line in log_lines(aws, followed, start):
            if line.id not in seen:
                seen[line.id] = line.time
                yield line
        if seen:
            start = max(start, max(seen.values()) - _LATEST)
            seen = {identity: when for identity, when in seen.items() if when >= start}
        time.sleep(_FOLLOW_SECONDS)
        if time.monotonic() - known_at > _FUNCTIONS_SECONDS:
            followed, known_at = list(sources()), time.monotonic()


def with_request_ids(lines: Iterable[LogLine]) -> Iterator[LogLine]:
    """Add the ids of their invocations to log lines in the order of their times.

    An execution environment has its own stream and handles one invocation at a time, so that what
    it writes between START and END belongs to that one.
    """
    current: dict[tuple[str, str], str | None] = defaultdict(lambda: None)
    for line in lines:
        place = line.function, line.stream
        named = _request_id(line.message)
        if named is not None:
            current[place] = named
        yield replace(line, request_id=named or current[place])
        if is_platform_line(line.message, "report"):
            current[place] = None


def _request_id(message: str) -> str | None:
    if found := _REQUEST_ID.search(message):
        return found[1]
    content = parsed(message)
    if content is None:
        return None
    record = content.get("record")
    holder = record if isinstance(record, dict) else content
    identity = holder.get("requestId")
    return identity if isinstance(identity, str) and identity else None
