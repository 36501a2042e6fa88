"""Requests that a browser sends for a page of another origin.

A page may send requests to any address; its origin is what the browser says it is. Everything that
is not LocalStack's own origin is foreign, also another port of this machine, on which another
program may serve pages. In this order, what the browser says is:

- ``Origin``: https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Origin;
- ``Sec-Fetch-Site``, of all browsers since March 2023, for the names that they trust, such as
  127.0.0.1 and localhost: https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header. ``none`` is
  what the user has typed or opened from another program;
- ``Referer``, if the page does not suppress it.

A browser that says none of these cannot be told from one that loads a foreign page's image. By a
name at which browsers leave ``Sec-Fetch-Site`` out, such as http://localhost.localstack.cloud,
its requests are foreign. Programs other than browsers send none of this, and are never foreign.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from localstack_testbed.access.hosts import LOCALHOST, is_loopback, name_in

ANY = "*"
_OWN_SITES = ("same-origin", "none")
_BROWSER = "Mozilla/"


class Origins:
    """Tells requests of foreign pages from all others.

    Parameters
    ----------
    allowed
        Origins whose pages may send requests, such as ``http://localhost:3000``; ``*`` for all.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = {origin.rstrip("/").lower() for origin in allowed}

    def foreign_origin(self, headers: Mapping[str, str]) -> str | None:
        """Return who sends a request, in words, if it is a foreign page; otherwise None."""
        origin = headers.get("Origin")
        if origin is not None:
            return None if self._is_allowed(origin, headers) else f"a page at {origin[:200]}"
        site = headers.get("Sec-Fetch-Site")
        if site is not None:
            return None if site in _OWN_SITES or ANY in self._allowed else f"a page ({site[:20]})"
        referer = headers.get("Referer")
        if referer is not None:
            origin = origin_of(referer)
            return None if self._is_allowed(origin, headers) else f"a page at {origin[:200]}"
        if (headers.get("User-Agent") or "").startswith(_BROWSER):
            trusted = _is_trusted(headers.get("Host") or "") or ANY in self._allowed
            return None if trusted else "a browser that does not say for which page"
        return None

    def _is_allowed(self, origin: str, headers: Mapping[str, str]) -> bool:
        origin = origin.lower()
        scheme, _, host = origin.partition("://")
        own = scheme in ("http", "https") and host == (headers.get("Host") or "").lower()
        return own or origin in self._allowed or ANY in self._allowed


def origin_of(url: str) -> str:
    """Return the origin of a page's URL, ``null`` if it has none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "null"
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else "null"


def _is_trusted(host: str) -> bool:
    """Tell whether browsers send Sec-Fetch-Site to a host without TLS.

    https://www.w3.org/TR/secure-contexts/#is-origin-trustworthy
    """
    name = name_in(host) or ""
    return name == LOCALHOST or name.endswith(f".{LOCALHOST}") or is_loopback(name)
