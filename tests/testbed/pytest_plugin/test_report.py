"""The part of a failed test's report that comes from the journal."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from testbed.control.journal import JournalEntry
from testbed.pytest_plugin.report import explain, wrong
from testbed.pytest_plugin.running import RunningTestbed

SINCE = datetime(2026, 11, 24, 12, 0, 1, tzinfo=UTC)


def entry(position: int, second: int, kind: str, **fields: Any) -> JournalEntry:
    time = f"2026-11-24T12:00:0{second}Z"
    return JournalEntry.of({"position": position, "time": time, "kind": kind, **fields})


def knowing(*entries: JournalEntry) -> RunningTestbed:
    unavailable = dict.fromkeys(("inbox", "clock", "faults", "permissions", "clean"), "")
    journal = SimpleNamespace(entries=lambda: list(entries))
    return cast(RunningTestbed, SimpleNamespace(journal=journal, unavailable=unavailable))


def test_chain_that_began_before_the_test_is_shown_from_its_start_on() -> None:
    run = entry(1, 0, "invocation", id="run", resource="worker", status="error", error="KeyError")
    publish = entry(
        2, 1, "api", id="call", causes=["run"], service="sns", operation="Publish", caller="worker",
        resource="alerts", status=200, makes=["message"],
    )  # fmt: skip
    denied = entry(
        3, 2, "delivery", id="hop", causes=["message"], service="sns", source="alerts",
        resource="work", status="failed", message="not authorized",
    )  # fmt: skip
    testbed = knowing(run, publish, denied)

    assert list(wrong(testbed, SINCE)) == ["✗ SNS alerts → work: not authorized"]
    happened = explain(testbed, SINCE).partition("happened since the test began:")[2]
    assert "sns Publish alerts" in happened
    assert "not authorized" in happened
    assert "worker (" not in happened
