"""Requests that a browser sends for a web page of another origin.

Web pages may send requests to any address, and the browser reports their origin. Every origin but
LocalStack's own is foreign, also another port of this machine, where another program may serve
pages. These headers are checked, in this order:

- ``Origin``: https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Origin;
- ``Sec-Fetch-Site``, which all browsers send since March 2023 to hosts that they trust, such as
  127.0.0.1 and localhost: https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header. ``none``
  means that the user typed the address or opened it from another program;
- ``Referer``, unless the page suppresses it.

A browser that sends none of them might load an image of a foreign page. Its requests are accepted
at trusted hosts only: at others, such as http://localhost.localstack.cloud, browsers omit
``Sec-Fetch-Site``. Programs other than browsers send none of these headers, and are never foreign.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from localstack_testbed.access.hosts import LOCALHOST, is_loopback, name_in

ANY = "*"
_OWN_SITES = ("same-origin", "none")
_BROWSER = "Mozilla/"


class Origins:
    """Recognizes requests of foreign pages.

    Parameters
    ----------
    allowed
        Origins whose pages may send requests, such as ``http://localhost:3000``; ``*`` for all.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = {origin.rstrip("/").lower() for origin in allowed}

    def foreign_origin(self, headers: Mapping[str, str]) -> str | None:
        """Return a description of the page that sends a request, if it is foreign; else None."""
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
    """Return the origin of a page's URL; ``null`` if it has none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "null"
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else "null"


def _is_trusted(host: str) -> bool:
    """Return whether browsers send Sec-Fetch-Site to a host without TLS.

    https://www.w3.org/TR/secure-contexts/#is-origin-trustworthy
    """
    name = name_in(host) or ""
    return name == LOCALHOST or name.endswith(f".{LOCALHOST}") or is_loopback(name)
