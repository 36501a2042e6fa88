"""Moments as the documents write them, and the clock that all runs share.

Moments are written in ISO 8601 in UTC with milliseconds, ``…T12:00:00.000Z``. All have the same
width, so comparing the text compares the moments.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

CLOCK_ERROR = timedelta(seconds=5)
"""How far the shared clocks of two runs may differ: S3 tells whole seconds, and its answers take
their time."""

_SECOND = timedelta(seconds=1)


def now() -> datetime:
    """The present moment, in UTC, by this machine's clock."""
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """Write *moment* (which must know its time zone); what is finer than 1 ms is cut off."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch_ms(stamp: str) -> int:
    """Milliseconds from 1970 to *stamp*.

    Raises
    ------
    ValueError
        When *stamp* is no moment (``2026-02-30T…``).
    """
    return round(datetime.fromisoformat(stamp).timestamp() * 1000)


class SharedClock:
    """The present moment, by this machine's clock as far as S3 confirms it.

    Each answer of S3 has a ``Date`` header, from one clock for all runs:
    https://docs.aws.amazon.com/AmazonS3/latest/API/RESTCommonResponseHeaders.html

    S3 wrote it between the request and the answer. So the moment of the answer lies between that
    date and the end of its second plus the duration of the request; a machine's clock that says
    something else is corrected to the nearer end. Between two answers, elapsed time counts.

    Parameters
    ----------
    machine
        Tells the present moment; may be wrong.
    elapsed
        Counts seconds, and never backwards.
    """

    def __init__(
        self,
        machine: Callable[[], datetime] = now,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._machine = machine
        self._elapsed = elapsed
        self._known: tuple[datetime, float] | None = None

    def __call__(self) -> datetime:
        """The present moment, in UTC."""
        if self._known is None:
            return self._machine()
        moment, mark = self._known
        return moment + timedelta(seconds=self._elapsed() - mark)

    def mark(self) -> float:
        """Begin a request; the value is for :meth:`correct`."""
        return self._elapsed()

    def correct(self, date: str, began: float) -> None:
        """Hear the *date* of an answer to a request that *began* then; invalid ones are ignored."""
        answered = self._elapsed()
        try:
            earliest = parsedate_to_datetime(date).astimezone(UTC)
            latest = earliest + _SECOND + timedelta(seconds=answered - began)
        except (ValueError, OverflowError):
            return
        self._known = min(max(self._machine(), earliest), latest), answered
