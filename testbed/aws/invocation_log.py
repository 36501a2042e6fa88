"""What a function and Lambda logged during one invocation."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from testbed.aws.log_messages import PlatformEvent, is_platform_line
from testbed.aws.logs import LogLine, LogSource, log_lines

if TYPE_CHECKING:
    from testbed.aws.clients import Aws
    from testbed.aws.invocation import Invocation

# "The last 4 KB of the execution log". https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
_TAIL_BYTES = 4096

_LOG_LIMIT_SECONDS = 2.0
_LOG_PAUSE_SECONDS = 0.05
# The clocks of this machine and of an emulator in a container may differ by this much.
_CLOCKS_DIFFER = timedelta(seconds=60)
_REPORT = re.compile(r"(?P<name>[A-Z][\w ]+): (?P<figure>[\d.]+) (?P<unit>ms|MB)")


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
    since -= _CLOCKS_DIFFER
    while True:
        lines = _lines_of_request(aws, group, invocation.request_id, since)
        if _position(lines, "report", invocation.request_id) is not None:
            return _log(lines, invocation.request_id)
        if time.monotonic() > ends:
            break
        time.sleep(_LOG_PAUSE_SECONDS)
    now = datetime.now(UTC)
    tail = [LogLine(str(n), "", now, text) for n, text in enumerate(invocation.tail)]
    size = sum(len(text.encode()) + 1 for text in invocation.tail)
    started = _position(tail, "start", invocation.request_id) is not None
    whole = started or size < _TAIL_BYTES
    if not tail:
        return _log(lines, invocation.request_id)
    return replace(_log(tail, invocation.request_id), complete=whole, timed=False)


def _lines_of_request(aws: Aws, group: str, request_id: str, since: datetime) -> list[LogLine]:
    """Return the lines of an invocation: those from its START to its REPORT, in one log stream."""
    streams: dict[str, list[LogLine]] = {}
    try:
        for line in log_lines(aws, [LogSource("", group)], since):
            streams.setdefault(line.stream, []).append(line)
    except ClientError:  # the emulator has no such API
        return []
    for lines in streams.values():
        first = _position(lines, "start", request_id)
        if first is None:
            continue
        last = _position(lines, "report", request_id)
        # Lines of the initialization, before START, belong to the invocation that caused it.
        while first and not is_platform_line(lines[first - 1].message, "runtimeDone", "report"):
            first -= 1
        return lines[first : None if last is None else last + 1]
    return []


def _position(lines: list[LogLine], kind: PlatformEvent, request_id: str) -> int | None:
    """Return the index of an invocation's line of a kind."""
    for number, line in enumerate(lines):
        if request_id in line.message and is_platform_line(line.message, kind):
            return number
    return None


def _log(lines: list[LogLine], request_id: str) -> InvocationLog:
    report: dict[str, str] = {}
    kept = []
    for line in lines:
        if request_id in line.message and is_platform_line(line.message, "report"):
            report = _figures(line.message)
        elif not is_platform_line(line.message, "start", "runtimeDone", "report"):
            kept.append(line)
    return InvocationLog(kept, report)


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
