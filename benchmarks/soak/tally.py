"""What was asked of LocalStack, and which answers were not the expected ones."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

# Of each kind; further ones are only counted.
_TEXTS_KEPT = 5


class UnexpectedAnswer(Exception):
    """An answer is not what AWS Lambda gives; the message shows it."""


@dataclass(frozen=True)
class Unexpected:
    """An answer that was not expected, ``second`` seconds after the start."""

    kind: str
    second: float
    text: str


class Tally:
    """Counts by kind, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.invocations: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.texts: list[Unexpected] = []

    def count(self, kind: str, invocations: int = 1) -> None:
        """Count invocations that were made, however they ended."""
        with self._lock:
            self.invocations[kind] += invocations

    def unexpected(self, answer: Unexpected) -> None:
        """Note an answer that was not the expected one."""
        with self._lock:
            self.failures[answer.kind] += 1
            if self.failures[answer.kind] <= _TEXTS_KEPT:
                self.texts.append(answer)

    @property
    def total(self) -> int:
        """All invocations until now."""
        with self._lock:
            return self.invocations.total()
