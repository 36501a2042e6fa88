"""The scheduling engine, a thread that fires entries when they are due."""

import heapq
import itertools
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from localstack_testbed.schedules.clock import Clock
from localstack_testbed.timing.activity import ACTIVITY

LOG = logging.getLogger(__name__)

WORKERS = 8

# Waiting uses a monotonic clock, which stops while the machine sleeps and ignores changes of the
# system time. The maximum wait bounds the delay until the engine notices.
MAX_WAIT_SECONDS = 30.0

# An advance with more firings is probably a mistake.
MAX_FIRINGS = 10_000

# Returns the first due time after a moment, or None.
type Timing = Callable[[datetime], datetime | None]

# Called with the key and the due time; raises an error if it fails.
type Fire[K] = Callable[[K, datetime], None]


class TooManyFiringsError(Exception):
    """Raised if an advance would cause more than ``MAX_FIRINGS`` firings."""


@dataclass(frozen=True)
class Firing[K]:
    """A completed firing, with its due time."""

    key: K
    scheduled_time: datetime
    error: str | None


@dataclass(eq=False)
class _Entry[K]:
    """An entry, which fires until it is replaced or removed."""

    key: K
    timing: Timing
    fire: Fire[K]
    due: datetime | None


@dataclass(frozen=True, order=True)
class _Due[K]:
    moment: datetime
    number: int
    entry: _Entry[K] = field(compare=False)


class Engine[K]:
    """Fires entries at their due times.

    An entry fires once per due time, never earlier, and never after it was replaced or removed.
    Due times that passed while the process could not run, because the machine slept, fire late. If
    an entry missed several of them, only the last one fires. ``advance`` misses no due time.

    Entries fire in worker threads, so that a slow one does not delay the others.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: dict[K, _Entry[K]] = {}
        self._heap: list[_Due[K]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._advance = threading.Lock()
        self._advancing = False
        self._stopped = False
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="schedules-firing")
        self._thread = threading.Thread(target=self._run, name="schedules", daemon=True)
        self._thread.start()

    def put(self, key: K, timing: Timing, fire: Fire[K], after: datetime) -> None:
        """Fire ``key`` at all due times after ``after``; replaces the key's previous entry."""
        entry = _Entry(key, timing, fire, timing(after))
        with self._changed:
            self._entries[key] = entry
            self._push(entry)
            self._changed.notify_all()

    def remove(self, key: K) -> None:
        """Stop firing ``key``; unknown keys are ignored."""
        with self._changed:
            self._entries.pop(key, None)

    def remove_all(self, matches: Callable[[K], bool]) -> None:
        """Stop firing all keys for which ``matches`` returns True."""
        with self._changed:
            for key in [key for key in self._entries if matches(key)]:
                del self._entries[key]

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Keep the clock from being advanced during a ``with`` block; wait for an advance first."""
        with self._advance:
            yield

    def due(self, key: K) -> datetime | None:
        """Return the next due time of ``key``, or None."""
        entry = self._entries.get(key)
        return entry.due if entry else None

    def advance(self, moment: datetime) -> list[Firing[K]]:
        """Advance the clock to ``moment``, and fire everything that is due until then, in order.

        Returns
        -------
        list of Firing
            All firings, after the last one has finished.

        Raises
        ------
        TooManyFiringsError
            There are more than 10,000; the clock was not advanced.
        """
        with self._advance:
            self._check_firing_count(moment)
            with self._changed:
                self._advancing = True
            try:
                firings = list(self._fire_until(moment))
            finally:
                with self._changed:
                    self._clock.move_to(moment)
                    self._advancing = False
                    self._changed.notify_all()
        return firings

    def stop(self) -> None:
        """Stop firing, without waiting for firings in progress."""
        with self._changed:
            self._stopped = True
            self._entries.clear()
            self._changed.notify_all()
        self._workers.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._stopped:
                    return
                self._drop_stale()
                now = self._clock.now()
                if self._advancing or not self._heap:
                    self._changed.wait()
                elif (pause := (self._heap[0].moment - now).total_seconds()) > 0:
                    self._changed.wait(min(pause, MAX_WAIT_SECONDS))
                else:
                    self._submit(heapq.heappop(self._heap).entry, late_until=now)

    def _fire_until(self, moment: datetime) -> list[Firing[K]]:
        firings: list[Firing[K]] = []
        while True:
            with self._changed:
                self._drop_stale()
                if self._stopped or not self._heap or self._heap[0].moment > moment:
                    return firings
                due = self._heap[0].moment
                self._clock.move_to(due)
                futures = []
                while self._heap and self._heap[0].moment == due:
                    entry = heapq.heappop(self._heap).entry
                    if self._is_current(entry):
                        futures.append(self._submit(entry))
            # A firing may put new entries, such as its retry, which can be due before ``moment``.
            wait(futures)
            firings += [firing for future in futures if (firing := future.result())]

    def _submit(
        self, entry: _Entry[K], late_until: datetime | None = None
    ) -> Future[Firing[K] | None]:
        """Fire an entry in a worker, and compute its next due time; requires ``_changed``."""
        due = entry.due
        assert due is not None
        following = entry.timing(due)
        while late_until and following and following <= late_until:
            due, following = following, entry.timing(following)
        entry.due = following
        self._push(entry)
        return self._workers.submit(self._fire, entry, due)

    def _fire(self, entry: _Entry[K], due: datetime) -> Firing[K] | None:
        error = None
        with ACTIVITY.working():
            if not self._is_current(entry):
                return None
            try:
                entry.fire(entry.key, due)
            except Exception as failure:
                error = str(failure) or type(failure).__name__
                LOG.warning("%s, due at %s, failed: %s", entry.key, due.isoformat(), error)
        with self._changed:
            if entry.due is None and self._is_current(entry):
                del self._entries[entry.key]
        return Firing(entry.key, due, error)

    def _push(self, entry: _Entry[K]) -> None:
        if entry.due is not None:
            heapq.heappush(self._heap, _Due(entry.due, next(self._numbers), entry))

    def _drop_stale(self) -> None:
        while self._heap and not self._is_current(self._heap[0].entry):
            heapq.heappop(self._heap)

    def _is_current(self, entry: _Entry[K]) -> bool:
        return self._entries.get(entry.key) is entry

    def _check_firing_count(self, moment: datetime) -> None:
        with self._changed:
            entries = list(self._entries.values())
        count = 0
        for entry in entries:
            due = entry.due
            while due is not None and due <= moment:
                count += 1
                if count > MAX_FIRINGS:
                    raise TooManyFiringsError(
                        f"more than {MAX_FIRINGS:,} firings are due until "
                        f"{moment.isoformat()}: advance in smaller steps"
                    )
                due = entry.timing(due)


def next_whole_second(moment: datetime) -> datetime:
    """Round a time up to a whole second."""
    return moment + timedelta(microseconds=-moment.microsecond % 1_000_000)
