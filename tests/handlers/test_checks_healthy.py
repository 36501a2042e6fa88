"""Responses of healthy sites: what browsers accept is UP, even from sloppy servers."""

import asyncio
import gzip
import ssl
import zlib

import pytest
from monitoring import urls
from monitoring.connections import trusting_system

from tests.handlers.serving import OK, check, check_over_loopback, page, redirect

WELCOME = b"<h1>welcome</h1>"


def chunked(*fields: bytes, status: bytes = OK, end: bytes = b"0\r\n\r\n") -> bytes:
    """A page in one chunk."""
    head = b"".join(field + b"\r\n" for field in fields)
    return status + head + b"\r\n%x\r\n%b\r\n" % (len(WELCOME), WELCOME) + end


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200\r\n\r\n" + WELCOME,
        b"HTTP/1.1 200 \r\n\r\n" + WELCOME,
        b"HTTP/1.0 200 OK\r\nServer: x\r\n\r\n" + WELCOME,
        "HTTP/1.1 200 Alles in Ordnung, schöne Grüße\r\n\r\n".encode() + WELCOME,
        b"HTTP/1.1  200 OK\r\n\r\n" + WELCOME,
        b"http/1.1 200 OK\r\n\r\n" + WELCOME,
        b"HTTP/2 200\r\n\r\n" + WELCOME,
        OK + b"content-length: 16\r\n\r\n" + WELCOME,
        OK + b"Content-Length: 16\r\n\r\n" + WELCOME + b"\r\n",
        OK + b"Content-Length:16\r\n\r\n" + WELCOME,
        OK + b"Content-Length: 16 \t\r\n\r\n" + WELCOME,
        OK + b"Content-Length: 0016\r\n\r\n" + WELCOME,
        OK + b"Content-Length:\r\n\r\n" + WELCOME,
        OK + b"Content-Length : 16\r\n\r\n" + WELCOME,
        OK + b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nset-cookie: c=3\r\n\r\n" + WELCOME,
        OK + b"X-Long: a\r\n\tb\r\n  c\r\n\r\n" + WELCOME,
        OK + b"Bad Name: x\r\n\r\n" + WELCOME,
        OK + b"X(1): x\r\n\r\n" + WELCOME,
        OK + b": no name\r\n\r\n" + WELCOME,
        OK + b"no colon\r\n\r\n" + WELCOME,
        OK + b"HTTP/1.1 200 OK\r\n\r\n" + WELCOME,
        "HTTP/1.1 200 OK\r\nX-Größe: 1\r\n\r\n".encode() + WELCOME,
        OK + b"X: a\rb\r\n\r\n" + WELCOME,
        OK + b"X: a\x01b\r\n\r\n" + WELCOME,
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"\r\n" + WELCOME,
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" + OK + b"\r\n" + WELCOME,
        chunked(b"Transfer-Encoding: chunked"),
        chunked(b"transfer-encoding:CHUNKED"),
        chunked(b"Transfer-Encoding: chunked", end=b"0;last\r\nX-Checksum: 1\r\n\r\n"),
        chunked(b"Transfer-Encoding: chunked", b"Content-Length: 5"),
        chunked(b"Transfer-Encoding: chunked", b"Content-Length: garbage"),
        chunked(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
        chunked(b"Transfer-Encoding: chunked, chunked"),
        chunked(b"Transfer-Encoding: identity, chunked"),
        chunked(b"Transfer-Encoding: gzip, chunked"),
        chunked(b"Transfer-Encoding : chunked"),
        OK + b"Transfer-Encoding: chunked\r\n\r\n0010  \r\n" + WELCOME + b"\r\n0\r\n\r\n",
        OK + b'Transfer-Encoding: chunked\r\n\r\n10;a="b;c"\n' + WELCOME + b"\n0\n\n",
        OK + b"Transfer-Encoding: identity\r\n\r\n" + WELCOME,
        OK + b"Transfer-Encoding:\r\n\r\n" + WELCOME,
        OK + b"Transfer-Encoding: identity\r\nContent-Length: 16\r\n\r\n" + WELCOME,
        page(b"Content-Encoding: gzip", body=gzip.compress(WELCOME, mtime=0)),
        page(b"Content-Encoding: x-gzip", body=gzip.compress(WELCOME, mtime=0)),
        page(b"Content-Encoding: GZIP", body=gzip.compress(WELCOME, mtime=0)),
        page(b"Content-Encoding: gzip", body=WELCOME),
        page(b"Content-Encoding: deflate", body=zlib.compress(WELCOME)),
        page(b"Content-Encoding: identity", body=WELCOME),
        page(b"Content-Encoding:", body=WELCOME),
    ],
)
def test_a_page_however_it_is_sent(response: bytes) -> None:
    seen = check(response, expect="welcome")

    assert (seen.status, seen.reason) == ("UP", None)


