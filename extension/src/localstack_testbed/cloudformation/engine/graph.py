"""Runs actions in parallel, each after those that it depends on."""

from collections.abc import Callable, Collection, Hashable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

WORKERS = 10
"""Actions that run at the same time; they mostly wait for answers."""


def run[Node: Hashable](
    dependencies: Mapping[Node, Collection[Node]],
    action: Callable[[Node], None],
    *,
    may_start: Callable[[], bool] = lambda: True,
    workers: int = WORKERS,
) -> dict[Node, BaseException]:
    """Run the action for each node after the nodes that it depends on.

    Parameters
    ----------
    dependencies
        The nodes, without circles; what is not a key is not a node, and is ignored.
    may_start
        Asked before each action, for example whether another one has failed.
    workers
        How many actions run at the same time.

    Returns
    -------
    dict[Node, BaseException]
        The nodes whose action raised. Nodes that depend on them were left out.
    """
    waiting = {
        node: {other for other in needed if other in dependencies and other != node}
        for node, needed in dependencies.items()
    }
    dependents: dict[Node, list[Node]] = {}
    for node, needed in waiting.items():
        for other in needed:
            dependents.setdefault(other, []).append(node)
    failures: dict[Node, BaseException] = {}
    with ThreadPoolExecutor(workers, thread_name_prefix="stack-resource") as pool:
        running: dict[Future[None], Node] = {}

        def start(nodes: Collection[Node]) -> None:
            for node in nodes:
                if may_start():
                    running[pool.submit(action, node)] = node

        start([node for node, needed in waiting.items() if not needed])
        while running:
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                node = running.pop(future)
                if error := future.exception():
                    failures[node] = error
                    continue
                ready = []
                for dependent in dependents.get(node, ()):
                    waiting[dependent].discard(node)
                    if not waiting[dependent]:
                        ready.append(dependent)
                start(ready)
    return failures


def reverse[Node: Hashable](
    dependencies: Mapping[Node, Collection[Node]],
) -> dict[Node, set[Node]]:
    """Return the graph in which each node depends on those that depended on it."""
    result: dict[Node, set[Node]] = {node: set() for node in dependencies}
    for node, needed in dependencies.items():
        for other in needed:
            if other in result and other != node:
                result[other].add(node)
    return result
