"""Sites, results, incidents and invocations to test with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitoring.checks import CheckResult
from monitoring.incidents import Incident
from monitoring.sites import Site
from monitoring.times import timestamp

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "tests" / "events"

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)

type Event = Callable[[str], dict[str, Any]]


@dataclass
class Context:
    """The attributes of Lambda's context that the functions use."""

    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:function"
    aws_request_id: str = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def at(seconds: float) -> str:
    """Return the timestamp *seconds* after noon."""
    return timestamp(NOON + timedelta(seconds=seconds))


def site(name: str = "shop", **fields: Any) -> Site:
    defaults = {"timeout": 5, "max_bytes": 1024, "severity": "critical"}
    return Site(name=name, **{"url": f"https://{name}.example/", **defaults, **fields})


def up(seconds: float) -> CheckResult:
    return CheckResult(status="UP", at=at(seconds), latency_ms=20, http_status=200)


def down(seconds: float, reason: str = "HTTP 503 Service Unavailable") -> CheckResult:
    return CheckResult(status="DOWN", at=at(seconds), latency_ms=30, http_status=503, reason=reason)


def incident(start: float = 0, end: float | None = None, name: str = "shop") -> Incident:
    return Incident(
        site=name,
        url=f"https://{name}.example/",
        severity="critical",
        started_at=at(start),
        ended_at=None if end is None else at(end),
        reason="HTTP 503 Service Unavailable",
    )
