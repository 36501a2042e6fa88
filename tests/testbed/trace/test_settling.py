"""Following chains until they are complete, in a journal that grows with each request."""

from __future__ import annotations

from typing import Any, cast

import pytest

from testbed.control.journal import Journal, JournalEntry
from testbed.trace import settling
from testbed.trace.settling import Expectations, Followed, follow_chain

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:monitor"


class GrowingJournal:
    """A journal that has more entries each time that it is read."""

    def __init__(self, *added: list[dict[str, Any]]) -> None:
        self._added = list(added)
        self._position = 0

    def read(self, _since: int) -> tuple[int, list[JournalEntry]]:
        entries = []
        for fields in self._added.pop(0) if self._added else ():
            self._position += 1
            time = f"2026-12-24T12:00:00.{self._position:06}+00:00"
            entries.append(JournalEntry.of({"position": self._position, "time": time, **fields}))
        return self._position, entries


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "_QUIET_SECONDS", 0.02)
    monkeypatch.setattr(settling, "_PAUSE_SECONDS", 0.001)


def follow(
    *added: list[dict[str, Any]], within: float = 0.2, known: Expectations | None = None
) -> Followed:
    return follow_chain(cast(Journal, GrowingJournal(*added)), 0, "request-1", within, known)


def call(status: int = 200) -> dict[str, Any]:
    return {
        "kind": "api", "service": "lambda", "operation": "Invoke", "resource": "monitor",
        "id": "request-1", "status": status,
    }  # fmt: skip


def invocation(status: str = "success", **fields: Any) -> dict[str, Any]:
    return {
        "kind": "invocation", "id": "request-1", "causes": ["request-1"], "resource": "monitor",
        "status": status, **fields,
    }  # fmt: skip


SENT = {
    "kind": "queue", "action": "sent", "id": "message-1", "causes": ["request-1"],
    "resource": "orders",
}  # fmt: skip
RECEIVED = {**SENT, "action": "received", "causes": ["message-1"]}
DELETED = {**RECEIVED, "action": "deleted"}


def kinds(followed: Followed) -> list[str]:
    return [step.entry["action"] or step.entry.kind for step in followed.steps()]


def test_chain_is_followed_until_the_message_is_deleted() -> None:
    followed = follow([call(), invocation()], [SENT], [], [RECEIVED], [], [DELETED], within=5)
    assert kinds(followed) == ["api", "invocation", "sent", "received", "deleted"]
    assert followed.expected == []


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([SENT], "orders: the message has not been received"),
        ([SENT, RECEIVED], "orders: the message was received but not deleted"),
        (
            [{"kind": "delivery", "service": "sns", "resource": FUNCTION, "status": "delivered",
              "id": "n-1", "causes": ["request-1"]}],
            "monitor: the invocation is not complete",
        ),
    ],
)  # fmt: skip
def test_what_is_still_expected_after_the_limit(
    entries: list[dict[str, Any]], expected: str
) -> None:
    followed = follow([call(), invocation(), *entries])
    assert followed.expected == [expected]


def test_message_in_a_queue_that_no_function_reads_stays_there() -> None:
    known = Expectations(has_consumer=lambda queue: queue != "orders")
    followed = follow([call(), invocation(), SENT], within=5, known=known)
    assert followed.expected == []


def test_asynchronous_invocation_is_awaited() -> None:
    followed = follow([call(202)], [], [invocation()], within=5)
    assert kinds(followed) == ["api", "invocation"]
    assert follow([call(202)]).expected == ["monitor: the invocation is not complete"]


def test_failure_of_an_asynchronous_invocation_is_retried() -> None:
    known = Expectations(retries=lambda _: 1)
    failed = invocation("error")
    assert follow([call(202), failed], known=known).expected == [
        "monitor: the invocation failed, and Lambda will retry it"
    ]
    assert follow([call(202), failed, failed], known=known, within=5).expected == []
    # A throttled event is not an attempt.
    throttled = invocation("throttled")
    assert follow([call(202), throttled, failed], known=known).expected != []
    # The caller of a synchronous invocation has to retry it.
    assert follow([call(200), failed], known=known, within=5).expected == []


def test_retries_are_awaited_only_if_asked_for() -> None:
    failed = invocation("error", id="request-2", causes=["message-1"])
    retried = [{**RECEIVED}, invocation(id="request-3", causes=["message-1"]), DELETED]

    def follow_first(await_retries: bool) -> Followed:
        journal = GrowingJournal(
            [call(), invocation(), SENT], [RECEIVED, failed], *[[]] * 50, retried
        )
        return follow_chain(cast(Journal, journal), 0, "request-1", 5, await_retries=await_retries)

    expected = ["orders: the message was received but not deleted"]
    assert follow_first(await_retries=False).expected == expected
    assert follow_first(await_retries=True).expected == []


def test_chain_that_does_not_begin() -> None:
    assert follow(within=0.05) == Followed()


def test_call_that_failed() -> None:
    assert follow([call(429)], within=5).expected == []
