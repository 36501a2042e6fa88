"""The log lines that the Lambda service itself writes to a function's log stream.

Text: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html (REPORT),
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html (INIT_REPORT).
JSON: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html and
https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html (fields).
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class FailureStatus:
    """The status of a failed phase: ``error``, with its type, or ``timeout``."""

    status: str
    error_type: str | None = None


@dataclass(frozen=True)
class Report:
    """The metrics of one invocation: durations in milliseconds, memory in MB.

    Since August 2025, the billed duration includes initialization for managed runtimes as well:
    https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
    """

    duration: float
    memory_size: int
    memory_used: int
    init_duration: float | None = None
    failure: FailureStatus | None = None

    @property
    def billed_duration(self) -> int:
        return math.ceil(self.duration + (self.init_duration or 0))


class PlatformLog:
    """The text format."""

    def init_start(self, runtime: str, arn: str) -> str:
        return f"INIT_START Runtime Version: {runtime}\tRuntime Version ARN: {arn}\n"

    def init_report(self, duration: float, phase: str, failure: FailureStatus) -> str:
        """Report a failed initialization; ``phase`` is ``init`` or ``invoke``."""
        fields = [f"INIT_REPORT Init Duration: {duration:.2f} ms", f"Phase: {phase}"]
        return "\t".join([*fields, *_fields(failure)]) + "\n"

    def start(self, request_id: str, version: str) -> str:
        return f"START RequestId: {request_id} Version: {version}\n"

    def timed_out(self, request_id: str, timeout: float) -> str:
        return f"{_now()} {request_id} Task timed out after {timeout:.2f} seconds\n\n"

    def runtime_exited(self, request_id: str, message: str, error_type: str) -> str:
        return f"RequestId: {request_id} Error: {message}\n{error_type}\n"

    def end(self, request_id: str) -> str:
        return f"END RequestId: {request_id}\n"

    def report(self, request_id: str, figures: Report) -> str:
        fields = [
            f"REPORT RequestId: {request_id}",
            f"Duration: {figures.duration:.2f} ms",
            f"Billed Duration: {figures.billed_duration} ms",
            f"Memory Size: {figures.memory_size} MB",
            f"Max Memory Used: {figures.memory_used} MB",
        ]
        if figures.init_duration is not None:
            fields.append(f"Init Duration: {figures.init_duration:.2f} ms")
        return "\t".join([*fields, *_fields(figures.failure), "\n"])


class JsonPlatformLog(PlatformLog):
    """The JSON format; system log level ``WARN`` omits everything but failures."""

    def __init__(self, level: str) -> None:
        self._only_failures = level == "WARN"

    def init_start(self, runtime: str, arn: str) -> str:
        record = {"phase": "init", "runtimeVersion": runtime, "runtimeVersionArn": arn}
        return self._line("initStart", {"initializationType": "on-demand", **record})

    def init_report(self, duration: float, phase: str, failure: FailureStatus) -> str:
        metrics = {"durationMs": round(duration, 3)}
        record = {"initializationType": "on-demand", "phase": phase, "metrics": metrics}
        return self._line("initReport", record, failure)

    def start(self, request_id: str, version: str) -> str:
        return self._line("start", {"requestId": request_id, "version": version})

    def timed_out(self, request_id: str, timeout: float) -> str:
        return ""

    def runtime_exited(self, request_id: str, message: str, error_type: str) -> str:
        return ""

    def end(self, request_id: str) -> str:
        return ""

    def report(self, request_id: str, figures: Report) -> str:
        metrics: dict[str, float] = {
            "durationMs": round(figures.duration, 3),
            "billedDurationMs": figures.billed_duration,
            "memorySizeMB": figures.memory_size,
            "maxMemoryUsedMB": figures.memory_used,
        }
        if figures.init_duration is not None:
            metrics["initDurationMs"] = round(figures.init_duration, 3)
        record = {"requestId": request_id, "metrics": metrics}
        return self._line("report", record | {"status": "success"}, figures.failure)

    def _line(self, kind: str, record: dict[str, Any], failure: FailureStatus | None = None) -> str:
        if failure is None and self._only_failures:
            return ""
        if failure is not None:
            record = record | {"status": failure.status}
            if failure.error_type is not None:
                record["errorType"] = failure.error_type
        return json.dumps({"time": _now(), "type": f"platform.{kind}", "record": record}) + "\n"


def platform_log(logging_config: Mapping[str, str]) -> PlatformLog:
    """Return the log in the format of a function's ``LoggingConfig``."""
    if logging_config.get("LogFormat") == "JSON":
        return JsonPlatformLog(logging_config.get("SystemLogLevel", "INFO"))
    return PlatformLog()


def _fields(failure: FailureStatus | None) -> list[str]:
    if failure is None:
        return []
    fields = [f"Status: {failure.status}"]
    return fields if failure.error_type is None else [*fields, f"Error Type: {failure.error_type}"]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
