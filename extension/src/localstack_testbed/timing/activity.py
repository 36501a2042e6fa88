"""The work that LocalStack has begun and not finished: requests, deliveries, batches and retries.

A reset waits until there is none, so that nothing of what happened before arrives afterwards. While
it waits, work that would begin from outside is held: requests of clients, schedules and retries.
Work that follows from work in progress goes on, because it would never end otherwise. It is not
always known to follow: a function may send an unsigned request to its own API. So what is held goes
on after a while, until the moment when nothing is in progress.
"""

import functools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

HELD_SECONDS = 1.0


class Activity:
    """Counts the work in progress, and holds new work while it is paused."""

    def __init__(self, held_seconds: float = HELD_SECONDS) -> None:
        self._held_seconds = held_seconds
        self.last_reset = 0.0
        """When the last reset began (seconds since the epoch)."""

        self._changed = threading.Condition()
        self._count = 0
        self._paused = False
        self._still = False

    @property
    def count(self) -> int:
        """The number of things that are in progress."""
        return self._count

    def add(self) -> None:
        """Count work that follows from work in progress."""
        with self._changed:
            self._count += 1

    def done(self) -> None:
        """Finish work that was counted."""
        with self._changed:
            self._count -= 1
            if self._paused:
                self._changed.notify_all()

    def begin(self) -> None:
        """Count new work; wait first while it is held."""
        with self._changed:
            self._changed.wait_for(lambda: not self._paused, timeout=self._held_seconds)
            self._changed.wait_for(lambda: not self._still)
            self._count += 1

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count what happens in a ``with`` block as new work; wait first while it is held."""
        self.begin()
        try:
            yield
        finally:
            self.done()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Hold new work during a ``with`` block."""
        with self._changed:
            self._changed.wait_for(lambda: not self._paused)
            self._paused = True
        try:
            yield
        finally:
            with self._changed:
                self._paused = self._still = False
                self._changed.notify_all()

    def wait_idle(self, seconds: float) -> bool:
        """Wait until nothing is in progress; return False if that takes longer.

        From then on, until the end of ``paused`` or the next call, new work is held in any case.
        """
        with self._changed:
            self._still = False
            self._changed.notify_all()
            self._still = self._changed.wait_for(lambda: not self._count, timeout=seconds)
            return self._still

    def mark_reset(self) -> None:
        """Remember that a reset begins now: older messages are out of date."""
        self.last_reset = time.time()

    def counted(self, submit: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``submit`` of an executor such that the tasks count until they have finished."""

        @functools.wraps(submit)
        def submit_counted(task: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            @functools.wraps(task)
            def run(*given: Any, **named: Any) -> Any:
                try:
                    return task(*given, **named)
                finally:
                    self.done()

            self.add()
            try:
                return submit(run, *args, **kwargs)
            except BaseException:
                self.done()
                raise

        return submit_counted


ACTIVITY = Activity()
