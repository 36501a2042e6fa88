"""Waiting for what an asynchronous system does in its own time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_FIRST_POLL_SECONDS = 0.01
_SLOWEST_POLL_SECONDS = 1.0
_PAUSE_PER_SECOND_WAITED = 0.1

WITHIN_SECONDS = 10.0


class NeverTrue(AssertionError):
    """A condition did not become true within its limit."""


def eventually(condition: Callable[[], T], *, within: float = WITHIN_SECONDS, what: str = "") -> T:
    """Call a function until it returns something true, and return that.

    An AssertionError of the function means "not yet", so that it may hold any assertion; every
    other error ends the waiting.

    Parameters
    ----------
    within
        The limit, in seconds.
    what
        What is waited for, for the message: "an email to the customer".

    Raises
    ------
    NeverTrue
        If the limit passes; caused by the function's last AssertionError, if it had one.
    """
    __tracebackhide__ = True
    started = time.monotonic()
    while True:
        failure: AssertionError | None = None
        result = None
        try:
            result = condition()
        except AssertionError as error:
            failure = error
        if failure is None and result:
            return result
        waited = time.monotonic() - started
        if waited > within:
            seen = f" The last result was {result!r}." if failure is None else f" {failure}"
            raise NeverTrue(
                f"After {within:g} s there is still no {what}.{seen}"
                if what
                else f"After {within:g} s it is still not so.{seen}"
            ) from failure
        pause = max(waited * _PAUSE_PER_SECOND_WAITED, _FIRST_POLL_SECONDS)
        time.sleep(min(pause, _SLOWEST_POLL_SECONDS))
