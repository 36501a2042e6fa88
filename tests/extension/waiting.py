"""Waiting for a condition in tests of the extension."""

from collections.abc import Callable

import pytest

from testbed.machine.waiting import WaitedTooLong, until


def wait_until[T](condition: Callable[[], T], limit: float, what: str) -> T:
    """Return the condition's first true value; fail after ``limit`` seconds.

    Parameters
    ----------
    what
        The condition as a clause, for the message: "no process survives".
    """
    try:
        return until(condition, within=limit, what=what)
    except WaitedTooLong:
        pytest.fail(f"After {limit:g} s it is still not the case that {what}.")
