"""Looking at websites, well-behaved and hostile."""

import asyncio
import contextlib
import errno
import socket
import ssl
import struct
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from monitoring import connections, guard, responses
from monitoring.checks import MAX_REDIRECTS, Checker, Observation

from tests.handlers.examples import NOON, at, site
from tests.handlers.hostile import CERTIFICATE, HEALTHY, KEY, hostile_server

type Serve = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
"""What a server does with a request."""

OK = b"HTTP/1.1 200 OK\r\n"
LIMIT = 0.3
"""Seconds that a check may take where the site never ends to answer."""


def look(response: bytes, **fields: Any) -> Observation:
    """Look at a site that answers everything the same."""
    return look_over_loopback(sending(response), **fields)


def page(*fields: bytes, status: str = "200 OK", body: bytes = b"") -> bytes:
    """A response as a server sends it."""
    head = [f"HTTP/1.1 {status}".encode(), *fields, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def look_over_loopback(serve: Serve, path: str = "/", **fields: Any) -> Observation:
    """Look at a site that a socket serves."""

    async def both() -> Observation:
        async with serving(serve) as port:
            url = f"http://127.0.0.1:{port}{path}"
            return await Checker().observe(site(url=url, **fields))

    return asyncio.run(both())


@contextlib.asynccontextmanager
async def serving(
    serve: Serve, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Serve every connection to a port, by default a free one."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await serve(await reader.readuntil(b"\r\n\r\n"), writer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(connected, host, port, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
        # A connection that was accepted, and whose task has not begun, would be forgotten by
        # close(): one turn of the loop accepts what has arrived, and one more begins with it.
        for _ in range(2):
            await asyncio.sleep(0)
    finally:
        server.close()
        server.abort_clients()
        await server.wait_closed()


def sending(*parts: bytes) -> Serve:
    """Send an answer and hang up."""

    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.writelines(parts)

    return serve


def dripping(head: bytes, drop: bytes) -> Serve:
    """Send *head*, and *drop* after *drop* for ever."""

    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(0.01)  # the pace of the drops

    return serve


def flooding(head: bytes) -> Serve:
    """Send *head*, and as much as the other side takes."""

    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    return serve


@pytest.mark.parametrize("code", [200, 204, 299])
def test_codes_that_are_up(code: int) -> None:
    seen = look(page(status=str(code)))

    assert (seen.status, seen.http_status, seen.reason) == ("UP", code, None)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (503, "HTTP 503 Service Unavailable"),
        (404, "HTTP 404 Not Found"),
        (304, "HTTP 304 Not Modified"),
        (599, "HTTP 599"),
        (302, "HTTP 302 Found"),  # and no Location
    ],
)
def test_codes_that_are_down(code: int, reason: str) -> None:
    seen = look(page(status=str(code)))

    assert (seen.status, seen.http_status, seen.reason) == ("DOWN", code, reason)


GREETING = "<h1>Grüße</h1>"


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        (b"text/html", "utf-8"),
        (b"text/html; charset=iso-8859-1", "latin-1"),
        (b"text/html;charset=ISO-8859-1; x=y", "latin-1"),
        (b"text/html; x=y; Charset='windows-1252'", "cp1252"),
        (b'text/html; charset="shift_jis"', "utf-8"),  # which has no such letters
        (b"text/html; charset=no-such-thing", "utf-8"),
        # Codecs of Python that are none of the web: they pack, or take quadratic time.
        (b"text/html; charset=idna", "utf-8"),
        (b"text/html; charset=punycode", "utf-8"),
        (b"text/html; charset=hex", "utf-8"),
        # RFC 2231 and other things that parsers of headers stumble over.
        (b"text/html; charset*=x; charset*0=y", "utf-8"),
        (b"text/html; charset*0*=a; charset*1=b", "utf-8"),
        (b"text/html; charset=" + b"x" * 10_000, "utf-8"),
        (b"text/html; charset=\xff", "utf-8"),
        (b"text/html" + b";" * 60_000, "utf-8"),
        (b"\x01", "utf-8"),
    ],
)
def test_expected_text(content_type: bytes, encoding: str) -> None:
    body = GREETING.encode(encoding)

    seen = look(page(b"Content-Type: " + content_type, body=body), expect="Grüße")

    assert (seen.status, seen.reason) == ("UP", None)


def test_missing_expected_text() -> None:
    seen = look(page(body=b"maintenance"), expect="Grüße")

    assert (seen.status, seen.reason) == ("DOWN", "expected text not found")


