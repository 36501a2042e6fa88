"""Chains as the commands show them: the trees, and what is still expected to follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from testbed.terminal import console

if TYPE_CHECKING:
    from testbed.aws.clients import Aws
    from testbed.trace.chains import Step
    from testbed.trace.settling import Expectations, Followed


def expectations(aws: Aws) -> Expectations:
    """Return what is known about the queues and functions that a chain may lead to."""
    from testbed.aws.consumers import Consumers
    from testbed.trace.settling import Expectations

    consumers = Consumers(aws)
    return Expectations(consumers.has_consumer, consumers.retries)


def print_tree(root: Step) -> None:
    """Print a chain as a tree, to standard output."""
    from testbed.trace.tree import tree

    console.wide.print(console.tree(tree(root)))


def print_expected(followed: Followed, advice: str) -> None:
    """Print what is still expected to follow in a chain, and how to see it later."""
    for line in dict.fromkeys(followed.expected):
        console.progress.print(console.text(("… ", "dim"), line), soft_wrap=True)
    if followed.expected:
        console.progress.print(console.text(advice), soft_wrap=True)
