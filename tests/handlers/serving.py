"""Servers on loopback, and checks of them."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from monitoring.checks import Checker, CheckResult

from tests.handlers.examples import site

type Serve = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
"""A server's reaction to a request."""


OK = b"HTTP/1.1 200 OK\r\n"


LIMIT = 0.3
"""The time limit of a check whose site never completes its response, in seconds."""


def check(response: bytes, **fields: Any) -> CheckResult:
    """Check a site that answers every request with *response*."""
    return check_over_loopback(sending(response), **fields)


def page(*fields: bytes, status: str = "200 OK", body: bytes = b"") -> bytes:
    """Return a response with a Content-Length."""
    head = [f"HTTP/1.1 {status}".encode(), *fields, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def check_over_loopback(serve: Serve, path: str = "/", **fields: Any) -> CheckResult:
    """Check a site that a socket serves."""

    async def both() -> CheckResult:
        async with serving(serve) as port:
            url = f"http://127.0.0.1:{port}{path}"
            return await Checker().check(site(url=url, **fields))

    return asyncio.run(both())


@contextlib.asynccontextmanager
async def serving(
    serve: Serve, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Serve each connection to a port, by default a free one."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await serve(await reader.readuntil(b"\r\n\r\n"), writer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(connected, host, port, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
        # close() would not see an accepted connection whose task has not begun: one turn of the
        # loop accepts the connections that have arrived, and another begins their tasks.
        for _ in range(2):
            await asyncio.sleep(0)
    finally:
        server.close()
        server.abort_clients()
        await server.wait_closed()


def sending(*parts: bytes) -> Serve:
    """Send a response and close the connection."""

    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.writelines(parts)

    return serve


def dripping(head: bytes, drop: bytes) -> Serve:
    """Send *head*, and then *drop* again and again."""

    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(0.01)  # the pace of the drops

    return serve


def flooding(head: bytes) -> Serve:
    """Send *head*, and then as much as the client accepts."""

    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    return serve


GREETING = "<h1>Grüße</h1>"


def redirect(location: bytes, status: str = "302 Found") -> bytes:
    return page(b"Location: " + location, status=status)