@pytest.mark.parametrize("text", ["x", "<h1>", GREETING])
def test_expected_text_that_arrives_in_pieces(text: str) -> None:
    chunks = [b"1\r\n%c\r\n" % byte for byte in GREETING.encode() + b"x"]
    head = OK + b"Transfer-Encoding: chunked\r\n\r\n"

    assert look(head + b"".join(chunks) + b"0\r\n\r\n", expect=text).status == "UP"


def test_expected_text_in_a_compressed_body() -> None:
    head = b"Content-Encoding: gzip\x1b[31m" + b"\x85" * 999 + b"\r\n\r\n"
    seen = look(OK + head + b"\x1f\x8b", expect="text")

    assert seen.reason is not None
    assert seen.reason.startswith("expected text not found (sent with Content-Encoding gzip [31m")
    assert len(seen.reason) <= 200
    assert seen.reason.isprintable()


def test_a_check_has_the_time_of_the_response() -> None:
    """A slow look that began earlier may have seen the site later."""
    answered: list[None] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        answered.append(None)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async def look() -> str:
        checker = Checker(clock=lambda: NOON + timedelta(seconds=len(answered)))
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            return (await checker.observe(site(url=f"http://127.0.0.1:{port}/"))).at

    assert asyncio.run(look()) == at(1)


def test_requests_an_uncompressed_page() -> None:
    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        asked.append(request)
        writer.write(page())

    asked: list[bytes] = []
    look_over_loopback(serve, "/a b?ä=<1>&b=%20#part")

    line, host, *fields = asked[0].split(b"\r\n")
    assert line == b"GET /a%20b?%C3%A4=%3C1%3E&b=%20 HTTP/1.1"
    assert host.startswith(b"Host: 127.0.0.1:")
    assert b"Accept-Encoding: identity" in fields
    assert b"User-Agent: website-monitor/1.0" in fields


def redirect(location: bytes, status: str = "302 Found") -> bytes:
    return page(b"Location: " + location, status=status)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_follows_redirects(code: int) -> None:
    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        home = request.startswith(b"GET /a/home?x ")
        writer.write(page(body=b"welcome") if home else redirect(b"../a/home?x#y", f"{code} Moved"))

    assert look_over_loopback(serve, "/b/", expect="welcome").status == "UP"


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        (b"/again", f"more than {MAX_REDIRECTS} redirects"),
        (b"", f"more than {MAX_REDIRECTS} redirects"),
        (b"ftp://files.example/", "redirect to ftp: not followed"),
        (b"file:///etc/passwd", "redirect to file: not followed"),
        (b"JavaScript:alert(1)", "redirect to JavaScript: not followed"),
        (b"https://host.example/\x7f", "redirect not followed: invalid URL"),
        (b"https://host.example:port/", "redirect not followed: invalid URL"),
        (b"http://127.0.0.1:99999/", "redirect not followed: invalid port: 99999"),
        (b"http://user:secret@127.0.0.1/", "redirect not followed: invalid URL"),
        (b"http://a.example\\@127.0.0.1/", "redirect not followed: invalid URL"),
        (b"http://[::1/", "redirect not followed: "),
        (b"http://", f"more than {MAX_REDIRECTS} redirects"),  # to itself
        (b"/" + b"x" * 60_000, "redirect to a URL longer than 2048 characters"),
        (b"http://" + b"a." * 900, "redirect not followed: host name longer than 253"),
        (b"http://" + b"a" * 99 + b"/", "redirect not followed: invalid host name aaa"),
        (b"http://a..example/", "redirect not followed: invalid host name a..example"),
        ("http://\u2488com/".encode(), "redirect not followed: "),
        (("http://" + "ü" * 99 + "/").encode(), "redirect not followed: invalid host name ü"),
        (b"http://127.0.0.1:1/", "connection refused"),
    ],
)
def test_redirects_that_are_not_followed(location: bytes, reason: str) -> None:
    seen = look(redirect(location))

    assert seen.status == "DOWN"
    assert (seen.reason or "").startswith(reason), seen.reason


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
    ],
    ids=["silence", "header", "headers", "body", "chunks"],
)
def test_the_time_limit_covers_the_whole_check(serve: Serve) -> None:
    seen = look_over_loopback(serve, timeout=LIMIT)

    assert seen.status == "DOWN"
    assert seen.reason == f"no answer within {LIMIT} s"


def test_a_time_limit_for_all_hops_together() -> None:
    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
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


