"""Waiting for something to become true, with a limit and without guessing how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_FIRST_POLL_SECONDS = 0.01
_SLOWEST_POLL_SECONDS = 2.0
# The pause grows with the time waited: an emulator is asked often, and AWS not for ever so often.
_PAUSE_PER_SECOND_WAITED = 0.1


class WaitedTooLong(Exception):
    """A condition did not become true within its limit."""


def until(
    probe: Callable[[], T | None], *, within: float, what: str, every: float = _FIRST_POLL_SECONDS
) -> T:
    """Call a function until it returns something true, and return that.

    Parameters
    ----------
    within
        The limit, in seconds.
    what
        What is waited for, for the error's message.
    every
        The first pause, in seconds: to ask an emulator takes its time from what it works on.

    Raises
    ------
    WaitedTooLong
        If the limit passes.
    """
    started = time.monotonic()
    while not (result := probe()):
        waited = time.monotonic() - started
        if waited > within:
            raise WaitedTooLong(f"After {within:g} s there is still no {what}.")
        pause = max(waited * _PAUSE_PER_SECOND_WAITED, every)
        time.sleep(min(pause, _SLOWEST_POLL_SECONDS))
    return result
