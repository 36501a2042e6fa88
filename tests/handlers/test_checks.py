"""Checks: status codes, expected text, the request, and unexpected errors."""

import asyncio
from datetime import timedelta

import pytest
from monitoring import responses
from monitoring.checks import Checker

from tests.handlers.examples import NOON, at, site
from tests.handlers.serving import (
    GREETING,
    OK,
    check,
    check_over_loopback,
    page,
    sending,
    serving,
)


@pytest.mark.parametrize("code", [200, 204, 299])
def test_codes_that_are_up(code: int) -> None:
    seen = check(page(status=str(code)))

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
    seen = check(page(status=str(code)))

    assert (seen.status, seen.http_status, seen.reason) == ("DOWN", code, reason)


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        (b"text/html", "utf-8"),
        (b"text/html; charset=iso-8859-1", "latin-1"),
        (b"text/html;charset=ISO-8859-1; x=y", "latin-1"),
        (b"text/html; x=y; Charset='windows-1252'", "cp1252"),
        (b'text/html; charset="shift_jis"', "utf-8"),  # which has no such letters
        (b"text/html; charset=no-such-thing", "utf-8"),
        # Python codecs that the web does not use: they compress, or take quadratic time.
        (b"text/html; charset=idna", "utf-8"),
        (b"text/html; charset=punycode", "utf-8"),
        (b"text/html; charset=hex", "utf-8"),
        # RFC 2231 and other values that break header parsers.
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

    seen = check(page(b"Content-Type: " + content_type, body=body), expect="Grüße")

    assert (seen.status, seen.reason) == ("UP", None)


def test_missing_expected_text() -> None:
    seen = check(page(body=b"maintenance"), expect="Grüße")

    assert (seen.status, seen.reason) == ("DOWN", "expected text not found")


@pytest.mark.parametrize("text", ["x", "<h1>", GREETING])
def test_expected_text_that_arrives_in_pieces(text: str) -> None:
    chunks = [b"1\r\n%c\r\n" % byte for byte in GREETING.encode() + b"x"]
    head = OK + b"Transfer-Encoding: chunked\r\n\r\n"

    assert check(head + b"".join(chunks) + b"0\r\n\r\n", expect=text).status == "UP"


def test_expected_text_in_a_compressed_body() -> None:
    head = b"Content-Encoding: gzip\x1b[31m" + b"\x85" * 999 + b"\r\n\r\n"
    seen = check(OK + head + b"\x1f\x8b", expect="text")

    assert seen.reason is not None
    assert seen.reason.startswith("expected text not found (sent with Content-Encoding gzip [31m")
    assert len(seen.reason) <= 200
    assert seen.reason.isprintable()


def test_a_check_has_the_time_of_the_response() -> None:
    """A slow check that began earlier may have seen the site later."""
    answered: list[None] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        answered.append(None)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async def check() -> str:
        checker = Checker(clock=lambda: NOON + timedelta(seconds=len(answered)))
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            return (await checker.check(site(url=f"http://127.0.0.1:{port}/"))).at

    assert asyncio.run(check()) == at(1)


def test_requests_an_uncompressed_page() -> None:
    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        asked.append(request)
        writer.write(page())

    asked: list[bytes] = []
    check_over_loopback(serve, "/a b?ä=<1>&b=%20#part")

    line, host, *fields = asked[0].split(b"\r\n")
    assert line == b"GET /a%20b?%C3%A4=%3C1%3E&b=%20 HTTP/1.1"
    assert host.startswith(b"Host: 127.0.0.1:")
    assert b"Accept-Encoding: identity" in fields
    assert b"User-Agent: website-monitor/1.0" in fields


def test_no_connection() -> None:
    seen = asyncio.run(Checker().check(site(url="http://127.0.0.1:1/")))

    assert (seen.status, seen.http_status, seen.reason) == ("DOWN", None, "connection refused")


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert check_over_loopback(sending(OK, b"\r\n")).status == "UP"


def test_an_unexpected_error_makes_the_site_down_and_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def parse(head: bytes) -> None:
        raise TypeError("can't\ndo that")

    monkeypatch.setattr(responses, "_parse", parse)

    seen = check(page())

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
        check(page())


def test_a_cancelled_check_is_not_an_outage() -> None:
    async def cancel() -> None:
        reached = asyncio.Event()

        async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
            reached.set()
            await asyncio.Event().wait()

        async with serving(serve) as port:
            check = asyncio.create_task(Checker().check(site(url=f"http://127.0.0.1:{port}/")))
            await asyncio.wait_for(reached.wait(), 5)
            check.cancel()
            await check

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancel())
