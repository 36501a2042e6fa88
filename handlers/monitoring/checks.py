"""Check of one website."""

import asyncio
import re
import ssl
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Literal

from aws_lambda_powertools import Logger

from monitoring import urls
from monitoring.connections import TooMuchOverhead, connect, trusting_system
from monitoring.guard import AddressGuard, InternalAddress
from monitoring.responses import Exchange, Head, InvalidResponse
from monitoring.sites import Site
from monitoring.times import now, timestamp
from monitoring.wording import describe_connection, one_line

logger = Logger(child=True)

type Status = Literal["UP", "DOWN"]

MAX_REDIRECTS = 5

_REDIRECTS = (301, 302, 303, 307, 308)

# Our own pattern, applied to a limited part of the header: common parsers of Content-Type take
# quadratic time for some values, and raise various errors for others.
_CHARSET = re.compile(rb";[ \t]*charset=[\"']?([a-z0-9_.:-]{1,40})")
_CONTENT_TYPE_LENGTH = 256
# Content-Encoding of stored files. Some servers (such as S3) send it although it is not accepted.
_ZLIB = (b"gzip", b"x-gzip", b"deflate")
# Those of Python's codecs that the web uses: https://encoding.spec.whatwg.org/#names-and-labels
_CODECS = re.compile(
    r"utf-?8|utf-16[lb]e|(us-)?ascii|iso-?8859-?\d{1,2}|latin-?\d|(windows-|cp)125\d|koi8-[ru]"
    r"|shift[_-]jis|euc-(jp|kr)|iso-2022-jp|gb2312|gbk|gb18030|big5(-hkscs)?|macintosh|windows-874"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The result of one check.

    ``at`` is when the response was complete or the check gave up, ``latency_ms`` how long the check
    took, ``http_status`` the status code of the last response, ``reason`` why the site is down.
    """

    status: Status
    at: str
    latency_ms: int
    http_status: int | None = None
    reason: str | None = None


class CheckFailed(Exception):
    """A response does not meet the requirements of the site."""


# Failures of a site, as opposed to a bug; the message is the reason why the site is down.
_REASONS = (CheckFailed, InternalAddress, InvalidResponse, TooMuchOverhead, urls.InvalidURL)


class Checker:
    """Checks websites, each over its own connections.

    Parameters
    ----------
    tls
        The TLS context; by default one that trusts the certificates that the system trusts.
    clock
        Returns the current time.
    """

    def __init__(
        self, tls: ssl.SSLContext | None = None, clock: Callable[[], datetime] = now
    ) -> None:
        self._tls = tls or trusting_system()
        self._clock = clock

    async def check(self, site: Site) -> CheckResult:
        """Check *site*, within its time limit whatever the site does."""
        begin = time.monotonic()
        response: list[int] = []
        reason = None
        limit = asyncio.timeout(site.timeout)
        try:
            async with limit:
                await self._fetch(site, response)
        except _REASONS as error:
            reason = one_line(str(error))
        except OSError as error:
            late = f"no answer within {site.timeout:g} s"
            reason = late if limit.expired() else describe_connection(error)
        except Exception as error:
            # A bug in the check must not hide an outage of this site or of others.
            logger.exception("check failed unexpectedly", site=site.name)
            reason = one_line(f"unexpected {type(error).__name__}: {error}")
        return CheckResult(
            status="UP" if reason is None else "DOWN",
            at=timestamp(self._clock()),
            latency_ms=round(1000 * (time.monotonic() - begin)),
            http_status=response[-1] if response else None,
            reason=reason,
        )

    async def _fetch(self, site: Site, codes: list[int]) -> None:
        """Request the page, and append the status code of each response; raise if it fails."""
        url = urls.parse(site.url)
        guard = AddressGuard()
        for _ in range(1 + MAX_REDIRECTS):
            async with connect(url, guard, self._tls) as connection:
                exchange = Exchange(connection)
                head = await exchange.request(url)
                codes.append(head.status)
                location = head.field(b"location") if head.status in _REDIRECTS else None
                if location is None:
                    await _judge(exchange, head, site)
                    return
                # The body of a redirect is not read: it may be endless.
            url = urls.follow(url, location)
        raise CheckFailed(f"more than {MAX_REDIRECTS} redirects")


async def _judge(exchange: Exchange, head: Head, site: Site) -> None:
    if not 200 <= head.status <= 299:
        raise CheckFailed(f"HTTP {_with_phrase(head.status)}")
    encoding = (head.field(b"content-encoding") or b"identity").lower()
    page = _Page(site.max_bytes, _encoded(site.expect or "", head), packed=encoding in _ZLIB)
    page.announced(head.length)
    await exchange.body(head, page.receive)
    if not page.found:
        # Some servers compress the body although they were asked not to.
        compressed = f" (sent with Content-Encoding {encoding.decode('latin-1')})"
        raise CheckFailed(f"expected text not found{'' if encoding == b'identity' else compressed}")


class _Page:
    """Searches a body for a text while it arrives, in constant memory."""

    def __init__(self, limit: int, text: bytes, *, packed: bool) -> None:
        self._limit = limit
        self._unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32) if packed else None
        self._unpacked = 0
        self._received = 0
        self._text = text
        self._tail = b""
        self.found = not text

    def announced(self, length: int | None) -> None:
        """Reject a body of this length if it is above the limit."""
        if length is not None and length > self._limit:
            raise CheckFailed(f"body larger than {self._limit} bytes")

    def receive(self, piece: bytes) -> None:
        """Take the next piece of the body."""
        self._received += len(piece)
        self.announced(self._received)
        if not self.found:
            window = self._tail + self._plain(piece)
            self.found = self._text in window
            self._tail = window[max(0, len(window) - len(self._text) + 1) :]

    def _plain(self, piece: bytes) -> bytes:
        """Decompress *piece*, but no more of the whole body than its limit."""
        if self._unpacker is None:
            return piece
        if self._unpacker.eof:  # It would keep any data after the end, in quadratic time.
            return b""
        try:
            plain = self._unpacker.decompress(piece, self._limit - self._unpacked + 1)
        except zlib.error:
            self._unpacker = None  # The body is not compressed, contrary to its header.
            return piece
        self._unpacked += len(plain)
        self.announced(self._unpacked)
        return plain


def _encoded(text: str, head: Head) -> bytes:
    """Encode *text* with the character encoding of the page.

    The expected text is encoded rather than the page decoded: some codecs that a page may name take
    quadratic time.
    """
    content_type = (head.field(b"content-type") or b"")[:_CONTENT_TYPE_LENGTH].lower()
    found = _CHARSET.search(content_type)
    charset = found[1].decode("ascii") if found else ""
    try:
        return text.encode(charset if _CODECS.fullmatch(charset) else "utf-8")
    except (LookupError, ValueError):
        return text.encode()


def _with_phrase(code: int) -> str:
    """Return the status code with its standard phrase; the server's own phrase is not trusted."""
    try:
        return f"{code} {HTTPStatus(code).phrase}"
    except ValueError:
        return str(code)
