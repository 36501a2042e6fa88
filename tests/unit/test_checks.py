"""Looking at websites, well-behaved and hostile."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from monitoring import guard
from monitoring.checks import MAX_REDIRECTS, Checker, Observation

from tests.unit.examples import NOON, at, site

type Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\n"
LIMIT = 0.3
"""Seconds that a check may take where the site never ends to answer."""


def look(respond: Callable[[httpx.Request], httpx.Response], **fields: Any) -> Observation:
    """Look at a site whose transport answers."""

    def stream(request: httpx.Request) -> httpx.Response:
        answer = respond(request)
        # A body that is given as content counts as read; one from the network does not.
        return httpx.Response(
            answer.status_code, headers=answer.headers, stream=httpx.ByteStream(answer.content)
        )

    checker = Checker(transport=lambda: httpx.MockTransport(stream))
    return asyncio.run(checker.observe(site(**fields)))


def look_over_loopback(serve: Serve, path: str = "/", **fields: Any) -> Observation:
    """Look at a site that a socket serves."""

    async def both() -> Observation:
        async with serving(serve) as port:
            url = f"http://127.0.0.1:{port}{path}"
            return await Checker().observe(site(url=url, **fields))

    return asyncio.run(both())


@contextlib.asynccontextmanager
async def serving(serve: Serve, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """Serve every connection to a port of its own choosing."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            await serve(reader, writer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(connected, host, 0)
    yield server.sockets[0].getsockname()[1]
    # A connection that was accepted, and whose task has not begun, would be forgotten by close():
    # one turn of the loop accepts what has arrived, and one more begins with it.
    for _ in range(2):
        await asyncio.sleep(0)
    server.close()
    server.abort_clients()
    await server.wait_closed()


def sending(*parts: bytes) -> Serve:
    """Send an answer and hang up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.writelines(parts)

    return serve


def dripping(head: bytes, drop: bytes) -> Serve:
    """Send *head*, and *drop* after *drop* for ever."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(0.01)  # the pace of the drops

    return serve