def test_a_body_in_tiny_chunks() -> None:
    chunks = b"1\r\nx\r\n" * 2000
    seen = look(OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunks, max_bytes=10**6)

    assert seen.reason == "body of 1041 bytes in 1041 chunks"


def test_connection_yields_before_each_read() -> None:
    """Also when so much has arrived that no read has to wait."""

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


# Connections that break


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
    """Some of them arrive before the client knows that it is connected."""

    def serve() -> None:
        with contextlib.suppress(OSError):  # the listener is shut down in the end
            while True:
                connection, _ = listener.accept()
                connection.sendall(STAGES[stage])
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                connection.close()

    async def look_often() -> list[Observation]:
        url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/"
        checker = Checker()
        return await asyncio.gather(*(checker.observe(site(url=url)) for _ in range(100)))

    with socket.create_server(("127.0.0.1", 0), backlog=200) as listener:
        server = threading.Thread(target=serve)
        server.start()
        seen = asyncio.run(look_often())
        listener.shutdown(socket.SHUT_RDWR)
        server.join()

    assert {each.status for each in seen} == {"DOWN"}
    # What is sent before a reset is no handshake of TLS.
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
    """A server may have answered before. The system reports the reset to the sender only."""
    send = connections.Connection.send

    async def broken(connection: connections.Connection, data: bytes) -> None:
        await send(connection, data)
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(connections.Connection, "send", broken)

    assert look(response).reason == reason


# TLS


def look_with_tls(
    serve: Serve, trusted: bool = True, host: str = "127.0.0.1", **fields: Any
) -> Observation:
    """Look at a site that a socket serves with TLS."""
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(CERTIFICATE, KEY)
    client_side = ssl.create_default_context(cafile=str(CERTIFICATE)) if trusted else None

    async def both() -> Observation:
        async with serving(serve, tls=server_side) as port:
            url = f"https://{host}:{port}/"
            return await Checker(tls=client_side).observe(site(url=url, **fields))

    return asyncio.run(both())


def test_a_page_over_tls() -> None:
    body = GREETING.encode() * 50_000

    assert look_with_tls(sending(page(body=body)), expect="Grüße", max_bytes=10**6).status == "UP"


def test_a_page_over_tls_that_ends_with_its_connection() -> None:
    assert look_with_tls(sending(OK, b"\r\nok"), expect="ok").status == "UP"


def test_an_untrusted_certificate() -> None:
    seen = look_with_tls(sending(page()), trusted=False)

    assert (seen.reason or "").startswith("certificate not trusted: self-signed certificate")


def test_tls_records_of_one_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "OVERHEAD", 6_000)

    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0)  # drain() lets nobody else run while buffers have room

    seen = look_with_tls(serve, max_bytes=10**6, timeout=30)

    assert seen.reason == "too many bytes in addition to the body"


def test_handshakes_run_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server chooses how much there is to compute: 0.1 s for the group ffdhe8192 of TLS 1.3."""

    class Recorded(ssl.SSLObject):
        def do_handshake(self) -> None:
            threads.add(threading.get_ident())
            super().do_handshake()

    threads: set[int] = set()
    monkeypatch.setattr(ssl.SSLContext, "sslobject_class", Recorded)
    client_side = ssl.create_default_context(cafile=str(CERTIFICATE))
    with hostile_server() as server:
        healthy = site(url=f"https://127.0.0.1:{server.tls_port}/{HEALTHY}")
        seen = asyncio.run(Checker(tls=client_side).observe(healthy))
        threads.discard(server.thread)

    assert seen.status == "UP"
    assert threads
    assert threading.get_ident() not in threads


def test_finite_field_diffie_hellman_is_off() -> None:
    """It does with finite-field Diffie-Hellman, which the system's own defaults allow."""
    exchanges = {cipher["kea"] for cipher in connections.trusting_system().get_ciphers()}

    assert "kx-dhe" in {cipher["kea"] for cipher in ssl.create_default_context().get_ciphers()}
    assert exchanges == {"kx-ecdhe", "kx-any"}  # any: that of TLS 1.3, with known groups


# Where redirects and names lead


