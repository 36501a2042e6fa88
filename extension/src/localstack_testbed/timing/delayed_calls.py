"""Calls that one thread makes after a delay.

LocalStack's ``Scheduler`` fails with a TypeError if two tasks have the same deadline, and goes by
the wall clock, which can be set back.
"""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from weakref import WeakSet

from localstack_testbed.timing.activity import ACTIVITY

LOG = logging.getLogger(__name__)

_all: "WeakSet[DelayedCalls]" = WeakSet()


class DelayedCalls:
    """Makes each call after its delay; calls that still wait when LocalStack exits are not made."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._changed = threading.Condition()
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None
        _all.add(self)

    def __len__(self) -> int:
        """Return the number of calls that wait."""
        return len(self._waiting)

    def add(self, delay: float, call: Callable[[], None]) -> None:
        """Make a call, which must be quick, after ``delay`` seconds."""
        with self._changed:
            heapq.heappush(self._waiting, (time.monotonic() + delay, next(self._numbers), call))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._changed.notify()

    def cancel(self) -> None:
        """Make none of the calls that wait."""
        with self._changed:
            self._waiting.clear()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            self._wait()
            with ACTIVITY.working():
                call = self._take()
                try:
                    if call is not None:
                        call()
                except Exception as error:
                    LOG.error("Cannot make a delayed call: %s", error)

    def _wait(self) -> None:
        """Wait until a call is due."""
        with self._changed:
            while (pause := self._pause()) is None or pause > 0:
                self._changed.wait(pause)

    def _take(self) -> Callable[[], None] | None:
        """Return the call that is due, unless it was cancelled meanwhile."""
        with self._changed:
            pause = self._pause()
            return None if pause is None or pause > 0 else heapq.heappop(self._waiting)[2]

    def _pause(self) -> float | None:
        return self._waiting[0][0] - time.monotonic() if self._waiting else None


def cancel_all() -> None:
    """Make none of all delayed calls that wait."""
    for calls in list(_all):
        calls.cancel()
