"""Chains as trees of lines with times, for a terminal or a report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from testbed.trace.chains import Step
from testbed.trace.wording import describe, problem

_TIME_WIDTH = 8


@dataclass
class TreeNode:
    """A line of a tree, and the lines below it.

    Parameters
    ----------
    parts
        The text of the line, as pieces with their style for a terminal.
    """

    parts: tuple[tuple[str, str], ...]
    children: list[TreeNode] = field(default_factory=list)


def tree(root: Step) -> TreeNode:
    """Return a chain as a tree, with the time since its first step at each line.

    A successful call of one service to another that led to another step is left out.
    """
    node = TreeNode(_label(root, root))
    _grow(node, root, root, set())
    return node


def draw(roots: Iterable[Step]) -> list[str]:
    """Return the trees of chains as lines of text."""
    return [line for root in roots for line in _lines(tree(root))]


def problems(steps: Iterable[Step]) -> list[str]:
    """Return a line for each step that failed or that did not lead to what should follow."""
    return [
        f"{describe(step.entry, figures=False)}: {text}"
        for step in steps
        if (text := problem(step))
    ]


def _grow(node: TreeNode, root: Step, step: Step, drawn: set[int]) -> None:
    if id(step) in drawn:
        if step.children:
            node.children.append(TreeNode((("… as above", "dim"),)))
        return
    drawn.add(id(step))
    for child in _shown_children(step):
        below = TreeNode(_label(root, child))
        node.children.append(below)
        _grow(below, root, child, drawn)


def _shown_children(step: Step) -> list[Step]:
    shown: list[Step] = []
    for child in step.children:
        shown += _shown_children(child) if _is_only_means(child) else [child]
    return sorted(shown, key=lambda each: (each.entry.time, each.entry.position))


def _is_only_means(step: Step) -> bool:
    """Whether a step is a successful call of one service to another that led to another step."""
    entry = step.entry
    by_service = entry.kind == "api" and not entry["role"] and entry["caller"] != "clients"
    return bool(by_service and step.children and problem(step) is None)


def _label(root: Step, step: Step) -> tuple[tuple[str, str], ...]:
    entry = step.entry
    if step is root:
        time = f"{entry.time.astimezone():%H:%M:%S.%f}"[:-3]
    else:
        passed = (entry.time - root.entry.time).total_seconds() * 1000
        time = f"{f'+{passed:.0f} ms':>{_TIME_WIDTH}}"
    by_function = any(each.entry.kind == "invocation" for each in step.parents)
    label = ((f"{time}  ", "dim"), (describe(entry, caller=not by_function), ""))
    found = problem(step)
    return (*label, (f"  ✗ {found}", "red")) if found else label


def _lines(node: TreeNode, first: str = "", rest: str = "") -> Iterator[str]:
    yield first + "".join(text for text, _ in node.parts)
    for child in node.children:
        is_last = child is node.children[-1]
        yield from _lines(
            child, rest + ("└── " if is_last else "├── "), rest + ("    " if is_last else "│   ")
        )
