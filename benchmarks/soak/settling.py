"""Waiting until LocalStack is at rest."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from benchmarks.soak.resource_usage import Counts
from benchmarks.soak.verdicts import is_back
from testbed.machine.waiting import WaitedTooLong, until

# Longer than LocalStack's pollers take to notice that their queue or function is deleted (20 s).
_STILL_SECONDS = 25.0
# Enough if all counts are back at their level.
_SHORTLY_STILL_SECONDS = 3.0
_LIMIT_SECONDS = 90.0
_PACE_SECONDS = 0.25


def settle(read: Callable[[], Counts], level: Counts | None) -> None:
    """Wait until the counts no longer change, or until the limit.

    Parameters
    ----------
    level
        The counts at the first rest; the wait is short if they are reached again.
    """
    last, since = read(), time.monotonic()

    def is_still() -> bool:
        nonlocal last, since
        if (counts := read()) != last:
            last, since = counts, time.monotonic()
        needed = _SHORTLY_STILL_SECONDS if level and is_back(last, level) else _STILL_SECONDS
        return time.monotonic() - since >= needed

    with suppress(WaitedTooLong):
        until(is_still, within=_LIMIT_SECONDS, what="rest of LocalStack", pace=_PACE_SECONDS)
