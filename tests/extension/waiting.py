"""Waiting for a condition."""

from collections.abc import Callable

from testbed.machine.waiting import until


def wait_until[T](condition: Callable[[], T], limit: float, what: str) -> T:
    """Return the condition's first true value; fail after ``limit`` seconds."""
    return until(condition, within=limit, what=what)