def flooding(head: bytes) -> Serve:
    """Send *head*, and as much as the other side takes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    return serve


@pytest.mark.parametrize("code", [200, 204, 299])
def test_codes_that_are_up(code: int) -> None:
    seen = look(lambda request: httpx.Response(code))

    assert (seen.status, seen.http_status, seen.reason) == ("UP", code, None)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (503, "HTTP 503 Service Unavailable"),
        (404, "HTTP 404 Not Found"),
        (304, "HTTP 304 Not Modified"),
        (599, "HTTP 599"),
    ],
)
def test_codes_that_are_down(code: int, reason: str) -> None:
    seen = look(lambda request: httpx.Response(code))

    assert (seen.status, seen.http_status, seen.reason) == ("DOWN", code, reason)


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (httpx.Response(200, text="<h1>Grüße</h1>"), None),
        (
            httpx.Response(
                200,
                content="<h1>Grüße</h1>".encode("latin-1"),
                headers={"Content-Type": "text/html; charset=iso-8859-1"},
            ),
            None,
        ),
        (
            httpx.Response(
                200,
                content="Grüße".encode(),
                headers={"Content-Type": "text/html; charset=no-such-thing"},
            ),
            None,
        ),
        (httpx.Response(200, text="maintenance"), "expected text not found"),
    ],
)
def test_expected_text(response: httpx.Response, reason: str | None) -> None:
    seen = look(lambda request: response, expect="Grüße")

    assert (seen.status, seen.reason) == ("DOWN" if reason else "UP", reason)


def test_expected_text_in_a_packed_body() -> None:
    head = b"Content-Encoding: gzip\x1b[31m" + b"\x85" * 999 + b"\r\n\r\n"
    seen = look_over_loopback(sending(OK, head, b"\x1f\x8b"), expect="text")

    assert seen.reason is not None
    assert seen.reason.startswith("expected text not found (sent with Content-Encoding gzip [31m")
    assert len(seen.reason) <= 200
    assert seen.reason.isprintable()


def test_the_moment_of_a_look_is_its_beginning() -> None:
    moments = iter([NOON])
    checker = Checker(clock=lambda: next(moments))

    assert asyncio.run(checker.observe(site(url="http://127.0.0.1:1/"))).at == at(0)


def test_asks_for_the_plain_page() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        asked.update(request.headers)
        return httpx.Response(200)

    asked: dict[str, str] = {}
    look(respond)

    assert asked["accept-encoding"] == "identity"
    assert asked["user-agent"].startswith("website-monitor/")


def test_follows_redirects() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/":
            return httpx.Response(302, headers={"Location": "/home"})
        return httpx.Response(200, text="welcome")

    assert look(respond, expect="welcome").status == "UP"


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("/again", f"more than {MAX_REDIRECTS} redirects"),
        ("ftp://files.example/", "redirect to ftp: not followed"),
        ("file:///etc/passwd", "redirect to file: not followed"),
        ("https://host.example/\x7f", "Invalid URL in location header"),
        ("https://host.example:port/", "Invalid URL in location header"),
    ],
)
def test_redirects_that_lead_nowhere(location: str, reason: str) -> None:
    seen = look(lambda request: httpx.Response(301, headers={"Location": location}))

    assert seen.status == "DOWN"
    assert seen.reason is not None
    assert seen.reason.startswith(reason)


@pytest.mark.parametrize(
    ("serve", "reason"),
    [
        (sending(OK, b"Content-Length: 2\r\n\r\nok"), None),
        (sending(OK, b"\r\nto the end of the connection"), None),
        (sending(b"HTTP/1.1 503 All\x1b[31m fine\r\nContent-Length: 0\r\n\r\n"), "HTTP 503"),
        (sending(OK, b"Content-Length: 9\r\n\r\nhalf"), "peer closed connection"),
        (sending(), "Server disconnected without sending a response."),
        (sending(b"SSH-2.0-OpenSSH\r\n\r\n"), "illegal status line"),
        (sending(OK, b"Content-Length: 1025\r\n\r\n"), "body larger than 1024 bytes"),
        (sending(OK, b"Content-Length: " + b"9" * 30 + b"\r\n\r\n"), ""),
        (flooding(OK + b"\r\n"), "body larger than 1024 bytes"),
        (flooding(b"HTTP/1.1 500 Oops\r\n\r\n"), "HTTP 500 Internal Server Error"),
        (flooding(OK + b"Header: "), ""),
        (
            sending(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:99999/\r\n\r\n"),
            "connect(): port must be 0-65535",
        ),
        (
            sending(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n"),
            "connection refused",
        ),
        (
            sending(b"HTTP/1.1 302 Found\r\nLocation: http://" + b"a" * 99 + b"/\r\n\r\n"),
            "host name not resolved: ",
        ),
        (
            flooding(b"HTTP/1.1 302 Found\r\nLocation: ftp://host/\r\n\r\n"),
            "redirect to ftp: not followed",
        ),
    ],
)
def test_what_servers_send(serve: Serve, reason: str | None) -> None:
    seen = look_over_loopback(serve)

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
        dripping(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["silence", "header", "headers", "body", "chunks", "informational"],
)
def test_the_time_limit_covers_the_whole_check(serve: Serve) -> None:
    seen = look_over_loopback(serve, timeout=LIMIT)

    assert seen.status == "DOWN"
    assert seen.reason == f"no answer within {LIMIT} s"


def test_a_time_limit_for_all_hops_together() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(LIMIT / 2)  # no hop alone exceeds the limit
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")

    assert look_over_loopback(serve, timeout=LIMIT).reason == f"no answer within {LIMIT} s"


def test_no_connection() -> None:
    seen = asyncio.run(Checker().observe(site(url="http://127.0.0.1:1/")))

    assert (seen.status, seen.http_status, seen.reason) == ("DOWN", None, "connection refused")


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert look_over_loopback(sending(OK, b"\r\n")).status == "UP"


def redirect_to_other_server(
    configured: str, other: str
) -> tuple[Observation, list[asyncio.StreamWriter]]:
    """Look at a site at one address that redirects to another; and who reached the other."""
    reached: list[asyncio.StreamWriter] = []

    async def inside(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(writer)
        writer.write(OK + b"\r\n")

    async def both() -> Observation:
        async with serving(inside, other) as inner:
            location = f"Location: http://{other}:{inner}/\r\nContent-Length: 0\r\n\r\n"
            redirect = sending(b"HTTP/1.1 302 Found\r\n", location.encode())
            async with serving(redirect, configured) as outer:
                return await Checker().observe(site(url=f"http://{configured}:{outer}/"))

    return asyncio.run(both()), reached


def test_a_public_site_may_not_redirect_into_the_private_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guard, "is_internal", lambda address: address != "127.0.0.1")

    seen, reached = redirect_to_other_server("127.0.0.1", "127.0.0.2")

    assert seen.reason == "redirect to the internal address 127.0.0.2 refused"
    assert reached == []


def test_a_private_site_may_redirect_within_the_private_network() -> None:
    seen, reached = redirect_to_other_server("127.0.0.1", "127.0.0.2")

    assert seen.status == "UP"
    assert len(reached) == 1


@pytest.mark.parametrize(
    ("address", "internal"),
    [
        ("93.184.215.14", False),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", False),
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("172.16.0.1", True),
        ("192.168.1.1", True),
        ("169.254.169.254", True),
        ("100.64.0.1", True),
        ("0.0.0.0", True),  # noqa: S104 (no binding)
        ("::1", True),
        ("fe80::1%eth0", True),
        ("fd00:ec2::254", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:169.254.169.254", True),
    ],
)
def test_internal_addresses(address: str, internal: bool) -> None:
    assert guard.is_internal(address) is internal
