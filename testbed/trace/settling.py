"""Following a chain until nothing more is expected to follow, or a time limit has passed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus

from testbed.control.journal import Journal, JournalEntry
from testbed.trace.chains import Step, find_chains
from testbed.trace.wording import short_name

_PAUSE_SECONDS = 0.05
# What one service does after another is journaled within a few milliseconds.
_QUIET_SECONDS = 0.3
# An entry is added when its call ends, which may be a moment after the response was received.
_FIRST_SECONDS = 2.0


@dataclass(frozen=True)
class Expectations:
    """What is known about resources that process messages and events later.

    Parameters
    ----------
    has_consumer
        Whether a function reads the queue with a name. A message in any other queue stays there.
    retries
        How often Lambda retries an asynchronous invocation of a function.
    """

    has_consumer: Callable[[str], bool] = lambda _queue: True
    retries: Callable[[str], int] = lambda _function: 0


@dataclass(frozen=True)
class Followed:
    """A chain, and what is still expected to follow.

    Parameters
    ----------
    expected
        A line for each step that something will follow from; empty if the chain is complete.
    """

    roots: list[Step] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def steps(self) -> list[Step]:
        """Return all steps, each once, in the order of their positions."""
        found = {step.entry.position: step for root in self.roots for step in root.walk()}
        return [step for _, step in sorted(found.items())]


def follow_chain(
    journal: Journal,
    since: int,
    identity: str,
    within: float,
    expectations: Expectations | None = None,
    *,
    await_retries: bool = True,
) -> Followed:
    """Wait until a chain is complete, and return it.

    Parameters
    ----------
    since
        A position in the journal before the chain began.
    identity
        The id of a request, message or event in the chain.
    within
        How long to wait at most, in seconds.
    await_retries
        Whether to wait if only retries are expected: Lambda's after a minute or two, and a queue's
        after its visibility timeout.

    Raises
    ------
    LacksFeatureError
        If the emulator has no journal.
    """
    known = expectations or Expectations()
    started = changed = time.monotonic()
    entries: list[JournalEntry] = []
    size = 0
    while True:
        since, added = journal.read(since)
        entries += added
        followed = Followed(find_chains(entries, identity))
        steps = followed.steps()
        now = time.monotonic()
        if len(steps) != size:
            size, changed = len(steps), now
        lines = {step.entry.position: line for step in steps if (line := _expected(step, known))}
        expected = list(dict.fromkeys(lines.values()))
        awaited = [
            step
            for step in steps
            if step.entry.position in lines and (await_retries or not _failed(step))
        ]
        passed = now - started
        if passed >= (within if steps else min(within, _FIRST_SECONDS)):
            return Followed(followed.roots, expected)
        if steps and not awaited and now - changed >= _QUIET_SECONDS:
            return Followed(followed.roots, expected)
        time.sleep(_PAUSE_SECONDS)


def _expected(step: Step, known: Expectations) -> str | None:
    """Return what will follow from a step, in words, or None."""
    entry = step.entry
    if entry.kind == "queue" and entry["action"] == "sent":
        return _expected_of_message(step, known)
    function = _invoked_later(entry)
    if function is None:
        return None
    first = next((each for each in _following(step) if each.entry.kind == "invocation"), None)
    if first is None:
        return f"{function}: the invocation is not complete"
    # A retry has the same request id, and may follow from the attempt before.
    attempts = [
        each.entry
        for each in step.walk()
        if each.entry.kind == "invocation" and each.entry.id == first.entry.id
    ]
    attempts.sort(key=lambda entry: entry.time)
    tries = [each for each in attempts if each["status"] != "throttled"]
    asynchronous = entry.kind == "delivery" or entry["status"] == HTTPStatus.ACCEPTED
    failed = attempts[-1]["status"] != "success"
    if asynchronous and failed and len(tries) <= known.retries(function):
        return f"{function}: the invocation failed, and Lambda will retry it"
    return None


def _failed(step: Step) -> bool:
    """Return whether the last attempt to process a message or an event has failed."""
    attempt = step
    if step.entry["action"] == "sent":
        received = [each for each in step.children if each.entry["action"] == "received"]
        if not received:
            return False
        attempt = received[-1]
    invocations = [each.entry for each in attempt.walk() if each.entry.kind == "invocation"]
    if not invocations:
        return False
    invocations.sort(key=lambda entry: entry.time)
    # After an event's first invocation come its retries; after that of a message that was received,
    # the invocations that its function has caused.
    decisive = invocations[-1] if attempt is step else invocations[0]
    return bool(decisive["status"] != "success")


def _following(step: Step) -> Iterator[Step]:
    """Yield what follows from a step, also by a call of Invoke with which it was delivered."""
    for child in step.children:
        yield child
        if child.entry["operation"] == "Invoke":
            yield from child.children


def _expected_of_message(step: Step, known: Expectations) -> str | None:
    moves = {each.entry["action"] for each in step.children if each.entry.kind == "queue"}
    queue = short_name(step.entry["resource"] or "")
    if moves & {"deleted", "dead-lettered"} or not known.has_consumer(queue):
        return None
    if not moves:
        return f"{queue}: the message has not been received"
    return f"{queue}: the message was received but not deleted"


def _invoked_later(entry: JournalEntry) -> str | None:
    """Return the function that is invoked after a call or a delivery, or None."""
    if entry.kind == "delivery":
        target = entry["resource"] or ""
        delivered = entry["status"] == "delivered" and ":function:" in target
        return target.partition(":function:")[2].partition(":")[0] if delivered else None
    if entry.kind == "api" and (entry["service"], entry["operation"]) == ("lambda", "Invoke"):
        return short_name(entry["resource"] or "") if (entry["status"] or 0) < 300 else None
    return None
