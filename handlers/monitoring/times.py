"""Timestamps of the documents, and the clock that all runs share.

Timestamps are ISO 8601 in UTC with milliseconds, such as ``2026-01-02T12:00:00.000Z``. All have the
same width, so they can be compared as text.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

CLOCK_ERROR = timedelta(seconds=5)
"""The largest difference of two runs' shared clocks: S3's dates are whole seconds, and its
responses take time."""

_SECOND = timedelta(seconds=1)


def now() -> datetime:
    """Return the current time in UTC by this machine's clock."""
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """Return *moment*, which must have a time zone, as a timestamp, truncated to milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch_ms(stamp: str) -> int:
    """Return the milliseconds from 1970 to *stamp*.

    Raises
    ------
    ValueError
        If *stamp* does not exist, such as ``2026-02-30T…``.
    """
    return round(datetime.fromisoformat(stamp).timestamp() * 1000)


class SharedClock:
    """The current time, by this machine's clock as far as S3 confirms it.

    Each response of S3 has a ``Date`` header, from a clock that all runs share:
    https://docs.aws.amazon.com/AmazonS3/latest/API/RESTCommonResponseHeaders.html

    S3 writes it between the request and the response. So the time of the response is between that
    date and the end of its second plus the duration of the request. A machine's clock outside this
    range is corrected to the nearer end. Between two responses, elapsed time is added.

    Parameters
    ----------
    machine
        Returns the current time, and may be wrong.
    elapsed
        Returns seconds, and never runs backwards.
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
        """Return the current time in UTC."""
        if self._known is None:
            return self._machine()
        moment, mark = self._known
        return moment + timedelta(seconds=self._elapsed() - mark)

    def mark(self) -> float:
        """Return a mark for the start of a request, for :meth:`correct`."""
        return self._elapsed()

    def correct(self, date: str, began: float) -> None:
        """Correct the clock by the ``Date`` of a response; *began* is the mark of its request."""
        answered = self._elapsed()
        try:
            earliest = parsedate_to_datetime(date).astimezone(UTC)
            latest = earliest + _SECOND + timedelta(seconds=answered - began)
        except (ValueError, OverflowError):
            return
        self._known = min(max(self._machine(), earliest), latest), answered
