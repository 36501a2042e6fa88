"""The newest chain: which one it is, and when it has come to rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from testbed.control.journal import Journal, JournalEntry
from testbed.trace import newest
from testbed.trace.newest import begun_chains, is_at_rest, newest_chain

NOW = datetime.now(UTC)
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"


def entry(position: int, kind: str, *, ago: float = 5.0, **fields: Any) -> JournalEntry:
    time = (NOW - timedelta(seconds=ago)).isoformat()
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


@pytest.mark.parametrize(
    ("entries", "at_rest"),
    [
        ([SCHEDULE, delivery(2)], False),
        ([SCHEDULE, delivery(2, status="failed", error="AccessDenied")], True),
        ([SCHEDULE, delivery(2, ago=0.1, status="failed")], False),
        (
            [
                SCHEDULE,
                delivery(2),
                call(3, "lambda.Invoke", causes=["hop"]),
                entry(4, "invocation", id="call-3", causes=["call-3"]),
            ],
            True,
        ),
        ([call(1, "lambda.Invoke")], False),
        ([call(1, "lambda.Invoke", ago=60)], True),
        ([call(1, "lambda.Invoke", error="ResourceNotFoundException")], True),
        (
            [
                entry(1, "queue", id="m", resource="q", action="sent"),
                entry(2, "queue", id="m", resource="q", action="received", causes=["m"]),
            ],
            False,
        ),
        ([entry(1, "queue", id="m", resource="q", action="sent")], True),
    ],
)
def test_chain_is_at_rest(entries: list[JournalEntry], at_rest: bool) -> None:
    [root] = begun_chains(entries)
    assert is_at_rest(root, NOW) == at_rest


class Growing:
    """A journal that has one more entry each time that it is read."""

    def __init__(self, *entries: JournalEntry) -> None:
        self._entries = list(entries)
        self._read = 1

    def read(self, since: int = 0) -> tuple[int, list[JournalEntry]]:
        self._read += 1
        found = [each for each in self._entries[: self._read] if each.position > since]
        return self._read, found


def test_newest_chain_is_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest, "_PAUSE_SECONDS", 0)
    journal = Growing(
        schedule := entry(1, "schedule", id="firing", ago=8),
        delivery(2),
        entry(3, "invocation", id="run", causes=["run", "firing"], resource="f"),
        entry(4, "schedule", id="newer", ago=1),
    )
    found = newest_chain(cast(Journal, journal))
    assert found is not None
    assert found.root.entry is schedule
    assert [step.entry.position for step in found.root.walk()] == [1, 2, 3]
    assert (found.in_progress, found.newer) == (False, 0)


def test_newer_chains_and_those_that_grow_on_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest, "_PAUSE_SECONDS", 0)
    monkeypatch.setattr(newest, "_LONGEST", timedelta(seconds=0.2))
    monkeypatch.setattr(newest, "_QUIET", timedelta(days=1))
    recent = [entry(number, "schedule", id=str(number), ago=-number) for number in (1, 2, 3, 4)]
    found = newest_chain(cast(Journal, Growing(*recent)))
    assert found is not None
    assert (found.root.entry.position, found.in_progress, found.newer) == (2, True, 2)


def test_journal_without_chains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest, "_APPEARANCE_SECONDS", 0)
    assert newest_chain(cast(Journal, Growing(call(1, "sqs.ListQueues")))) is None
