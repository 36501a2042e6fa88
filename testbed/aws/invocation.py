"""Invocations of a function: the event that is sent, and what comes back.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import base64
import json
import re
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from testbed.aws.logs import LogLine
from testbed.errors import TestbedError

if TYPE_CHECKING:
    from testbed.aws.clients import Aws

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#function-configuration-deployment-and-execution
MOST_SYNCHRONOUS_BYTES = 6 * 1024 * 1024
MOST_ASYNCHRONOUS_BYTES = 1024 * 1024
_QUOTAS = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"

# "The last 4 KB of the execution log". https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
_TAIL_BYTES = 4096

_LOG_LIMIT_SECONDS = 2.0
_LOG_PAUSE_SECONDS = 0.05
# The clocks of this machine and of an emulator in a container may differ by this much.
_CLOCKS_DIFFER_SECONDS = 60.0
_REPORT = re.compile(r"(?P<name>[A-Z][\w ]+): (?P<figure>[\d.]+) (?P<unit>ms|MB)")

_ADVICE = {
    "TooManyRequestsException": "Its concurrency is used up. See its reserved concurrency with:"
    " aws lambda get-function-concurrency --function-name {name}",
    "ResourceNotFoundException": "List its versions and aliases with: aws lambda"
    " list-versions-by-function --function-name {name}; aws lambda list-aliases --function-name"
    " {name}",
    "ResourceConflictException": "Wait until it is active: aws lambda wait function-active-v2"
    " --function-name {name}",
    "RequestEntityTooLargeException": f"Send less: {_QUOTAS}",
    "InvalidRequestContentException": "The event has to be JSON.",
    "AccessDeniedException": "`testbed permissions` shows which policy is missing.",
}


@dataclass(frozen=True)
class FunctionError:
    """How a function failed.

    Parameters
    ----------
    kind
        AWS's ``FunctionError``: ``Unhandled``.
    type
        The type of the exception, or of the runtime's error; empty if the function gave none.
    stack
        The lines of the traceback, the outermost call first.
    """

    kind: str
    type: str = ""
    message: str = ""
    stack: tuple[str, ...] = ()


@dataclass(frozen=True)
class Invocation:
    """An invocation that Lambda accepted.

    Parameters
    ----------
    status
        The HTTP status: 200, or 202 if the event is processed asynchronously.
    version
        The version that ran; empty if the event is processed asynchronously.
    payload
        What the function returned, as JSON, or how it failed; empty if the event is processed
        asynchronously.
    tail
        The end of the log, at most 4 KB, which Lambda returns at once.
    """

    request_id: str
    status: int
    version: str = ""
    payload: str = ""
    error: FunctionError | None = None
    tail: tuple[str, ...] = ()


@dataclass(frozen=True)
class InvocationLog:
    """What a function and Lambda logged during an invocation.

    Parameters
    ----------
    lines
        The lines between START and END.
    report
        The figures of the REPORT line, by name: ``{"Duration": "1.32 ms"}``.
    complete
        Whether the beginning is not missing, as it may be in the tail of a long log.
    timed
        Whether the times of the lines are known; those of a tail are not.
    """

    lines: list[LogLine] = field(default_factory=list)
    report: dict[str, str] = field(default_factory=dict)
    complete: bool = True
    timed: bool = True


def check_event(event: bytes, where: str, *, asynchronous: bool = False) -> None:
    """Check that Lambda accepts an event.

    Parameters
    ----------
    where
        Where it comes from, for the error's message: the name of a file.

    Raises
    ------
    TestbedError
        If it is not JSON, which the message locates, or too large.
    """
    try:
        text = event.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TestbedError(
            f"{where} is not valid JSON: byte {error.start} is not UTF-8.",
            advice="Save it with the encoding UTF-8.",
        ) from error
    try:
        json.loads(text.removeprefix("\ufeff"), parse_constant=_reject_constant)
    except RecursionError as error:
        raise TestbedError(f"{where} is nested too deeply.") from error
    except json.JSONDecodeError as error:
        shown = text.splitlines()[error.lineno - 1] if text.strip() else ""
        raise TestbedError(
            f"{where} is not valid JSON: {error.msg}, line {error.lineno}, column {error.colno}.",
            details=_excerpt(shown, error.colno),
        ) from error
    except ValueError as error:
        raise TestbedError(f"{where} is not valid JSON: {error}.") from error
    most = MOST_ASYNCHRONOUS_BYTES if asynchronous else MOST_SYNCHRONOUS_BYTES
    if len(event) > most:
        how = "an asynchronous" if asynchronous else "a synchronous"
        raise TestbedError(
            f"The event has {len(event):,} bytes, and AWS accepts at most {most:,} bytes for {how}"
            " invocation.",
            advice=f"Send less, or a reference to an object in S3: {_QUOTAS}",
        )


def _reject_constant(name: str) -> Any:
    raise ValueError(f"it contains {name}")


def _excerpt(line: str, column: int, around: int = 60) -> str:
    """Return the part of a line around a column, and a mark below the column."""
    start = max(column - 1 - around, 0)
    return f"{line[start : column - 1 + around]}\n{' ' * (column - 1 - start)}^" if line else ""


def invoke(
    aws: Aws, name: str, event: bytes, *, qualifier: str = "", asynchronous: bool = False
) -> Invocation:
    """Invoke a function once, and wait for its result for as long as it takes.

    Parameters
    ----------
    qualifier
        A version or an alias; empty for ``$LATEST``.
    asynchronous
        Whether Lambda only puts the event in a queue, and invokes the function later.

    Raises
    ------
    TestbedError
        If Lambda does not invoke the function: it is throttled, there is no such qualifier, ….
    """
    arguments: dict[str, Any] = {"Qualifier": qualifier} if qualifier else {}
    if asynchronous:
        arguments["InvocationType"] = "Event"
    else:
        arguments["LogType"] = "Tail"
    try:
        response = aws.patient_lambda.invoke(FunctionName=name, Payload=event, **arguments)
    except ClientError as error:
        failure = error.response["Error"]
        code = failure["Code"]
        full_name = f"{name}:{qualifier}" if qualifier else name
        raise TestbedError(
            f"Lambda did not invoke {full_name}: {code}: {failure['Message']}",
            advice=_ADVICE.get(code, "").format(name=name),
        ) from error
    payload = response["Payload"].read().decode("utf-8", "replace")
    kind = response.get("FunctionError")
    tail = base64.b64decode(response.get("LogResult", "")).decode("utf-8", "replace")
    return Invocation(
        request_id=response["ResponseMetadata"]["RequestId"],
        status=response["StatusCode"],
        version=response.get("ExecutedVersion", ""),
        payload=payload,
        error=_function_error(kind, payload) if kind else None,
        tail=tuple(tail.splitlines()),
    )


def _function_error(kind: str, payload: str) -> FunctionError:
    """Return how a function failed, from the payload that the runtime made.

    https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
    """
    try:
        content = json.loads(payload)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        return FunctionError(kind, message=payload)
    stack = content.get("stackTrace") or content.get("trace") or ()
    lines = [line for each in stack for line in str(each).rstrip("\n").splitlines()]
    return FunctionError(
        kind,
        str(content.get("errorType") or ""),
        str(content.get("errorMessage") or ""),
        tuple(lines),
    )


def invocation_log(
    aws: Aws, group: str, invocation: Invocation, since: datetime, within: float | None = None
) -> InvocationLog:
    """Return what was logged during an invocation.

    CloudWatch Logs has all lines with their times; they arrive a moment after the result. If they
    do not, the tail that Lambda returned is used.

    Parameters
    ----------
    group
        The function's log group.
    since
        When the invocation began.
    within
        How long to wait for the log, in seconds.
    """
    ends = time.monotonic() + (_LOG_LIMIT_SECONDS if within is None else within)
    start = since.timestamp() - _CLOCKS_DIFFER_SECONDS
    while True:
        lines = _lines_of_request(aws, group, invocation.request_id, int(start * 1000))
        if any(_is_report(line.message, invocation.request_id) for line in lines):
            return _log(lines, invocation.request_id)
        if time.monotonic() > ends:
            break
        time.sleep(_LOG_PAUSE_SECONDS)
    now = datetime.now(UTC)
    tail = [LogLine(str(n), "", now, text) for n, text in enumerate(invocation.tail)]
    size = sum(len(text.encode()) + 1 for text in invocation.tail)
    started = any(_is_start(line.message, invocation.request_id) for line in tail)
    whole = started or size < _TAIL_BYTES
    if not tail:
        return _log(lines, invocation.request_id)
    return replace(_log(tail, invocation.request_id), complete=whole, timed=False)


def _lines_of_request(aws: Aws, group: str, request_id: str, start: int) -> list[LogLine]:
    """Return the lines of an invocation: those from its START to its REPORT, in one log stream."""
    streams: dict[str, list[LogLine]] = {}
    try:
        pages = aws.logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=start
        )
        for event in (each for page in pages for each in page["events"]):
            streams.setdefault(event["logStreamName"], []).append(
                LogLine(
                    event.get("eventId", ""),
                    "",
                    datetime.fromtimestamp(event["timestamp"] / 1000, UTC),
                    event["message"].rstrip("\r\n"),
                )
            )
    except ClientError:  # the function has not run yet, or the emulator has no such API
        return []
    for lines in streams.values():
        first = next((n for n, e in enumerate(lines) if _is_start(e.message, request_id)), None)
        if first is None:
            continue
        last = next(
            (n for n, e in enumerate(lines) if n > first and _is_report(e.message, request_id)),
            len(lines) - 1,
        )
        # Lines of the initialization, before START, belong to the invocation that caused it.
        while first and not _ends_other(lines[first - 1].message):
            first -= 1
        return lines[first : last + 1]
    return []


def _is_start(message: str, request_id: str) -> bool:
    return request_id in message and (
        message.startswith("START RequestId: ") or '"platform.start"' in message
    )


def _is_report(message: str, request_id: str) -> bool:
    return request_id in message and (
        message.startswith("REPORT RequestId: ") or '"platform.report"' in message
    )


def _ends_other(message: str) -> bool:
    return message.startswith(("REPORT RequestId: ", "END RequestId: ")) or any(
        f'"platform.{kind}"' in message for kind in ("report", "runtimeDone")
    )


def _log(lines: list[LogLine], request_id: str) -> InvocationLog:
    report: dict[str, str] = {}
    kept = []
    for line in lines:
        if _is_report(line.message, request_id):
            report = _figures(line.message)
        elif not _frames(line.message):
            kept.append(line)
    return InvocationLog(kept, report)


def _frames(message: str) -> bool:
    """Return whether a line is Lambda's own: START, END, and those of the log format JSON."""
    return message.startswith(("START RequestId: ", "END RequestId: ")) or any(
        f'"platform.{kind}"' in message for kind in ("start", "runtimeDone", "report")
    )


def _figures(message: str) -> dict[str, str]:
    r"""Return the figures of a REPORT line by name.

    >>> _figures("REPORT RequestId: 1\tDuration: 1.32 ms\tMax Memory Used: 61 MB\t")
    {'Duration': '1.32 ms', 'Max Memory Used': '61 MB'}
    """
    if message.startswith("{"):
        record = json.loads(message).get("record", {})
        metrics = record.get("metrics", {})
        names = {
            "durationMs": ("Duration", "ms"),
            "billedDurationMs": ("Billed Duration", "ms"),
            "memorySizeMB": ("Memory Size", "MB"),
            "maxMemoryUsedMB": ("Max Memory Used", "MB"),
            "initDurationMs": ("Init Duration", "ms"),
        }
        return {
            name: f"{metrics[key]:g} {unit}"
            for key, (name, unit) in names.items()
            if key in metrics
        }
    return {
        match["name"]: f"{match['figure']} {match['unit']}"
        for part in message.split("\t")
        if (match := _REPORT.fullmatch(part.strip()))
    }
