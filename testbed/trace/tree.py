"""A chain drawn as a tree, with times."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from testbed.terminal import console
from testbed.trace.chains import Hop
from testbed.trace.wording import problem, what

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree

_MILLISECONDS_SHOWN = 8


def tree(root: Hop) -> Tree:
    """Draw a chain from its beginning on, with the time since then at each hop.

    A call that a service made in order to do what follows is left out if it succeeded.
    """
    drawn: set[int] = set()
    top = console.tree(_label(root, root, first=True))
    _grow(top, root, root, drawn)
    return top


def problems(hops: Iterable[Hop]) -> list[str]:
    """Return what failed at hops, or is missing after them, one line for each."""
    return [f"{what(hop.entry, figures=False)}: {text}" for hop in hops if (text := problem(hop))]


def _grow(branch: Tree, root: Hop, hop: Hop, drawn: set[int]) -> None:
    if id(hop) in drawn:
        if hop.after:
            branch.add(console.text(("… as above", "dim")))
        return
    drawn.add(id(hop))
    for after in _shown(hop):
        _grow(branch.add(_label(root, after)), root, after, drawn)


def _shown(hop: Hop) -> list[Hop]:
    shown: list[Hop] = []
    for after in hop.after:
        shown += _shown(after) if _is_means(after) else [after]
    return sorted(shown, key=lambda each: (each.entry.time, each.entry.position))


def _is_means(hop: Hop) -> bool:
    """Whether a hop is a call of one service to another that succeeded, and led to something."""
    entry = hop.entry
    by_service = entry.kind == "api" and not entry["role"] and entry["caller"] != "clients"
    return bool(by_service and hop.after and problem(hop) is None)


def _label(root: Hop, hop: Hop, first: bool = False) -> Text:
    entry = hop.entry
    if first:
        time = f"{entry.time.astimezone():%H:%M:%S.%f}"[:-3]
    else:
        passed = (entry.time - root.entry.time).total_seconds() * 1000
        time = f"{f'+{passed:.0f} ms':>{_MILLISECONDS_SHOWN}}"
    by_function = any(each.entry.kind == "invocation" for each in hop.before)
    found = problem(hop)
    return console.text(
        (f"{time}  ", "dim"),
        what(entry, caller=not by_function),
        (f"  ✗ {found}" if found else "", "red"),
    )


def drawn(roots: Iterable[Hop], width: int = 120) -> str:
    """Return chains as text without colours, cut off at a width."""
    return console.plain(map(tree, roots), width)
