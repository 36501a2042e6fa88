"""Schedules and firings as the emulator describes them, for tests."""

from __future__ import annotations

from typing import Any

from testbed.control.clock import Firing, Schedule

RULE = "arn:aws:events:us-east-1:000000000000:rule/cron-rule"
SCHEDULES = "arn:aws:scheduler:us-east-1:000000000000:schedule"
NIGHTLY, GROUPED = f"{SCHEDULES}/default/nightly", f"{SCHEDULES}/reports/weekly"


def schedule(arn: str, **values: Any) -> Schedule:
    """Return the schedule with an ARN."""
    *groups, name = arn.partition("/")[2].split("/")
    made: Any = {
        "kind": "schedule" if groups else "rule",
        "name": name,
        "arn": arn,
        "expression": "rate(1 minute)",
        "state": "ENABLED",
        **({"group": groups[0]} if groups else {}),
        **values,
    }
    return made  # type: ignore[no-any-return]


def firing(arn: str, attempt: int = 1, **values: str) -> Firing:
    """Return a firing of the schedule with an ARN."""
    made: Any = {"arn": arn, "scheduled_time": "2026-12-24T12:00:00Z", "attempt": attempt, **values}
    return made  # type: ignore[no-any-return]