@pytest.mark.parametrize("status", [b"204 No Content", b"205 Reset Content", b"200 OK"])
@pytest.mark.parametrize("field", [b"", b"Content-Length: 0\r\n"])
def test_an_empty_page(status: bytes, field: bytes) -> None:
    assert check(b"HTTP/1.1 " + status + b"\r\n" + field + b"\r\n").reason is None


@pytest.mark.parametrize("field", [b"Content-Length: 55555", b"Transfer-Encoding: chunked"])
def test_a_response_without_a_body_that_announces_one(field: bytes) -> None:
    assert check(b"HTTP/1.1 204 No Content\r\n" + field + b"\r\n\r\n").reason is None


def test_the_limit_applies_to_the_decompressed_size() -> None:
    bomb = page(b"Content-Encoding: gzip", body=gzip.compress(b"x" * 100_000, mtime=0))

    assert check(bomb, expect="welcome").reason == "body larger than 1024 bytes"
    assert check(bomb).reason is None  # what nobody searches is not unpacked


def test_data_after_a_compressed_body_is_ignored() -> None:
    body = gzip.compress(b"page", mtime=0) + b"welcome"

    reason = check(page(b"Content-Encoding: gzip", body=body), expect="welcome").reason
    assert reason == "expected text not found (sent with Content-Encoding gzip)"


@pytest.mark.parametrize(
    ("location", "asked"),
    [
        (b"/a b", b"/a%20b"),
        ("/ä".encode(), b"/%C3%A4"),
        (b"/\xe4?b=\xe4", b"/%E4?b=%E4"),
        (b"/x#\xe4", b"/x"),
        (b"//HOST/x", b"/x"),
        (b"HTTP://HOST/x", b"/x"),
        (b"?x", b"/?x"),
        (b"x/../y", b"/y"),
        (b"./x;y=1", b"/x;y=1"),
        (b"http://HOST", b"/"),
        (b"http://HOST?q", b"/?q"),
        (b"http://HOST#q", b"/"),
        (b" /x ", b"/x"),
        (b"/x%zz", b"/x%zz"),
        (b"/a:b", b"/a:b"),
        (b"x?u=http://a/b", b"/x?u=http://a/b"),
        (b"http:/x", b"/x"),
        (b"http:x", b"/x"),
        (b"/x\ty", b"/xy"),
    ],
)
def test_redirects(location: bytes, asked: bytes) -> None:
    targets: list[bytes] = []

    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        line, host, *_ = request.split(b"\r\n")
        targets.append(line.split(b" ")[1])
        here = location.replace(b"HOST", host.removeprefix(b"Host: "))
        writer.write(page() if len(targets) == 2 else redirect(here))

    seen = check_over_loopback(serve)

    assert (seen.reason, targets[1:]) == (None, [asked])


def test_a_redirect_to_bytes_that_are_not_utf_8() -> None:
    reason = check(redirect(b"http://\xe4/\xe4")).reason or ""

    assert reason.startswith("redirect not followed: invalid host name")
    assert reason.isprintable()


@pytest.mark.parametrize(
    ("host", "ascii_host"),
    [
        ("Grüße.example", "xn--gre-6ka8l.example"),
        ("grüße\u3002example", "xn--gre-6ka8l.example"),  # an ideographic full stop
        ("gru\u0308ße.example", "xn--gre-6ka8l.example"),  # not in normal form
        ("\uff45xample.com", "example.com"),  # full width
        ("[2001:DB8::1]", "2001:db8::1"),
    ],
)
def test_international_host_names(host: str, ascii_host: str) -> None:
    """As browsers read them: https://www.unicode.org/reports/tr46/"""
    assert urls.parse(f"https://{host}/").host == ascii_host


def test_certificates_without_the_extensions_of_rfc_5280() -> None:
    """Browsers do not require them; Python does since 3.13.

    https://docs.python.org/3/library/ssl.html#ssl.create_default_context
    """
    context = trusting_system()

    assert not context.verify_flags & ssl.VERIFY_X509_STRICT
    assert context.options & ssl.OP_LEGACY_SERVER_CONNECT
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
