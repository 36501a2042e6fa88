"""Time limits of execution environments, which a debugger can suspend."""

import math
import time
from typing import Protocol


class Deadline(Protocol):
    """A moment at which something has to be done."""

    def remaining(self) -> float:
        """Return the seconds until then; 0 or less if it has passed, infinity without a limit."""


class FixedDeadline:
    """A deadline some seconds from now."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        return self._end - time.monotonic()


class Suspension(Protocol):
    """What suspends time limits, such as a debugging session."""

    def seconds_since_end(self) -> float | None:
        """Return how long ago the suspension ended; None while it lasts."""


class SuspendedDeadline:
    """A deadline some seconds after the end of a suspension."""

    def __init__(self, seconds: float, suspension: Suspension) -> None:
        self._seconds = seconds
        self._suspension = suspension

    def remaining(self) -> float:
        elapsed = self._suspension.seconds_since_end()
        return math.inf if elapsed is None else self._seconds - elapsed


def deadline_in(seconds: float, suspension: Suspension | None) -> Deadline:
    """Return a deadline some seconds from now or, if it is suspended, from when that ends."""
    if suspension is None or suspension.seconds_since_end() is not None:
        return FixedDeadline(seconds)
    return SuspendedDeadline(seconds, suspension)
