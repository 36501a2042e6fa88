"""When a chain is shown: once it is quiet, and again if it continues."""

from __future__ import annotations

from typing import Any

from testbed.control.journal import JournalEntry
from testbed.watching.activity import QuietChains


def entry(position: int, kind: str, **fields: Any) -> JournalEntry:
    time = f"2026-11-28T12:00:{position:02}+00:00"
    return JournalEntry.of({"position": position, "time": time, "kind": kind, **fields})


SENT = entry(1, "queue", id="m", action="sent", resource="q")
RECEIVED = entry(2, "queue", id="m", action="received", resource="q")
INVOKED = entry(3, "invocation", id="i", causes=["m"], resource="f")
DELETED = entry(4, "queue", id="m", action="deleted", resource="q")


def taken(chains: QuietChains, now: float) -> list[list[int]]:
    return [sorted(step.entry.position for step in root.walk()) for root in chains.take(now)]


def test_chain_is_shown_once_when_it_is_quiet() -> None:
    chains = QuietChains()
    chains.add([SENT], now=0)
    chains.add([INVOKED], now=0.6)
    assert taken(chains, 1.2) == []
    assert taken(chains, 1.7) == [[1, 3]]
    assert taken(chains, 2.7) == []


def test_message_that_is_being_processed_is_waited_for() -> None:
    chains = QuietChains()
    chains.add([SENT, RECEIVED], now=0)
    assert taken(chains, 30) == []
    chains.add([INVOKED, DELETED], now=40)
    assert taken(chains, 42) == [[1, 2, 3, 4]]


def test_message_that_is_never_deleted_is_shown_in_the_end() -> None:
    chains = QuietChains()
    chains.add([SENT, RECEIVED], now=0)
    assert taken(chains, 61) == [[1, 2]]


def test_chain_that_continues_is_shown_again() -> None:
    chains = QuietChains()
    chains.add([SENT], now=0)
    assert taken(chains, 2) == [[1]]
    chains.add([INVOKED], now=5)
    assert taken(chains, 7) == [[1, 3]]


def test_calls_alone_are_no_chain() -> None:
    """The testbed's own commands make calls, too."""
    chains = QuietChains()
    call = entry(1, "api", id="a", service="lambda", operation="GetFunctionConfiguration")
    request = entry(2, "api", id="b", service="execute-api", operation="GET /status")
    chains.add([call, request], now=0)
    assert taken(chains, 2) == [[2]]


def test_old_entries_are_forgotten() -> None:
    chains = QuietChains()
    chains.add([SENT], now=0)
    assert taken(chains, 601) == [[1]]
    chains.add([INVOKED], now=602)
    assert taken(chains, 604) == [[3]]
