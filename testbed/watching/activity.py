"""What happens in the testbed meanwhile: chains of the journal, each when it is quiet."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from testbed.control.journal import Journal, JournalEntry
from testbed.trace.chains import Step, chain_roots

QUIET_SECONDS = 1.0
"""A chain is shown if nothing was added to it for this long."""

_OPEN_SECONDS = 60.0
_KEPT_SECONDS = 600.0
_MOST_KEPT = 2000
_WAIT_SECONDS = 1
# Chains are built anew each time, which takes long while much happens.
_PAUSE_SECONDS = 0.25
# What alone is no chain: control plane calls, such as those of the testbed's own commands.
_CALLS = ("api", "fault")


@dataclass
class QuietChains:
    """Journal entries that become chains, each of which is returned when it is quiet.

    A chain that continues later, such as by a retry, is returned again.
    """

    _entries: dict[int, JournalEntry] = field(default_factory=dict)
    _arrived: dict[int, float] = field(default_factory=dict)
    _shown: dict[int, int] = field(default_factory=dict)

    def add(self, entries: Iterable[JournalEntry], now: float) -> None:
        """Add new entries.

        Parameters
        ----------
        now
            The time in seconds, by any clock that is not set back.
        """
        for entry in entries:
            self._entries[entry.position] = entry
            self._arrived[entry.position] = now

    def take(self, now: float) -> list[Step]:
        """Return the first steps of chains that are quiet now and were not returned so before."""
        if not self._entries:
            return []
        taken = []
        gone: set[int] = set()
        for root in chain_roots(self._entries.values()):
            positions = {step.entry.position for step in root.walk()}
            quiet = now - max(self._arrived[each] for each in positions)
            identity = min(positions)
            if quiet < QUIET_SECONDS or (quiet < _OPEN_SECONDS and _is_open(root)):
                continue
            if not _is_chain(root):
                gone |= positions
            elif self._shown.get(identity) != len(positions):
                self._shown[identity] = len(positions)
                taken.append(root)
            if quiet > _KEPT_SECONDS:
                gone |= positions
        excess = sorted(self._entries)[: max(0, len(self._entries) - _MOST_KEPT)]
        for position in gone.union(excess):
            self._entries.pop(position, None)
            self._arrived.pop(position, None)
            self._shown.pop(position, None)
        return taken


def _is_chain(root: Step) -> bool:
    return any(
        step.entry.kind not in _CALLS or step.entry["service"] == "execute-api"
        for step in root.walk()
    )


def _is_open(root: Step) -> bool:
    """Return whether a message of the chain is being processed."""
    for step in root.walk():
        if step.entry.kind == "queue" and step.entry["action"] == "sent":
            moves = [each.entry["action"] for each in step.children if each.entry.kind == "queue"]
            if moves and moves[-1] == "received":
                return True
    return False


def follow_chains(journal: Journal, since: int) -> Iterator[Step]:
    """Yield the first step of each chain when it is quiet, without end.

    Parameters
    ----------
    since
        The position in the journal after which chains begin.
    """
    chains = QuietChains()
    while True:
        since, entries = journal.read(since, wait=_WAIT_SECONDS)
        now = time.monotonic()
        chains.add(entries, now)
        yield from chains.take(now)
        time.sleep(_PAUSE_SECONDS)
