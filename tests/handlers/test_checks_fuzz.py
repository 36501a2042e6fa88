"""Checks of websites that answer with generated responses.

``FUZZ_RESPONSES`` says how many (10,000 take less than a minute), ``FUZZ_SEED`` with which number
to begin: ``FUZZ_RESPONSES=10000 ./scripts/test tests/handlers/test_checks_fuzz.py``.
"""

import asyncio
import logging
import os
import socket
import ssl
from collections.abc import Iterator

import pytest
from monitoring import guard
from monitoring.checks import Checker, CheckResult
from monitoring.wording import REASON_LENGTH

from tests.handlers.examples import site
from tests.handlers.hostile import (
    CERTIFICATE,
    HEALTHY,
    TEXT,
    HostileServer,
    hostile_server,
    resolver,
)

RESPONSES = int(os.environ.get("FUZZ_RESPONSES", "400"))
SEED = int(os.environ.get("FUZZ_SEED", "0"))

CONCURRENCY = 200
TIMEOUT = 1.0
"""Seconds that a check of a hostile site may take."""

NEIGHBOURS = 20
"""Healthy sites that are checked all the time."""

NEIGHBOUR_TIMEOUT = 5.0
"""Seconds. A parser that takes quadratic time blocks the event loop for longer than this."""

LATE = 4.0
"""Seconds by which a check may exceed its time limit while other programs use the processor."""


class Run:
    """Checks of many sites, and their results."""

    def __init__(self, server: HostileServer) -> None:
        self._server = server
        self._checker = Checker(tls=ssl.create_default_context(cafile=str(CERTIFICATE)))
        self.hostile: dict[int, CheckResult] = {}
        self.neighbours: list[CheckResult] = []

    async def check(self) -> None:
        """Check all hostile sites, and healthy ones all the while."""
        done = asyncio.Event()
        neighbours = [asyncio.create_task(self._neighbour(done)) for _ in range(NEIGHBOURS)]
        numbers = iter(range(SEED, SEED + RESPONSES))
        await asyncio.gather(*(self._hostile(numbers) for _ in range(CONCURRENCY)))
        done.set()
        await asyncio.gather(*neighbours)

    async def _hostile(self, numbers: Iterator[int]) -> None:
        for number in numbers:
            url, expect = self._server.url(number), TEXT if number % 3 else None
            hostile = site(url=url, timeout=TIMEOUT, max_bytes=100_000, expect=expect)
            self.hostile[number] = await self._checker.check(hostile)

    async def _neighbour(self, done: asyncio.Event) -> None:
        healthy = site(url=self._server.url(HEALTHY), expect=TEXT, timeout=NEIGHBOUR_TIMEOUT)
        while not done.is_set():
            self.neighbours.append(await self._checker.check(healthy))
            await asyncio.sleep(0.05)  # the pace of checks


@pytest.mark.timeout(600)
def test_checks_of_sites_that_send_anything(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(guard, "is_internal", lambda address: address != "127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", resolver(socket.getaddrinfo))
    with hostile_server() as server:
        run = Run(server)
        asyncio.run(run.check())

    assert sorted(run.hostile) == list(range(SEED, SEED + RESPONSES))
    assert {number: seen for number, seen in run.hostile.items() if not is_whole(seen)} == {}
    late = 1000 * (TIMEOUT + LATE)
    assert {number: seen for number, seen in run.hostile.items() if seen.latency_ms > late} == {}
    assert len(run.neighbours) >= NEIGHBOURS
    assert [seen for seen in run.neighbours if seen.status != "UP"] == []
    # No unexpected errors, not even in a callback.
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    reasons = {seen.reason for seen in run.hostile.values()}
    assert len(reasons) > RESPONSES / 50, "the generated responses are too much alike"


def is_whole(seen: CheckResult) -> bool:
    """Return whether a result is UP, or has a reason of one printable line."""
    if seen.status == "UP":
        return seen.reason is None
    return (
        bool(seen.reason)
        and len(seen.reason or "") <= REASON_LENGTH
        and (seen.reason or "").isprintable()
    )
