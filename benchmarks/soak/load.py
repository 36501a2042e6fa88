"""A few clients at a steady, bounded rate."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.soak.operations import Kind


class Deck:
    """Deals kinds in a random order, each as often as its weight in every round."""

    def __init__(self, kinds: Sequence[Kind], seed: int = 0) -> None:
        self._cards = [kind for kind in kinds for _ in range(kind.weight)]
        self._random = random.Random(seed)  # noqa: S311 - the same order in every run
        self._dealt: list[Kind] = []
        self._lock = threading.Lock()

    def draw(self) -> Kind:
        """Return the next one."""
        with self._lock:
            if not self._dealt:
                self._dealt = self._cards.copy()
                self._random.shuffle(self._dealt)
            return self._dealt.pop()


class Pace:
    """Gives out moments at a steady rate until a deadline.

    Time that was lost is not made up for, so that the rate is a bound.

    Parameters
    ----------
    rate
        For each second.
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
        """Wait for the next moment; false if there is none any more."""
        with self._lock:
            moment = max(self._next, time.monotonic())
            self._next = moment + self._interval
        if moment >= self._deadline:
            return False
        return not self._ended.wait(max(0.0, moment - time.monotonic()))

    def end(self) -> None:
        """Give out no more moments."""
        self._ended.set()


def run(perform: Callable[[Kind], None], deck: Deck, pace: Pace, clients: int) -> None:
    """Let clients do what the deck says, until the pace's deadline; Ctrl-C ends them too."""

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
