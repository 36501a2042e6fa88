"""Connections that break."""

import asyncio
import contextlib
import errno
import socket
import struct
import threading

import pytest
from monitoring import connections
from monitoring.checks import Checker, CheckResult

from tests.handlers.examples import site
from tests.handlers.serving import (
    OK,
    check,
    page,
)

STAGES = {
    "accepted": b"",
    "status line": b"HTTP/1.1 20",
    "headers": OK + b"Content-Type: te",
    "body": OK + b"Content-Length: 9\r\n\r\nhalf",
    "body to the end": OK + b"\r\nhalf",
    "chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n9\r\nhalf",
}


RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that makes close() reset a connection."""


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("stage", STAGES)
def test_resets(stage: str, scheme: str) -> None:
    """Some resets arrive before the client knows that it is connected."""

    def serve() -> None:
        with contextlib.suppress(OSError):  # the listener is shut down in the end
            while True:
                connection, _ = listener.accept()
                connection.sendall(STAGES[stage])
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                connection.close()

    async def check_often() -> list[CheckResult]:
        url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/"
        checker = Checker()
        return await asyncio.gather(*(checker.check(site(url=url)) for _ in range(100)))

    with socket.create_server(("127.0.0.1", 0), backlog=200) as listener:
        server = threading.Thread(target=serve)
        server.start()
        seen = asyncio.run(check_often())
        listener.shutdown(socket.SHUT_RDWR)
        server.join()

    assert {each.status for each in seen} == {"DOWN"}
    # Plain HTTP that is sent before a reset is not a TLS handshake.
    known = ("connection reset", "TLS failed: [SSL: WRONG_VERSION_NUMBER]")
    reasons = {each.reason or "" for each in seen}
    assert [reason for reason in reasons if not reason.startswith(known)] == []


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (page(body=b"all of it"), None),
        (OK + b"\r\nperhaps all of it", "connection reset"),
        (OK + b"Content-Length: 9\r\n\r\nhalf", "connection reset"),
        (b"HTTP", "connection reset"),
    ],
)
def test_a_request_that_cannot_be_sent(
    monkeypatch: pytest.MonkeyPatch, response: bytes, reason: str | None
) -> None:
    """The server may have answered before. The system reports the reset only to the sender."""
    send = connections.Connection.send

    async def broken(connection: connections.Connection, data: bytes) -> None:
        await send(connection, data)
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(connections.Connection, "send", broken)

    assert check(response).reason == reason
