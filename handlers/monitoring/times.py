"""Moments as the documents write them: ISO 8601 in UTC with milliseconds, ``…T12:00:00.000Z``.

All have the same width, so comparing the text compares the moments.
"""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, in UTC."""
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
