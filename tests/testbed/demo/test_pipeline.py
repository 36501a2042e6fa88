"""The trace of an alert, found in the journal."""

from datetime import UTC, datetime, timedelta
from typing import Any

from testbed.control.inbox import Email
from testbed.control.journal import JournalEntry
from testbed.demo.pipeline import finished_trace

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
DOCUMENT = "incidents/1-shop.json"


def entry(number: int, kind: str, **fields: Any) -> JournalEntry:
    time = (START + timedelta(milliseconds=number)).isoformat()
    return JournalEntry.of({"position": number, "time": time, "kind": kind, **fields})


def email(identity: str) -> Email:
    return Email(identity, "", "", (), "[critical] shop is DOWN", "")


FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:monitor"
ENTRIES = [
    entry(0, "schedule", id="event", resource="cron"),
    entry(1, "delivery", id="sent", causes=["event"], service="events", resource=FUNCTION),
    entry(2, "invocation", id="run", causes=["run", "event"], resource="monitor"),
    entry(3, "api", id="call", causes=["run"], makes=["news"], operation="Publish"),
    entry(4, "delivery", id="to-email", causes=["news"], service="sns", resource="a@example.com"),
    entry(5, "email", id="email-1", causes=["to-email"], subject="[critical] shop is DOWN"),
    entry(6, "delivery", id="to-queue", causes=["news"], service="sns", resource="queue"),
    entry(7, "queue", id="message", causes=["to-queue"], resource="queue", action="sent"),
    entry(8, "invocation", id="run-2", causes=["run-2", "message"], resource="recorder"),
    entry(9, "api", id="put", causes=["run-2"], operation="PutObject", resource=f"b/{DOCUMENT}"),
    entry(10, "queue", id="message", causes=["message"], resource="queue", action="deleted"),
]


def test_trace_is_found_by_its_email() -> None:
    trace = finished_trace(ENTRIES, email("email-1"), DOCUMENT)

    assert trace is not None
    assert trace.entry.position == 0
    assert {step.entry.position for step in trace.walk()} == set(range(11))


def test_trace_is_not_finished_before_its_incident_is_recorded() -> None:
    for stored in range(len(ENTRIES)):
        assert finished_trace(ENTRIES[:stored], email("email-1"), DOCUMENT) is None
    assert finished_trace(ENTRIES, email("email-2"), DOCUMENT) is None
    assert finished_trace(ENTRIES, email("email-1"), "incidents/2-shop.json") is None
