"""The newest chain in the journal, awaited until nothing more is expected to follow."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from testbed.control.journal import Journal, JournalEntry
from testbed.trace.chains import Step, chain_roots
from testbed.trace.settling import Expectations, Followed, follow_chain

_APPEARANCE_SECONDS = 1.0
"""How long a first chain is waited for."""

_FOLLOW_SECONDS = 15.0
"""How long a chain is followed, and how old its last step may be: functions may take longer."""

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
    """The chain that was the newest when it was looked for.

    Parameters
    ----------
    newer
        How many chains have begun since.
    """

    chain: Followed
    newer: int


def newest_chain(journal: Journal, expectations: Expectations) -> NewestChain | None:
    """Return the newest chain when it is complete, or None if there is no chain.

    It is followed while something is expected, for up to 15 seconds.

    Raises
    ------
    TestbedError
        If the journal cannot be read.
    """
    deadline = time.monotonic() + _APPEARANCE_SECONDS
    while not (begun := begun_chains(journal.entries())) and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
    if not begun:
        return None
    root = begun[-1]
    ended = max(_end(step.entry) for step in root.walk())
    if datetime.now(UTC) - ended > timedelta(seconds=_FOLLOW_SECONDS):
        return NewestChain(Followed([root]), newer=0)
    position = str(root.entry.position)
    followed = follow_chain(
        journal, 0, position, _FOLLOW_SECONDS, expectations, await_retries=False
    )
    newer = [each for each in begun_chains(journal.entries()) if each.entry.time > root.entry.time]
    return NewestChain(followed, len(newer))


def begun_chains(entries: Iterable[JournalEntry]) -> list[Step]:
    """Return the first steps of chains, the oldest first.

    A call that leads to nothing else, such as DescribeStacks, is none, except if it is denied or is
    one that should lead to something, such as Publish.
    """
    return [root for root in chain_roots(entries) if _is_chain(root)]


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
