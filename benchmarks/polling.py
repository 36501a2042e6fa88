"""Waiting at a steady pace, so that what is timed is not rounded up by longer and longer pauses."""

from __future__ import annotations

import time
from collections.abc import Callable

from testbed.errors import TestbedError

# From the beginning of one look to the beginning of the next, at least.
_PACE_SECONDS = 0.005


def poll(probe: Callable[[], bool], *, within: float, what: str) -> None:
    """Call a function every 5 ms, or as soon as it has returned, until it returns true.

    Parameters
    ----------
    within
        The limit, in seconds.
    what
        What is waited for, for the error's message.

    Raises
    ------
    TestbedError
        If the limit passes.
    """
    deadline = time.monotonic() + within
    while True:
        asked = time.monotonic()
        if probe():
            return
        if asked > deadline:
            raise TestbedError(f"After {within:g} s there is still no {what}.")
        time.sleep(max(0.0, asked + _PACE_SECONDS - time.monotonic()))
