"""Responses, valid and malformed, slow and endless."""

import asyncio
import socket

import pytest
from monitoring import connections

from tests.handlers.serving import (
    LIMIT,
    OK,
    Serve,
    check,
    check_over_loopback,
    dripping,
    flooding,
    sending,
)


@pytest.mark.parametrize(
    ("serve", "reason"),
    [
        (sending(OK, b"Content-Length: 2\r\n\r\nok"), None),
        (sending(OK, b"\r\nto the end of the connection"), None),
        (sending(b"HTTP/1.1 503 All\x1b[31m fine\r\nContent-Length: 0\r\n\r\n"), "HTTP 503"),
        (sending(OK, b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n"), None),
        (sending(OK, b"Transfer-Encoding: Chunked\r\n\r\n02 ;a=b\r\nok\r\n0\r\n\r\n"), None),
        (sending(b"HTTP/1.0 200 OK\n\nok"), None),
        (sending(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", OK, b"\r\n"), None),
        (sending(OK, b"X: a\r\n folded\r\n\tline\r\nContent-Length: 1\r\n\r\nx"), None),
        (sending(OK, b"Set-Cookie: a=b; expires=" + b"1-" * 20_000 + b"\r\n\r\n"), None),
        (sending(OK, b"Content-Length: 2\r\n\r\nok and more"), None),
        (sending(OK, b"Content-Length: 2, 2\r\nContent-Length: 2\r\n\r\nok"), None),
        (sending(OK, b"Content-Length: 9\r\n\r\nhalf"), "connection closed after 4 of 9 bytes"),
        (sending(OK, b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n"), "conflicting Content-"),
        (sending(OK, b"Content-Length: -1\r\n\r\n"), "invalid Content-Length '-1'"),
        (sending(OK, b"Transfer-Encoding: chunked\r\n\r\n2\r\nok"), "connection closed within the"),
        (sending(OK, b"Transfer-Encoding: chunked\r\n\r\n2\r\nokay\r\n"), "malformed chunk"),
        (sending(OK, b"Transfer-Encoding: chunked\r\n\r\n-2\r\n"), "invalid size of a chunk: '-2'"),
        (sending(OK, b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 9999), "malformed chunk"),
        (sending(OK[:-4]), "connection closed within the headers"),
        (sending(), "connection closed without a response"),
        (sending(b"SSH-2.0-OpenSSH\r\n"), "no HTTP response: 'SSH-2.0-OpenSSH"),
        (sending(b"\x15\x03\x03\x00\x02\x02\x28"), "no HTTP response: '\\x15\\x03"),
        (sending(b"HTTP/1.1 2000 OK\r\n\r\n"), "no HTTP response: 'HTTP/1.1 2000 OK"),
        (sending(OK, b"X: a\0b\r\n\r\n"), "invalid header line: 'X: a"),
        (sending(OK, b"X:" + b" " * 60_000 + b"\0\r\n\r\n"), "invalid header line: 'X:"),
        (sending(OK, b"X: y\r\n" * 257, b"\r\n"), "more than 256 header fields"),
        (sending(OK, b"X: " + b"y" * 65_536 + b"\r\n\r\n"), "headers larger than 65536 bytes"),
        (
            sending(OK, b"Content-Type: text/html" + b";" * 95_000 + b"\r\n\r\n"),
            "headers larger than 65536 bytes",
        ),
        (sending(b"HTTP/1.1 100 \r\n\r\n" * 9, OK, b"\r\n"), "more than 8 informational"),
        (sending(b"HTTP/1.1 101 \r\n\r\n", OK, b"\r\n"), "HTTP 101 Switching Protocols"),
        (sending(OK, b"Content-Length: 1025\r\n\r\n"), "body larger than 1024 bytes"),
        (sending(OK, b"Content-Length: " + b"9" * 30 + b"\r\n\r\n"), "invalid Content-Length"),
        (flooding(OK + b"\r\n"), "body larger than 1024 bytes"),
        (flooding(b"HTTP/1.1 500 Oops\r\n\r\n"), "HTTP 500 Internal Server Error"),
        (flooding(OK + b"Header: "), "headers larger than 65536 bytes"),
        (
            flooding(b"HTTP/1.1 302 Found\r\nLocation: ftp://host/\r\n\r\n"),
            "redirect to ftp: not followed",
        ),
    ],
)
def test_what_servers_send(serve: Serve, reason: str | None) -> None:
    seen = check_over_loopback(serve)

    assert seen.status == ("UP" if reason is None else "DOWN"), seen.reason
    assert reason is None or (seen.reason or "").startswith(reason), seen.reason
    assert (seen.reason or " ").isprintable()


@pytest.mark.parametrize(
    "serve",
    [
        dripping(b"", b""),
        dripping(OK, b"X"),
        dripping(OK, b"X-Header: x\r\n"),
        dripping(OK + b"\r\n", b"x"),
        dripping(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
    ids=["silence", "header", "headers", "body", "chunks"],
)
def test_the_time_limit_covers_the_whole_check(serve: Serve) -> None:
    seen = check_over_loopback(serve, timeout=LIMIT)

    assert seen.status == "DOWN"
    assert seen.reason == f"no answer within {LIMIT} s"


def test_a_body_in_tiny_chunks() -> None:
    chunks = b"1\r\nx\r\n" * 2000
    seen = check(OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunks, max_bytes=10**6)

    assert seen.reason == "body of 1041 bytes in 1041 chunks"


def test_connection_yields_before_each_read() -> None:
    """Even if data is available and no read has to wait."""

    turns: list[None] = []

    async def others() -> None:
        while True:
            turns.append(None)
            await asyncio.sleep(0)

    async def read() -> list[int]:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            theirs.sendall(b"x" * 3 * connections.READ_SIZE)
            other = asyncio.create_task(others())
            connection = connections.Connection(ours)
            seen = [len(turns) for _ in range(3) if await connection.receive()]
            other.cancel()
        return seen

    assert asyncio.run(read()) == [1, 2, 3]
