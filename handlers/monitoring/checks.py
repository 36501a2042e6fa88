"""One look at one website."""

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Literal

import httpx

from monitoring.guard import RedirectGuard, Refused
from monitoring.sites import Site
from monitoring.times import now, timestamp
from monitoring.wording import describe_connection, one_line

type Status = Literal["UP", "DOWN"]

MAX_REDIRECTS = 5

_HEADERS = {
    "User-Agent": "website-monitor/1.0",
    "Accept": "*/*",
    # What arrives is searched as it is: nothing is unpacked, so no small body becomes a huge one.
    "Accept-Encoding": "identity",
    "Connection": "close",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one look found.

    ``at`` is when it began (later looks began later, however long each took), ``latency_ms`` how
    long it took, ``http_status`` the last response's code, ``reason`` why the site is down.
    """

    status: Status
    at: str
    latency_ms: int
    http_status: int | None = None
    reason: str | None = None


class Failed(Exception):
    """A response does not fulfil what the site is asked for."""


class Checker:
    """Looks at websites, each with connections of its own.

    Parameters
    ----------
    transport
        Makes the way to the network for one check.
    clock
        Tells the present moment.
    """

    def __init__(
        self,
        transport: Callable[[], httpx.AsyncBaseTransport] | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._transport = transport or _direct_transports()
        self._clock = clock

    async def observe(self, site: Site) -> Observation:
        """Look at *site*; whatever it does, the answer comes within its time limit."""
        at = timestamp(self._clock())
        begin = time.monotonic()
        response: list[int] = []
        reason = None
        limit = asyncio.timeout(site.timeout)
        try:
            async with limit, self._client() as client:
                await _fetch(client, site, response)
        except (Failed, Refused) as error:
            reason = str(error)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, ExceptionGroup) as error:
            late = f"no answer within {site.timeout:g} s"
            reason = late if limit.expired() else describe_connection(error)
        return Observation(
            status="DOWN" if reason else "UP",
            at=at,
            latency_ms=round(1000 * (time.monotonic() - begin)),
            http_status=response[-1] if response else None,
            reason=reason,
        )

    def _client(self) -> httpx.AsyncClient:
        # trust_env: no proxy and no .netrc of the environment. The time limit is the whole check's.
        return httpx.AsyncClient(
            transport=self._transport(),
            headers=_HEADERS,
            timeout=httpx.Timeout(None),
            trust_env=False,
        )


def _direct_transports() -> Callable[[], httpx.AsyncBaseTransport]:
    """Each check connects anew: a connection that another site opened has passed no guard."""
    context = ssl.create_default_context()
    return lambda: httpx.AsyncHTTPTransport(verify=context, trust_env=False)


async def _fetch(client: httpx.AsyncClient, site: Site, codes: list[int]) -> None:
    """Get the page, noting the code of each response; raises when it is not as it should be."""
    request = client.build_request("GET", site.url, extensions={"trace": RedirectGuard()})
    for _ in range(1 + MAX_REDIRECTS):
        response = await client.send(request, stream=True)
        try:
            codes.append(response.status_code)
            if response.next_request is None:
                await _judge(response, site)
                return
            request = response.next_request
        finally:
            # The body of a redirect is not read: it may be endless.
            await response.aclose()
        if request.url.scheme not in ("http", "https"):
            raise Failed(one_line(f"redirect to {request.url.scheme}: not followed"))
    raise Failed(f"more than {MAX_REDIRECTS} redirects")


async def _judge(response: httpx.Response, site: Site) -> None:
    if not response.is_success:
        raise Failed(f"HTTP {_named(response.status_code)}")
    body = await _body(response, site.max_bytes)
    if site.expect is not None and _encoded(site.expect, response) not in body:
        encoding = response.headers.get("Content-Encoding", "identity")
        # Some servers pack the body although they were asked not to.
        packed = "" if encoding == "identity" else f" (sent with Content-Encoding {encoding})"
        raise Failed(one_line(f"expected text not found{packed}"))


async def _body(response: httpx.Response, limit: int) -> bytes:
    announced = response.headers.get("Content-Length", "")
    body = bytearray()
    if not (announced.isdecimal() and len(announced) < 20 and int(announced) > limit):
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > limit:
                break
        else:
            return bytes(body)
    raise Failed(f"body larger than {limit} bytes")


def _encoded(text: str, response: httpx.Response) -> bytes:
    """Write *text* as the page does.

    The operator's text is encoded rather than the stranger's page decoded: some codecs that a
    page may name take quadratic time.
    """
    try:
        return text.encode(response.charset_encoding or "utf-8")
    except (LookupError, ValueError):
        return text.encode()


def _named(code: int) -> str:
    """The code with its standard phrase; the server's own may say anything."""
    try:
        return f"{code} {HTTPStatus(code).phrase}"
    except ValueError:
        return str(code)
