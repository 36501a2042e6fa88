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

LOG = logging.getLogger(__name__)


class DelayedCalls:
    """Makes each call after its delay; calls that still wait when LocalStack exits are not made."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._changed = threading.Condition()
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    def add(self, delay: float, call: Callable[[], None]) -> None:
        """Make a call, which must be quick, after ``delay`` seconds."""
        with self._changed:
            heapq.heappush(self._waiting, (time.monotonic() + delay, next(self._numbers), call))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            call = self._next()
            try:
                call()
            except Exception as error:
                LOG.error("Cannot make a delayed call: %s", error)

    def _next(self) -> Callable[[], None]:
        with self._changed:
            while True:
                wait = self._waiting[0][0] - time.monotonic() if self._waiting else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._waiting)[2]
                self._changed.wait(wait)
