"""Missing steps: what usually follows from a step and did not this time.

The journal does not know what should happen. But if the same step occurred before and something
usually followed, its absence is worth a line.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from testbed.control.journal import JournalEntry
from testbed.trace.chains import Step
from testbed.trace.wording import describe

Signature = tuple[object, ...]


def missing_steps(before: Iterable[Step], now: Iterable[Step]) -> list[str]:
    """Return a line for each child that steps of ``now`` lack and usually have.

    A child is usual if the last step of the same kind had it, and more than half of all did.

    Parameters
    ----------
    before, now
        In order of time.
    """
    past: dict[Signature, _Past] = defaultdict(_Past)
    for step in before:
        past[_signature(step.entry)].add(_children(step))
    lines = []
    for step in now:
        earlier = past[_signature(step.entry)]
        children = _children(step)
        for child, example in earlier.last.items():
            count = earlier.counts[child]
            if child not in children and 2 * count > earlier.steps:
                lines.append(
                    f"{describe(step.entry, figures=False)}: not followed by:"
                    f" {describe(example, figures=False)}"
                    f" (as {count} of {earlier.steps} times before)"
                )
    return list(dict.fromkeys(lines))


@dataclass
class _Past:
    """Earlier steps of one kind: their number, how often each child followed, the last children."""

    steps: int = 0
    counts: Counter[Signature] = field(default_factory=Counter)
    last: dict[Signature, JournalEntry] = field(default_factory=dict)

    def add(self, children: dict[Signature, JournalEntry]) -> None:
        self.steps += 1
        self.counts.update(children.keys())
        self.last = children


def _children(step: Step) -> dict[Signature, JournalEntry]:
    return {_signature(each.entry): each.entry for each in step.children}


def _signature(entry: JournalEntry) -> Signature:
    """Return what steps of one kind have in common: neither their ids nor names of objects."""
    resource = entry["resource"] or ""
    if entry["service"] == "s3":
        resource = resource.partition("/")[0]
    recipients = tuple(entry["to"] or ())
    action = entry["operation"] or entry["action"]
    return entry.kind, entry["service"], action, resource, entry["source"], recipients
