"""The way of the news, found in the journal."""

from datetime import UTC, datetime, timedelta
from typing import Any

from testbed.control.journal import JournalEntry
from testbed.demo.trail import find_trail

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
SUBJECT = "[critical] shop is DOWN"
DOCUMENT = "incidents/1-shop.json"


def entry(number: int, kind: str, **fields: Any) -> JournalEntry:
    time = (START + timedelta(milliseconds=number)).isoformat()
    return JournalEntry.of({"position": number, "time": time, "kind": kind, **fields})


FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:monitor"
ENTRIES = [
    entry(0, "schedule", id="event", resource="cron"),
    entry(1, "delivery", id="hop", causes=["event"], service="events", resource=FUNCTION),
    entry(
        2, "invocation", id="run", causes=["run", "event"], resource="monitor",
        report={"init_ms": 300.5},
    ),
    entry(3, "api", id="call", causes=["run"], makes=["news"], operation="Publish"),
    entry(4, "delivery", id="to-email", causes=["news"], service="sns", resource="a@example.com"),
    entry(5, "email", id="email", causes=["to-email"], subject=SUBJECT),
    entry(6, "delivery", id="to-queue", causes=["news"], service="sns", resource="queue"),
    entry(7, "queue", id="message", causes=["to-queue"], resource="queue", action="sent"),
    entry(8, "invocation", id="run-2", causes=["run-2", "message"], resource="recorder"),
    entry(9, "api", id="put", causes=["run-2"], operation="PutObject", resource=f"b/{DOCUMENT}"),
]  # fmt: skip


def test_way_is_found_from_its_email() -> None:
    trail = find_trail(ENTRIES, SUBJECT, DOCUMENT)
    assert trail is not None
    moments = (trail.origin, trail.check, trail.published, trail.mailed, trail.recorded)
    assert [round((moment - START) / timedelta(milliseconds=1)) for moment in moments] == [
        0, 2, 3, 5, 9,
    ]  # fmt: skip
    assert trail.cold == {"monitor": 300.5}


def test_way_is_not_there_before_its_end() -> None:
    assert find_trail(ENTRIES[:-1], SUBJECT, DOCUMENT) is None
    assert find_trail(ENTRIES, "[critical] shop is UP", DOCUMENT) is None
    assert find_trail(ENTRIES, SUBJECT, "incidents/2-shop.json") is None
    assert find_trail([], SUBJECT, DOCUMENT) is None
