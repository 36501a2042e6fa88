"""Polling until a condition is true, with a time limit."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_FIRST_PAUSE_SECONDS = 0.01
_LONGEST_PAUSE_SECONDS = 2.0
# The pause grows with the time waited, so that a slow service is not polled too often.
_PAUSE_PER_SECOND_WAITED = 0.1


class WaitedTooLong(Exception):
    """The time limit of :func:`until` has passed."""


def until(
    probe: Callable[[], T | None],
    *,
    within: float,
    what: str,
    every: float = _FIRST_PAUSE_SECONDS,
    pace: float | None = None,
) -> T:
    """Call a function until it returns something true, and return that.

    Parameters
    ----------
    within
        The limit, in seconds.
    what
        What is waited for, as a noun for the error's message: "answer from LocalStack".
    every
        The first pause, in seconds. Later ones are longer, up to two seconds.
    pace
        Seconds from the beginning of one call to the beginning of the next, for a wait that is
        timed: growing pauses would round the time up.

    Raises
    ------
    WaitedTooLong
        If the limit passes.
    """
    started = time.monotonic()
    while True:
        called = time.monotonic()
        if result := probe():
            return result
        now = time.monotonic()
        if now - started > within:
            raise WaitedTooLong(f"After {within:g} s there is still no {what}.")
        if pace is None:
            pause = max((now - started) * _PAUSE_PER_SECOND_WAITED, every)
            time.sleep(min(pause, _LONGEST_PAUSE_SECONDS))
        else:
            time.sleep(max(0.0, called + pace - now))
