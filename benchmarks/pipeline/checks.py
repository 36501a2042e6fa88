"""Timed checks of the website, from the request to the incident at the API."""

from __future__ import annotations

import time

from benchmarks.pipeline.website import SITE
from testbed.demo.status_api import StatusApi
from testbed.errors import TestbedError
from testbed.machine.waiting import WaitedTooLong, until

# An emulator that takes longer counts as one that cannot do it.
_LIMIT_SECONDS = 60.0
_PACE_SECONDS = 0.005


def await_api(api: StatusApi) -> None:
    """Wait until the API answers.

    Raises
    ------
    TestbedError
        If it does not within a minute.
    """
    try:
        until(api.answers, within=_LIMIT_SECONDS, what="answer of the API", pace=_PACE_SECONDS)
    except WaitedTooLong as error:
        raise TestbedError(str(error)) from error


def timed_check(api: StatusApi, status: str) -> float:
    """Request a check; return the seconds until the newest incident has a status.

    Parameters
    ----------
    status
        ``OPEN`` or ``CLOSED``: the one that the newest incident does not have yet.

    Raises
    ------
    TestbedError
        If a request fails, or the incident does not have the status within a minute.
    """

    def has_status() -> bool:
        return any(each["status"] == status for each in api.incidents(SITE, limit=1))

    started = time.perf_counter()
    api.request_check(SITE)
    try:
        until(
            has_status,
            within=_LIMIT_SECONDS,
            what=f"incident with status {status}",
            pace=_PACE_SECONDS,
        )
    except WaitedTooLong as error:
        raise TestbedError(str(error)) from error
    return time.perf_counter() - started