class Names:
    """Name servers that attackers control: what a name resolves to is up to the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._real = socket.getaddrinfo
        self.answers: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []
        monkeypatch.setattr(socket, "getaddrinfo", self._getaddrinfo)

    def _getaddrinfo(self, host: bytes | str, port: int, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in self.answers:
            return self._real(host, port, *args, **options)
        self.asked.append(name)
        return [
            info
            for address in self.answers[name].pop(0)
            for info in self._real(address, port, type=socket.SOCK_STREAM)
        ]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    return Names(monkeypatch)


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> str:
    """A loopback address that counts as public."""
    monkeypatch.setattr(guard, "is_internal", lambda address: address != "127.0.0.1")
    return "127.0.0.1"


INTERNAL = "127.0.0.2"


class Hops:
    """A server at the same port of all loopback addresses; who was asked, and for what host."""

    def __init__(self, answers: list[bytes]) -> None:
        self.reached: list[tuple[str, str]] = []
        self._answers = answers

    async def __call__(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        host = request.partition(b"Host: ")[2].partition(b":")[0]
        self.reached.append((writer.get_extra_info("sockname")[0], host.decode()))
        port = b"%d" % writer.get_extra_info("sockname")[1]
        writer.write(self._answers.pop(0).replace(b"PORT", port))

    def look(self, host: str, **fields: Any) -> Observation:
        """Look at a site at *host*."""

        async def both() -> Observation:
            # All of 127.0.0.0/8, and nothing else: the tests stay on this machine.
            async with (
                serving(self) as port,
                serving(self, INTERNAL, port),
            ):
                return await Checker().observe(site(url=f"http://{host}:{port}/", **fields))

        return asyncio.run(both())


def test_a_public_site_may_not_redirect_into_the_internal_network(public: str) -> None:
    hops = Hops([redirect(b"http://127.0.0.2:PORT/")])

    seen = hops.look(public)

    assert seen.reason == "redirect to the internal address 127.0.0.2 not followed"
    assert hops.reached == [(public, public)]


def test_an_internal_site_may_redirect_within_the_internal_network() -> None:
    hops = Hops([redirect(b"http://127.0.0.2:PORT/"), page()])

    assert hops.look("127.0.0.1").status == "UP"
    assert [address for address, _ in hops.reached] == ["127.0.0.1", INTERNAL]


def test_a_site_configured_by_an_internal_name(public: str, names: Names) -> None:
    names.answers = {"intranet.example": [[INTERNAL]]}
    hops = Hops([page()])

    assert hops.look("intranet.example").status == "UP"
    assert hops.reached == [(INTERNAL, "intranet.example")]


def test_a_name_that_resolves_to_another_address_after_a_redirect(
    public: str, names: Names
) -> None:
    """A connection per hop: no connection of an earlier hop is used without a look at it."""
    names.answers = {"rebind.example": [[public], [INTERNAL]]}
    hops = Hops([redirect(b"/again")])

    seen = hops.look("rebind.example")

    assert seen.reason == "redirect to the internal address 127.0.0.2 not followed"
    assert hops.reached == [(public, "rebind.example")]


def test_a_name_is_resolved_once_for_a_hop(public: str, names: Names) -> None:
    """Between the decision about an address and the connection to it nothing is looked up."""
    names.answers = {"rebind.example": [[public], [INTERNAL]]}
    hops = Hops([page()])

    assert hops.look("rebind.example").status == "UP"
    assert names.asked == ["rebind.example"]


def test_a_name_with_public_and_internal_addresses(public: str, names: Names) -> None:
    names.answers = {"mixed.example": [[INTERNAL, public], [INTERNAL]]}
    hops = Hops([redirect(b"/again")])

    seen = hops.look("mixed.example")

    assert hops.reached == [(public, "mixed.example")]
    assert seen.reason == "redirect to the internal address 127.0.0.2 not followed"


def test_redirect_by_an_internal_server_to_a_public_address_and_back(public: str, names: Names) -> None:
    """An internal server that redirects to the host it was asked for opens no way inside."""
    names.answers = {"rebind.example": [[INTERNAL], [public]]}
    hops = Hops([redirect(b"/https"), redirect(b"http://127.0.0.2:PORT/secret")])

    seen = hops.look("rebind.example")

    assert [address for address, _ in hops.reached] == [INTERNAL, public]
    assert seen.reason == "redirect to the internal address 127.0.0.2 not followed"


def test_a_name_with_an_address_that_does_not_answer(public: str, names: Names) -> None:
    names.answers = {"mixed.example": [["127.0.0.3", "::1", public]]}
    hops = Hops([page()])

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(guard, "is_internal", lambda address: False)
        assert hops.look("mixed.example").status == "UP"


def test_a_name_with_an_address_that_times_out(
    monkeypatch: pytest.MonkeyPatch, names: Names
) -> None:
    async def connect(sock: socket.socket, address: tuple[str, int]) -> None:
        if address[0] == "127.0.0.3":
            await asyncio.Event().wait()
        sock.setblocking(True)
        sock.connect(address)
        sock.setblocking(False)

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", staticmethod(connect))
    monkeypatch.setattr(connections, "ATTEMPT_DELAY", 0.01)
    names.answers = {"slow.example": [["127.0.0.3", "127.0.0.1"]]}

    assert Hops([page()]).look("slow.example", timeout=5).status == "UP"


def test_a_name_with_many_addresses(monkeypatch: pytest.MonkeyPatch, names: Names) -> None:
    async def connect(sock: socket.socket, address: tuple[str, int]) -> None:
        tried.append(address[0])
        raise ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed")

    tried: list[str] = []
    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", staticmethod(connect))
    many = [f"127.1.0.{number}" for number in range(200)]
    names.answers = {"many.example": [[*many[:9], "::1", *many[9:]]]}

    judge = Mock(wraps=guard.is_internal)
    monkeypatch.setattr(guard, "is_internal", judge)

    seen = Hops([]).look("many.example")

    assert seen.reason == "connection refused"
    assert judge.call_count == connections.MAX_ANSWERS
    assert tried == ["127.1.0.0", "::1", "127.1.0.1", "127.1.0.2"]


def test_a_certificate_for_an_absolute_host_name(names: Names) -> None:
    """``localhost.`` is the name ``localhost`` (RFC 6066, 3: without a trailing dot)."""
    names.answers["localhost."] = [["127.0.0.1"]]

    assert look_with_tls(sending(page()), host="localhost.").reason is None


def test_a_name_without_addresses(names: Names) -> None:
    names.answers = {"empty.example": [[]]}

    assert Hops([]).look("empty.example").reason == "host name not resolved: no address"


# Errors that nobody expects


def test_an_unexpected_error_makes_the_site_down_and_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def parse(head: bytes) -> None:
        raise TypeError("can't\ndo that")

    monkeypatch.setattr(responses, "_parse", parse)

    seen = look(page())

    assert (seen.status, seen.http_status) == ("DOWN", None)
    assert seen.reason == "unexpected TypeError: can't do that"
    record = caplog.records[-1]
    assert record.message == "check failed unexpectedly"
    assert record.exc_info is not None
    assert record.exc_info[0] is TypeError


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_exit_of_the_process_is_not_an_outage(
    monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def parse(head: bytes) -> None:
        raise error

    monkeypatch.setattr(responses, "_parse", parse)

    with pytest.raises(error):
        look(page())


def test_a_cancelled_check_is_not_an_outage() -> None:
    async def cancel() -> None:
        reached = asyncio.Event()

        async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
            reached.set()
            await asyncio.Event().wait()

        async with serving(serve) as port:
            check = asyncio.create_task(Checker().observe(site(url=f"http://127.0.0.1:{port}/")))
            await asyncio.wait_for(reached.wait(), 5)
            check.cancel()
            await check

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancel())


# Addresses


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
        ("192.0.0.9", True),
        ("192.88.99.1", True),
        ("198.18.0.1", True),
        ("224.0.0.1", True),
        ("240.0.0.1", True),
        ("255.255.255.255", True),
        ("8.8.8.8", False),
        ("fe80::1", True),
        ("fec0::1", True),
        ("ff02::1", True),
        ("ff0e::1", True),
        ("100::1", True),
        ("2001:db8::1", True),
        ("3fff::1", True),
        ("5f00::1", True),
        ("2001:20::1", True),
        ("::", True),
        ("::ffff:169.254.169.254", True),
        ("::ffff:8.8.8.8", False),
        ("::ffff:0:10.0.0.1", True),
        ("::10.0.0.1", True),
        ("::8.8.8.8", False),
        ("64:ff9b::169.254.169.254", True),
        ("64:ff9b::8.8.8.8", False),
        ("64:ff9b:1::8.8.8.8", True),
        ("2002:7f00:1::1", True),
        ("2002:a9fe:a9fe::", True),
        ("2002:808:808::1", False),
        ("2001:0:808:808:0:0:f5ff:fffe", True),  # Teredo: client 10.0.0.1 behind server 8.8.8.8
        ("2001:0:808:808:0:0:f7f7:f7f7", False),  # Teredo: client 8.8.8.8
    ],
)
def test_internal_addresses(address: str, internal: bool) -> None:
    assert guard.is_internal(address) is internal
