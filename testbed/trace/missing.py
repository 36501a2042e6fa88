"""What usually follows from a hop, and this time did not.

A journal does not know what was meant to happen. But where the same hop happened before, and
something usually followed, its absence is worth a line.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from testbed.control.journal import Entry
from testbed.trace.chains import Hop
from testbed.trace.wording import what

Likeness = tuple[object, ...]


def missing(before: Iterable[Hop], now: Iterable[Hop]) -> list[str]:
    """Return a line for each follower that hops of ``now`` lack, and usually have.

    A follower is usual if the last hop of the same sort had it, and more than half of all did.

    Parameters
    ----------
    before, now
        By the time at which they began.
    """
    past: dict[Likeness, _Past] = defaultdict(_Past)
    for hop in before:
        past[_likeness(hop.entry)].add(_followers(hop))
    lines = []
    for hop in now:
        earlier = past[_likeness(hop.entry)]
        followers = _followers(hop)
        for follower, example in earlier.last.items():
            count = earlier.counts[follower]
            if follower not in followers and 2 * count > earlier.hops:
                usual = what(example, figures=False)
                lines.append(
                    f"{what(hop.entry, figures=False)}: not followed by: {usual}"
                    f" (it was, {count} of {earlier.hops} times before)"
                )
    return list(dict.fromkeys(lines))


@dataclass
class _Past:
    """Hops of one sort: how many there were, and what followed how often, and last."""

    hops: int = 0
    counts: Counter[Likeness] = field(default_factory=Counter)
    last: dict[Likeness, Entry] = field(default_factory=dict)

    def add(self, followers: dict[Likeness, Entry]) -> None:
        self.hops += 1
        self.counts.update(followers.keys())
        self.last = followers


def _followers(hop: Hop) -> dict[Likeness, Entry]:
    return {_likeness(each.entry): each.entry for each in hop.after}


def _likeness(entry: Entry) -> Likeness:
    """Return what hops of the same sort have in common: not their ids, nor names of objects."""
    resource = entry["resource"] or ""
    if entry["service"] == "s3":
        resource = resource.partition("/")[0]
    recipients = tuple(entry["to"] or ())
    action = entry["operation"] or entry["action"]
    return entry.kind, entry["service"], action, resource, entry["source"], recipients
