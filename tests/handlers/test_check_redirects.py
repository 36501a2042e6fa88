"""Redirects: which are followed, and how many."""

import asyncio

import pytest
from monitoring.checks import MAX_REDIRECTS

from tests.handlers.serving import (
    LIMIT,
    check,
    check_over_loopback,
    page,
    redirect,
)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_follows_redirects(code: int) -> None:
    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        home = request.startswith(b"GET /a/home?x ")
        writer.write(page(body=b"welcome") if home else redirect(b"../a/home?x#y", f"{code} Moved"))

    assert check_over_loopback(serve, "/b/", expect="welcome").status == "UP"


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
    seen = check(redirect(location))

    assert seen.status == "DOWN"
    assert (seen.reason or "").startswith(reason), seen.reason


def test_a_time_limit_for_all_hops_together() -> None:
    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(LIMIT / 2)  # no hop alone exceeds the limit
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")

    assert check_over_loopback(serve, timeout=LIMIT).reason == f"no answer within {LIMIT} s"
