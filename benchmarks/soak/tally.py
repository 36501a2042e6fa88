"""Counts of invocations, and their unexpected responses."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

# Texts kept of each kind; further ones are only counted.
_TEXTS_KEPT = 5


class UnexpectedAnswer(Exception):
    """A response differs from that of AWS Lambda; the message shows it."""


@dataclass(frozen=True)
class Unexpected:
    """An unexpected response, ``second`` seconds after the start."""

    kind: str
    second: float
    text: str


class Tally:
    """Counts by kind, safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.invocations: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.texts: list[Unexpected] = []

    def count(self, kind: str, invocations: int = 1) -> None:
        """Count invocations, successful or not."""
        with self._lock:
            self.invocations[kind] += invocations

    def unexpected(self, answer: Unexpected) -> None:
        """Record an unexpected response."""
        with self._lock:
            self.failures[answer.kind] += 1
            if self.failures[answer.kind] <= _TEXTS_KEPT:
                self.texts.append(answer)

    @property
    def total(self) -> int:
        """The number of invocations so far."""
        with self._lock:
            return self.invocations.total()
