"""Entries of the journal tied into chains: which hop followed from which.

An entry follows from another one that has, or made, an id that it names among its causes. A call
that names none, but belongs to an X-Ray trace, follows from the first entry of that trace. What
follows from several, such as an invocation for a batch of messages, is in several places.
https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from testbed.journal import Entry

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
        An id of a request, message, event, mail or X-Ray trace, or the beginning of one, or the
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
    carriers: dict[str, list[Hop]] = defaultdict(list)
    deliveries: dict[str, list[Hop]] = defaultdict(list)
    first_of_trace: dict[str, Hop] = {}
    for hop in hops:
        for identity in {hop.entry.id, *hop.entry.makes} - {""}:
            carriers[identity].append(hop)
        for cause in hop.entry.causes if hop.entry.kind == "delivery" else ():
            deliveries[cause].append(hop)
        first_of_trace.setdefault(hop.entry.trace, hop)
    for hop in hops:
        hop.before = _delivered(hop, deliveries) or _causes(hop, carriers)
        if not hop.before and hop.entry.trace and not hop.entry.causes:
            first = first_of_trace[hop.entry.trace]
            hop.before = [] if first is hop else [first]
        for before in hop.before:
            before.after.append(hop)
    return hops


def _order(entry: Entry) -> tuple[object, int]:
    return entry.time, entry.position


def _causes(hop: Hop, carriers: dict[str, list[Hop]]) -> list[Hop]:
    """Return what a hop followed from: of several with an id, the last one before it."""
    entry = hop.entry
    if entry.kind == "queue":
        earlier = _earlier(hop, carriers[entry.id])
        if entry["action"] != "sent":
            # However often a message comes and goes, it was sent once.
            sent = [each for each in earlier if _is_sent(each, entry["resource"])]
            return sent[-1:]
        if moved := [each for each in earlier if each.entry["action"] == "dead-lettered"]:
            return moved[-1:]
    found = []
    for cause in entry.causes:
        earlier = _earlier(hop, carriers[cause])
        if not earlier:
            continue
        found.append(earlier[-1])
        if cause == entry.id or entry.kind != "invocation":
            break  # the others say the same, less precisely; but messages come in batches
    return list({id(each): each for each in found}.values())


def _delivered(hop: Hop, deliveries: dict[str, list[Hop]]) -> list[Hop]:
    """Return the delivery of the event or notification that a function was invoked for."""
    entry = hop.entry
    if entry.kind != "invocation":
        return []
    found = [each for cause in entry.causes for each in _earlier(hop, deliveries[cause])]
    function = f":function:{entry['resource']}"
    return [each for each in found if function in each.entry["resource"]][-1:]


def _earlier(hop: Hop, others: list[Hop]) -> list[Hop]:
    this = _order(hop.entry)
    return [each for each in others if each is not hop and _order(each.entry) <= this]


def _is_sent(hop: Hop, queue: str) -> bool:
    entry = hop.entry
    return entry.kind == "queue" and entry["action"] == "sent" and entry["resource"] == queue


def _is_meant(entry: Entry, identity: str) -> bool:
    if identity == str(entry.position):
        return True
    return len(identity) >= SHORTEST_PREFIX and any(
        each.startswith(identity) for each in (entry.id, entry.trace, *entry.makes)
    )
