"""What usually follows from a hop, and this time did not.

A journal does not know what was meant to happen. But where the same hop happened before, and
something usually followed, its absence is worth a line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from testbed.chains import Hop
from testbed.hops import what
from testbed.journal import Entry

type Likeness = tuple[object, ...]


def missing(before: Iterable[Hop], now: Iterable[Hop]) -> list[str]:
    """Return a line for each follower that hops of ``now`` lack, and usually have.

    A follower is usual if the last hop of the same sort had it, and more than half of all did.

    Parameters
    ----------
    before, now
        By the time at which they began.
    """
    earlier: dict[Likeness, list[dict[Likeness, Entry]]] = defaultdict(list)
    for hop in before:
        earlier[_likeness(hop.entry)].append(_followers(hop))
    lines = []
    for hop in now:
        followers, past = _followers(hop), earlier[_likeness(hop.entry)]
        for follower, example in (past[-1] if past else {}).items():
            count = sum(follower in each for each in past)
            if follower not in followers and 2 * count > len(past):
                usual = what(example, figures=False)
                lines.append(
                    f"{what(hop.entry, figures=False)}: not followed by: {usual}"
                    f" (it was, {count} of {len(past)} times before)"
                )
    return list(dict.fromkeys(lines))


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
