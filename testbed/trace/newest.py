"""The newest chain in the journal, awaited until it has come to rest."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from testbed.control.journal import Journal, JournalEntry
from testbed.trace.chains import Step, chain_roots

_APPEARANCE_SECONDS = 1.0
"""How long a first chain is waited for."""

_QUIET = timedelta(seconds=0.7)
"""A chain to which nothing was added for this long has come to rest, if nothing is due."""

_LONGEST = timedelta(seconds=15)
"""The longest that a chain is waited for: functions may take up to 15 minutes."""

_PAUSE_SECONDS = 0.1

_DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError"}

# Calls that should lead to something.
_STARTS = {
    ("sns", "Publish"),
    ("sns", "PublishBatch"),
    ("events", "PutEvents"),
    ("lambda", "Invoke"),
    ("sqs", "SendMessage"),
    ("sqs", "SendMessageBatch"),
}


@dataclass(frozen=True)
class NewestChain:
    """The newest chain when it was looked for.

    Parameters
    ----------
    in_progress
        Whether it has not come to rest in time.
    newer
        How many chains have begun since.
    """

    root: Step
    in_progress: bool
    newer: int


def newest_chain(journal: Journal) -> NewestChain | None:
    """Return the newest chain when it has come to rest, or None if there is no chain.

    It waits while the chain grows: for a message that was received, or a function that runs.

    Raises
    ------
    TestbedError
        If the journal cannot be read.
    """
    deadline = time.monotonic() + _APPEARANCE_SECONDS
    position, entries = journal.read()
    while not (roots := begun_chains(entries)) and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
        position, entries = journal.read()
    if not roots:
        return None
    chosen, latest = roots[-1].entry.position, datetime.now(UTC) + _LONGEST
    while True:
        root = next(each for each in roots if each.entry.position == chosen)
        now = datetime.now(UTC)
        in_progress = not is_at_rest(root, now)
        if not in_progress or now > latest:
            return NewestChain(root, in_progress, newer=len(roots) - roots.index(root) - 1)
        time.sleep(_PAUSE_SECONDS)
        position, added = journal.read(position)
        entries += added
        roots = begun_chains(entries)


def begun_chains(entries: Iterable[JournalEntry]) -> list[Step]:
    """Return the first steps of chains, the oldest first.

    A call that leads to nothing else, such as DescribeStacks, is none, except if it is denied or is
    one that should lead to something, such as Publish.
    """
    return [root for root in chain_roots(entries) if _is_chain(root)]


def is_at_rest(root: Step, now: datetime) -> bool:
    """Return whether nothing is expected to be added to a chain soon."""
    steps = list(root.walk())
    last = max(_end(step.entry) for step in steps)
    if now - last > _LONGEST:
        return True
    return now - last > _QUIET and not any(map(_is_unfinished, steps))


def _end(entry: JournalEntry) -> datetime:
    return entry.time + timedelta(milliseconds=entry["ms"] or 0)


def _is_chain(root: Step) -> bool:
    entry = root.entry
    return (
        entry.kind != "api"
        or entry["service"] == "execute-api"
        or (entry["service"], entry["operation"]) in _STARTS
        or any(step.entry.kind != "api" or step.entry["error"] in _DENIED for step in root.walk())
    )


def _is_unfinished(step: Step) -> bool:
    """Whether a function still runs, or a message is still being processed."""
    entry = step.entry
    match entry.kind:
        case "delivery":
            to_function = ":function:" in (entry["resource"] or "")
            return to_function and entry["status"] == "delivered" and not _invoked(step)
        case "api":
            invokes = (entry["service"], entry["operation"]) == ("lambda", "Invoke")
            return invokes and not entry["error"] and not _invoked(step)
        case "queue" if entry["action"] == "sent":
            moves = [each.entry["action"] for each in step.children if each.entry.kind == "queue"]
            return moves[-1:] == ["received"]
    return False


def _invoked(step: Step) -> bool:
    return any(each.entry.kind == "invocation" for each in step.walk())
