"""The newest chain: which one it is, and when it has come to rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from testbed.control.journal import Journal, JournalEntry
from testbed.trace import newest, settling
from testbed.trace.newest import begun_chains, newest_chain
from testbed.trace.settling import Expectations

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"


def entry(position: int, kind: str, *, ago: float = 5.0, **fields: Any) -> JournalEntry:
    time = (datetime.now(UTC) - timedelta(seconds=ago)).isoformat()
    return JournalEntry.of({"position": position, "time": time, "kind": kind, **fields})


def call(position: int, operation: str, **fields: Any) -> JournalEntry:
    service, _, name = operation.partition(".")
    identity = f"call-{position}"
    return entry(position, "api", id=identity, service=service, operation=name, **fields)


def delivery(position: int, **fields: Any) -> JournalEntry:
    chosen = {"resource": FUNCTION, "status": "delivered", "causes": ["firing"]} | fields
    return entry(position, "delivery", id="hop", **chosen)


SCHEDULE = entry(1, "schedule", id="firing")


@pytest.mark.parametrize(
    ("single", "found"),
    [
        (call(1, "sns.Publish"), True),
        (call(1, "execute-api.GET /"), True),
        (call(1, "s3.PutObject", error="AccessDenied", status=403), True),
        (SCHEDULE, True),
        (call(1, "cloudformation.DescribeStacks"), False),
        (call(1, "cloudformation.DescribeStacks", error="ValidationError", status=400), False),
    ],
)
def test_single_steps_that_are_chains(single: JournalEntry, found: bool) -> None:
    assert bool(begun_chains([single])) == found


class Growing:
    """A journal that has one more entry each time that it is read."""

    def __init__(self, *entries: JournalEntry) -> None:
        self._entries = list(entries)
        self._read = 1

    def read(self, since: int = 0) -> tuple[int, list[JournalEntry]]:
        self._read += 1
        found = [each for each in self._entries[: self._read] if each.position > since]
        return max((each.position for each in found), default=since), found

    def entries(self) -> list[JournalEntry]:
        return self.read()[1]


def test_newest_chain_is_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(settling, "_QUIET_SECONDS", 0.02)
    journal = Growing(
        entry(1, "schedule", id="older", ago=9),
        entry(2, "schedule", id="firing", ago=8),
        delivery(3),
        call(4, "lambda.Invoke", causes=["hop"], caller="events", status=202, resource="f"),
        entry(5, "invocation", id="call-4", causes=["call-4", "firing"], status="success"),
    )
    found = newest_chain(cast(Journal, journal), Expectations())
    assert found is not None
    assert [step.entry.position for step in found.chain.steps()] == [2, 3, 4, 5]
    assert (found.chain.expected, found.newer) == ([], 0)


def test_newer_chains_and_those_that_grow_on_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest, "_FOLLOW_SECONDS", 0.1)
    recent = [
        entry(1, "schedule", id="firing", ago=-1),
        delivery(2, ago=-2),
        entry(3, "schedule", id="newer", ago=-3),
    ]
    found = newest_chain(cast(Journal, Growing(*recent)), Expectations())
    assert found is not None
    assert [step.entry.position for step in found.chain.steps()] == [1, 2]
    assert found.chain.expected == ["f: the invocation is not complete"]
    assert found.newer == 1


def test_old_chain_is_not_awaited() -> None:
    journal = Growing(entry(1, "schedule", id="firing", ago=60), delivery(2, ago=60))
    found = newest_chain(cast(Journal, journal), Expectations())
    assert found is not None
    assert (len(found.chain.steps()), found.chain.expected) == (2, [])


def test_journal_without_chains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest, "_APPEARANCE_SECONDS", 0)
    assert newest_chain(cast(Journal, Growing(call(1, "sqs.ListQueues"))), Expectations()) is None
