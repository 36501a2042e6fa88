"""Chains of entries: how they are linked, drawn, and described where they stop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from testbed.control.journal import JournalEntry
from testbed.trace import chains as chain_module
from testbed.trace.chains import Step, chain_roots, find_chains, link
from testbed.trace.tree import draw, problems

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
TOPIC = "arn:aws:sns:us-east-1:000000000000:alerts"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:work"


class Book:
    """Entries, each a millisecond after the one before."""

    def __init__(self) -> None:
        self.entries: list[JournalEntry] = []

    def add(self, kind: str, **fields: Any) -> Book:
        number = len(self.entries) + 1
        time = (START + timedelta(milliseconds=number)).isoformat()
        self.entries.append(
            JournalEntry.of({"position": number, "time": time, "kind": kind, **fields})
        )
        return self

    def publish(self) -> Book:
        return self.add(
            "api", id="request-1", makes=["message-1"], service="sns", operation="Publish",
            resource="alerts", caller="clients", status=200,
        )  # fmt: skip

    def deliver(self, **outcome: Any) -> Book:
        status = {"status": "delivered", "attempt": 1} | outcome
        return self.add(
            "delivery", id="hop-1", causes=["message-1"], service="sns", source=TOPIC,
            resource=QUEUE, **status,
        )  # fmt: skip

    def send(self, queue: str = "work", **fields: Any) -> Book:
        fields = {"causes": ["hop-1"]} | fields
        return self.add("queue", id="sent-1", resource=queue, action="sent", **fields)

    def move(self, action: str, count: int = 1) -> Book:
        return self.add(
            "queue", id="sent-1", causes=["sent-1"], resource="work", action=action, count=count
        )

    def invoke(self, **fields: Any) -> Book:
        fields = {"causes": ["run-1", "sent-1"], "status": "success"} | fields
        return self.add("invocation", id="run-1", resource="worker", **fields)

    def roots(self) -> list[Step]:
        return chain_roots(self.entries)

    def problems(self) -> list[str]:
        return problems(link(self.entries))

    def drawing(self, identity: str) -> list[str]:
        return draw(find_chains(self.entries, identity))


def shape(step: Step) -> Any:
    entry = step.entry
    name = entry["operation"] or entry["action"] or entry.kind
    return {name: [shape(after) for after in step.children]} if step.children else name


def whole() -> Book:
    return Book().publish().deliver().send().move("received").invoke().move("deleted")


def test_chain_is_linked_by_ids() -> None:
    [root] = whole().roots()
    assert shape(root) == {
        "Publish": [{"delivery": [{"sent": [{"received": ["invocation"]}, "deleted"]}]}]
    }
    assert whole().problems() == []


def test_entries_are_linked_in_whichever_order_they_were_entered() -> None:
    """A step that takes time is entered when it has ended: after those that followed from it."""
    entries = whole().entries
    assert shape(chain_roots(reversed(entries))[0]) == shape(whole().roots()[0])


def test_second_receipt_and_run_follow_from_the_message_and_not_from_the_first() -> None:
    book = Book().send(causes=[]).move("received").invoke(status="error").move("returned")
    book.move("received", count=2).invoke(causes=["run-2", "sent-1"]).move("deleted")
    [root] = book.roots()
    assert shape(root) == {
        "sent": [
            {"received": ["invocation"]},
            "returned",
            {"received": ["invocation"]},
            "deleted",
        ]
    }


def test_dead_letter_goes_on_with_the_chain() -> None:
    book = Book().send(causes=[]).move("received").move("returned").move("dead-lettered", count=1)
    book.send("work-dlq", causes=["some-receive-call"])
    [root] = book.roots()
    assert shape(root) == {"sent": ["received", "returned", {"dead-lettered": ["sent"]}]}
    assert book.problems() == [
        "work: message sent: was moved to the dead-letter queue",
        "work-dlq: message sent: has not been received",
    ]


def test_invocation_for_a_batch_is_in_the_chain_of_each_message() -> None:
    book = Book()
    for number in "12":
        book.add("queue", id=f"sent-{number}", resource="work", action="sent")
        book.add(
            "queue", id=f"sent-{number}", causes=[f"sent-{number}"], resource="work",
            action="received",
        )  # fmt: skip
    book.invoke(causes=["run-1", "sent-1", "sent-2"])
    assert [shape(root) for root in book.roots()] == [{"sent": [{"received": ["invocation"]}]}] * 2
    run = book.entries[-1]
    assert len(find_chains(book.entries, str(run.position))) == 2


def test_call_without_a_cause_belongs_to_its_trace() -> None:
    trace = "1-5759e988-bd862e3fe1be46a994272793"
    book = Book().add("api", id="a", service="execute-api", operation="GET /", trace=trace)
    book.add("api", id="b", service="sqs", operation="SendMessage", trace=trace, status=200)
    assert shape(book.roots()[0]) == {"GET /": ["SendMessage"]}
    header = f"Self=1-67891234-12456789abcdef012345678;Root={trace};Parent=53995c3f42cd8ad8"
    assert [root.entry.id for root in find_chains(book.entries, header)] == ["a"]


def test_delivery_stands_between_an_event_and_its_function() -> None:
    book = Book().add("schedule", id="event-1", resource="arn:aws:events:us-east-1:0:rule/cron")
    for name in ("other", "worker"):
        book.add(
            "delivery", id=f"hop-{name}", causes=["event-1"], service="events",
            resource=f"arn:aws:lambda:us-east-1:000000000000:function:{name}",
        )  # fmt: skip
    book.invoke(causes=["run-1", "event-1"])
    assert shape(book.roots()[0]) == {"schedule": ["delivery", {"delivery": ["invocation"]}]}


@pytest.mark.parametrize("identity", ["message-1", "message", "request-1", "4"])
def test_chain_is_found_by_any_of_its_ids(identity: str) -> None:
    assert [root.entry.id for root in find_chains(whole().entries, identity)] == ["request-1"]


def test_short_beginning_finds_nothing() -> None:
    assert find_chains(whole().entries, "reque") == []
    assert find_chains(whole().entries, "reques") != []


def test_tree_has_times_and_problems() -> None:
    book = Book().publish().deliver().send().move("received")
    book.invoke(status="error", error="ValueError", message="no", report={"duration_ms": 3.2})
    first, *rest = book.drawing("message-1")
    assert first.endswith("sns Publish alerts")
    assert rest == [
        "└──    +1 ms  SNS alerts → work",
        "    └──    +2 ms  work: message sent  ✗ was received but not deleted",
        "        └──    +3 ms  work: message received",
        "            └──    +4 ms  λ worker (3 ms)  ✗ ValueError: no",
    ]


def test_calls_of_services_that_led_to_something_are_not_drawn() -> None:
    book = Book().publish().deliver()
    book.add(
        "api", id="call-1", causes=["hop-1"], service="sqs", operation="SendMessage",
        resource="work", caller="sns", status=200,
    )  # fmt: skip
    book.send(causes=["call-1"])
    assert not any("SendMessage" in line for line in book.drawing("message-1"))
    assert any("work: message sent" in line for line in book.drawing("message-1"))


@pytest.mark.parametrize(
    ("book", "problem"),
    [
        (Book().publish(), "sns Publish alerts: was delivered to no subscription"),
        (
            Book().publish().deliver(status="failed", message="AccessDenied"),
            "SNS alerts → work: AccessDenied",
        ),
        (Book().send(), "work: message sent: has not been received"),
        (
            Book().send().move("received").move("returned"),
            "work: message sent: was received but not deleted; it is visible again",
        ),
        (
            Book().add("schedule", id="e", resource="arn:aws:events:us-east-1:0:rule/cron"),
            "schedule cron fires: has no target",
        ),
        (
            Book().add("api", service="events", operation="PutEvents", status=200, makes=["e"]),
            "events PutEvents: matched no rule",
        ),
        (
            Book().add(
                "api", service="s3", operation="PutObject", resource="b/k", caller="worker",
                status=403, error="AccessDenied", message="User … is not authorized",
            ),
            "s3 PutObject b/k by worker: AccessDenied: User … is not authorized",
        ),
        (
            Book().add(
                "api", service="lambda", operation="Invoke", resource="worker",
                caller="clients", status=202, id="run-1",
            ),
            "lambda Invoke worker: was not followed by an invocation",
        ),
    ],
)  # fmt: skip
def test_step_at_which_a_chain_stops_is_named(book: Book, problem: str) -> None:
    assert book.problems() == [problem]


def test_message_that_came_often_is_not_compared_with_itself_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A poison message comes until it expires, and fills the journal."""
    book = Book().publish().deliver().send()
    count = 2000
    for _ in range(count):
        book.move("received").invoke()
    calls = 0

    def counted(entry: JournalEntry) -> tuple[object, int]:
        nonlocal calls
        calls += 1
        return entry.time, entry.position

    monkeypatch.setattr(chain_module, "_order", counted)
    steps = link(book.entries)
    assert all(step.parents for step in steps[1:])
    assert calls < 100 * count


def test_no_chain_spans_a_reset() -> None:
    """A message that was saved is received after the reset, but its chain ended before."""
    book = Book()
    book.add("queue", id="message-1", action="sent", resource="work")
    book.add("reset", state="deployment")
    book.add("queue", id="message-1", causes=["message-1"], action="received", resource="work")
    sent, reset, received = link(book.entries)
    assert received.parents == sent.children == reset.children == []
    assert draw([reset])[0].endswith("reset to deployment")
    assert problems([sent]) == ["work: message sent: was removed by a reset"]
