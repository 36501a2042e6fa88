"""Chains of journal entries: which entry followed from which.

An entry follows from another one whose id, or a further id that it made, is among its causes. A
call that names no cause but carries an X-Ray trace follows from the first entry of that trace. What
follows from several entries, such as an invocation for a batch of messages, has several parents.
https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from testbed.control.journal import JournalEntry

SHORTEST_PREFIX = 6
"""The number of characters of an id that are enough to find it by."""


@dataclass(eq=False)
class Step:
    """A journal entry in its chain: with what it followed from and what followed from it."""

    entry: JournalEntry
    was_reset: bool = False
    """Whether the testbed was reset after it."""

    parents: list[Step] = field(default_factory=list, repr=False)
    children: list[Step] = field(default_factory=list, repr=False)

    def walk(self) -> Iterator[Step]:
        """Yield this step and all that followed from it, depth first, each once."""
        seen: set[int] = set()
        waiting = [self]
        while waiting:
            step = waiting.pop()
            if id(step) not in seen:
                seen.add(id(step))
                yield step
                waiting += reversed(step.children)

    def roots(self) -> list[Step]:
        """Return the first steps of the chains that this step is in, the oldest first."""
        found: dict[int, Step] = {}
        waiting, seen = [self], {id(self)}
        while waiting:
            step = waiting.pop()
            if not step.parents:
                found[id(step)] = step
            waiting += [each for each in step.parents if id(each) not in seen]
            seen |= {id(each) for each in step.parents}
        return sorted(found.values(), key=lambda root: root.entry.time)


def chain_roots(entries: Iterable[JournalEntry]) -> list[Step]:
    """Return the first step of each chain, the oldest first."""
    return [step for step in link(entries) if not step.parents]


def find_chains(entries: Iterable[JournalEntry], identity: str) -> list[Step]:
    """Return the first steps of the chains that an id occurs in, the oldest first.

    Parameters
    ----------
    identity
        The id of a request, message, event, email or X-Ray trace, at least its first six
        characters; a whole trace header; or the position of an entry.
    """
    identity = identity.partition("Root=")[2].partition(";")[0] or identity
    found: dict[int, Step] = {}
    for step in link(entries):
        if _has_identity(step.entry, identity):
            found |= {id(root): root for root in step.roots()}
    return sorted(found.values(), key=lambda root: root.entry.time)


def link(entries: Iterable[JournalEntry]) -> list[Step]:
    """Return a step for each entry, linked to its parents and children, in order of time.

    No chain spans a reset of the testbed.
    """
    steps: list[Step] = []
    before_reset: list[JournalEntry] = []
    for entry in sorted(entries, key=lambda each: each.position):
        before_reset.append(entry)
        if entry.kind == "reset":
            steps += _linked(before_reset, was_reset=True)
            before_reset = []
    steps += _linked(before_reset, was_reset=False)
    return sorted(steps, key=_order_of)


def _linked(entries: Iterable[JournalEntry], *, was_reset: bool) -> list[Step]:
    steps = [Step(entry, was_reset) for entry in sorted(entries, key=_order)]
    index = _Index()
    for step in steps:
        index.add(step)
    for step in steps:
        step.parents = index.calls_of(step) or index.deliveries_to(step) or index.causes_of(step)
        if not step.parents and step.entry.trace and not step.entry.causes:
            first = index.first_of_trace[step.entry.trace]
            step.parents = [] if first is step else [first]
        for parent in step.parents:
            parent.children.append(step)
    return steps


def _order(entry: JournalEntry) -> tuple[object, int]:
    return entry.time, entry.position


def _order_of(step: Step) -> tuple[object, int]:
    return _order(step.entry)


class _Index:
    """Steps by the ids that others name among their causes, in order of time.

    A poison message may be received ten thousand times: parents are found by bisection, without
    comparing a step with all earlier ones.
    """

    def __init__(self) -> None:
        self._by_id: dict[str, list[Step]] = defaultdict(list)
        self._sent: dict[tuple[str, str], list[Step]] = defaultdict(list)
        self._dead_lettered: dict[str, list[Step]] = defaultdict(list)
        self._deliveries: dict[str, list[Step]] = defaultdict(list)
        self.first_of_trace: dict[str, Step] = {}

    def add(self, step: Step) -> None:
        """Add a step; steps must be added in order of time."""
        entry = step.entry
        for identity in {entry.id, *entry.makes} - {""}:
            self._by_id[identity].append(step)
            if entry.kind == "queue" and entry["action"] == "sent":
                self._sent[identity, entry["resource"]].append(step)
            if entry["action"] == "dead-lettered":
                self._dead_lettered[identity].append(step)
        for cause in entry.causes if entry.kind == "delivery" else ():
            self._deliveries[cause].append(step)
        self.first_of_trace.setdefault(entry.trace, step)

    def causes_of(self, step: Step) -> list[Step]:
        """Return the steps that a step names as causes: of several with an id, the last before."""
        entry = step.entry
        if entry.kind == "queue":
            if entry["action"] != "sent":
                # However often a message is received, it was sent once.
                return _last_before(step, self._sent[entry.id, entry["resource"]])
            if moved := _last_before(step, self._dead_lettered[entry.id]):
                return moved
        found = []
        for cause in entry.causes:
            last = _last_before(step, self._by_id[cause])
            if not last:
                continue
            found += last
            if cause == entry.id or entry.kind != "invocation":
                break  # the first match is the most precise; only a batch has several causes
        return list({id(each): each for each in found}.values())

    def calls_of(self, step: Step) -> list[Step]:
        """Return the call of Invoke that invoked a function, which has the same request id."""
        if step.entry.kind != "invocation":
            return []
        calls = [each for each in self._by_id[step.entry.id] if each.entry.kind == "api"]
        return _last_before(step, calls)

    def deliveries_to(self, step: Step) -> list[Step]:
        """Return the delivery of the event or notification that a function was invoked for."""
        entry = step.entry
        if entry.kind != "invocation":
            return []
        function = f":function:{entry['resource']}"
        for cause in reversed(entry.causes):
            deliveries = self._deliveries[cause]
            for number in range(_count_before(step, deliveries) - 1, -1, -1):
                if function in deliveries[number].entry["resource"]:
                    return [deliveries[number]]
        return []


def _last_before(step: Step, others: list[Step]) -> list[Step]:
    """Return the last of some steps in order of time that began before a step, if any did."""
    count = _count_before(step, others)
    return others[count - 1 : count]


def _count_before(step: Step, others: list[Step]) -> int:
    return bisect_left(others, _order_of(step), key=_order_of)


def _has_identity(entry: JournalEntry, identity: str) -> bool:
    if identity == str(entry.position):
        return True
    return len(identity) >= SHORTEST_PREFIX and any(
        each.startswith(identity) for each in (entry.id, entry.trace, *entry.makes)
    )
