"""Concurrent clients at a steady, limited rate."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.soak.operations import Operation


class Deck:
    """Kinds of operations in a random order, each as often as its weight in every round."""

    def __init__(self, kinds: Sequence[Operation], seed: int = 0) -> None:
        self._cards = [kind for kind in kinds for _ in range(kind.weight)]
        self._random = random.Random(seed)  # noqa: S311 - the same order in every run
        self._dealt: list[Operation] = []
        self._lock = threading.Lock()

    def draw(self) -> Operation:
        """Return the next kind."""
        with self._lock:
            if not self._dealt:
                self._dealt = self._cards.copy()
                self._random.shuffle(self._dealt)
            return self._dealt.pop()


class Pace:
    """Turns at a steady rate until a deadline.

    Missed turns are not made up for, so that the rate is a limit.

    Parameters
    ----------
    rate
        Turns per second.
    seconds
        Until the deadline.
    """

    def __init__(self, rate: float, seconds: float) -> None:
        self._interval = 1 / rate
        self._next = time.monotonic()
        self._deadline = self._next + seconds
        self._ended = threading.Event()
        self._lock = threading.Lock()

    def await_turn(self) -> bool:
        """Wait for the next turn; return false if there is none."""
        with self._lock:
            moment = max(self._next, time.monotonic())
            self._next = moment + self._interval
        if moment >= self._deadline:
            return False
        return not self._ended.wait(max(0.0, moment - time.monotonic()))

    def end(self) -> None:
        """Give no more turns."""
        self._ended.set()


def run(perform: Callable[[Operation], None], deck: Deck, pace: Pace, clients: int) -> None:
    """Run clients that draw from the deck, until the deadline or an interruption."""

    def work() -> None:
        while pace.await_turn():
            perform(deck.draw())

    with ThreadPoolExecutor(clients, thread_name_prefix="client") as pool:
        working = [pool.submit(work) for _ in range(clients)]
        try:
            for each in working:
                each.result()
        finally:
            pace.end()
