"""Entries of the journal tied into chains: which hop followed from which.

An entry follows from another one that has, or made, an id that it names among its causes. A call
that names none, but belongs to an X-Ray trace, follows from the first entry of that trace. What
follows from several, such as an invocation for a batch of messages, is in several places.
https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from testbed.control.journal import Entry

SHORTEST_PREFIX = 6
"""Characters of an id that are enough to find it by."""


@dataclass(eq=False)
class Hop:
    """An entry, what it followed from, and what followed from it."""

    entry: Entry
    before: list[Hop] = field(default_factory=list, repr=False)
    after: list[Hop] = field(default_factory=list, repr=False)

    def all(self) -> Iterator[Hop]:
        """Yield this hop and all that followed, each once, in the order of a tree."""
        seen: set[int] = set()
        waiting = [self]
        while waiting:
            hop = waiting.pop()
            if id(hop) not in seen:
                seen.add(id(hop))
                yield hop
                waiting += reversed(hop.after)

    def roots(self) -> list[Hop]:
        """Return where it all began."""
        found: dict[int, Hop] = {}
        waiting, seen = [self], {id(self)}
        while waiting:
            hop = waiting.pop()
            if not hop.before:
                found[id(hop)] = hop
            waiting += [each for each in hop.before if id(each) not in seen]
            seen |= {id(each) for each in hop.before}
        return sorted(found.values(), key=lambda root: root.entry.time)


def chains(entries: Iterable[Entry]) -> list[Hop]:
    """Return the beginnings of all chains, the oldest first."""
    return [hop for hop in tied(entries) if not hop.before]


def chain_of(entries: Iterable[Entry], identity: str) -> list[Hop]:
    """Return the beginnings of the chains that have to do with an id.

    Parameters
    ----------
    identity
        An id of a request, message, event, email or X-Ray trace, or the beginning of one, or the
        position of an entry. A whole trace header will do.
    """
    identity = identity.partition("Root=")[2].partition(";")[0] or identity
    found: dict[int, Hop] = {}
    for hop in tied(entries):
        if _is_meant(hop.entry, identity):
            found |= {id(root): root for root in hop.roots()}
    return sorted(found.values(), key=lambda root: root.entry.time)


def tied(entries: Iterable[Entry]) -> list[Hop]:
    """Return the hops of all entries, by the time at which they began, each tied to the others."""
    hops = [Hop(entry) for entry in sorted(entries, key=_order)]
    index = _Index()
    for hop in hops:
        index.add(hop)
    for hop in hops:
        hop.before = index.delivered(hop) or index.causes(hop)
        if not hop.before and hop.entry.trace and not hop.entry.causes:
            first = index.first_of_trace[hop.entry.trace]
            hop.before = [] if first is hop else [first]
        for before in hop.before:
            before.after.append(hop)
    return hops


def _order(entry: Entry) -> tuple[object, int]:
    return entry.time, entry.position


def _order_of(hop: Hop) -> tuple[object, int]:
    return _order(hop.entry)


class _Index:
    """Hops by what others name among their causes, in the order in which they began.

    One message may have come ten thousand times: what a hop followed from is found without looking
    at all that came before.
    """

    def __init__(self) -> None:
        self._carriers: dict[str, list[Hop]] = defaultdict(list)
        self._sent: dict[tuple[str, str], list[Hop]] = defaultdict(list)
        self._moved: dict[str, list[Hop]] = defaultdict(list)
        self._deliveries: dict[str, list[Hop]] = defaultdict(list)
        self.first_of_trace: dict[str, Hop] = {}

    def add(self, hop: Hop) -> None:
        """Add a hop; those that began earlier come first."""
        entry = hop.entry
        for identity in {entry.id, *entry.makes} - {""}:
            self._carriers[identity].append(hop)
            if entry.kind == "queue" and entry["action"] == "sent":
                self._sent[identity, entry["resource"]].append(hop)
            if entry["action"] == "dead-lettered":
                self._moved[identity].append(hop)
        for cause in entry.causes if entry.kind == "delivery" else ():
            self._deliveries[cause].append(hop)
        self.first_of_trace.setdefault(entry.trace, hop)

    def causes(self, hop: Hop) -> list[Hop]:
        """Return what a hop followed from: of several with an id, the last one before it."""
        entry = hop.entry
        if entry.kind == "queue":
            if entry["action"] != "sent":
                # However often a message comes and goes, it was sent once.
                return _last(hop, self._sent[entry.id, entry["resource"]])
            if moved := _last(hop, self._moved[entry.id]):
                return moved
        found = []
        for cause in entry.causes:
            last = _last(hop, self._carriers[cause])
            if not last:
                continue
            found += last
            if cause == entry.id or entry.kind != "invocation":
                break  # the others say the same, less precisely; but messages come in batches
        return list({id(each): each for each in found}.values())

    def delivered(self, hop: Hop) -> list[Hop]:
        """Return the delivery of the event or notification that a function was invoked for."""
        entry = hop.entry
        if entry.kind != "invocation":
            return []
        function = f":function:{entry['resource']}"
        for cause in reversed(entry.causes):
            deliveries = self._deliveries[cause]
            for number in range(_count_before(hop, deliveries) - 1, -1, -1):
                if function in deliveries[number].entry["resource"]:
                    return [deliveries[number]]
        return []


def _last(hop: Hop, others: list[Hop]) -> list[Hop]:
    """Return the last one of some hops, in their order, that began before a hop, if any did."""
    count = _count_before(hop, others)
    return others[count - 1 : count]


def _count_before(hop: Hop, others: list[Hop]) -> int:
    return bisect_left(others, _order_of(hop), key=_order_of)


def _is_meant(entry: Entry, identity: str) -> bool:
    if identity == str(entry.position):
        return True
    return len(identity) >= SHORTEST_PREFIX and any(
        each.startswith(identity) for each in (entry.id, entry.trace, *entry.makes)
    )
