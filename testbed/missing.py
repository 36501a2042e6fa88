"""What usually follows from a hop, and this time did not.

A journal does not know what was meant to happen. But where the same hop happened before, and the
same always followed, its absence is worth a line.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from testbed.chains import Hop
from testbed.hops import what
from testbed.journal import Entry

type Likeness = tuple[object, ...]


def missing(before: Iterable[Hop], now: Iterable[Hop]) -> list[str]:
    """Return a line for each hop of ``now`` that had a follower each time before, and has none.

    Parameters
    ----------
    before, now
        Beginnings of chains.
    """
    times: Counter[Likeness] = Counter()
    followers: dict[Likeness, Counter[Likeness]] = defaultdict(Counter)
    examples: dict[tuple[Likeness, Likeness], Entry] = {}
    for hop in _all(before):
        likeness = _likeness(hop.entry)
        times[likeness] += 1
        for follower, example in {_likeness(each.entry): each.entry for each in hop.after}.items():
            followers[likeness][follower] += 1
            examples[likeness, follower] = example
    lines = []
    for hop in _all(now):
        likeness = _likeness(hop.entry)
        present = {_likeness(each.entry) for each in hop.after}
        for follower, count in followers[likeness].items():
            if count == times[likeness] and follower not in present:
                often = "once" if count == 1 else f"{count} times"
                usual = what(examples[likeness, follower], figures=False)
                lines.append(
                    f"{what(hop.entry, figures=False)}: not followed by: {usual}"
                    f" (it was, {often} before)"
                )
    return list(dict.fromkeys(lines))


def _all(roots: Iterable[Hop]) -> list[Hop]:
    return list({id(hop): hop for root in roots for hop in root.all()}.values())


def _likeness(entry: Entry) -> Likeness:
    """Return what hops of the same sort have in common: not their ids, nor names of objects."""
    resource = entry["resource"] or ""
    if entry["service"] == "s3":
        resource = resource.partition("/")[0]
    recipients = tuple(entry["to"] or ())
    action = entry["operation"] or entry["action"]
    return entry.kind, entry["service"], action, resource, entry["source"], recipients
