"""URLs of web pages that a check requests."""

import re
import string
from dataclasses import dataclass
from urllib.parse import quote, urljoin

import idna

MAX_LENGTH = 2048
"""The length limit of a URL, the same as in the list of sites."""

_MAX_HOST_LENGTH = 253
_DEFAULT_PORTS = {"http": 80, "https": 443}
# As in sites.schema.json, but with spaces, which some servers send in Location.
_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>[^\x00-\x20\x7f/?#@:\[\]\\]+|\[[0-9A-Fa-f:.]+\])"
    r"(:(?P<port>[0-9]{0,5}))?"
    r"(?P<path>/[^\x00-\x1f\x7f?#]*)?"
    r"(?P<query>\?[^\x00-\x1f\x7f#]*)?"
    r"(#.*)?",
    re.IGNORECASE | re.DOTALL,
)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{0,30}):", re.IGNORECASE)
# Characters that a request line may contain (RFC 3986); "%" because the URL is quoted already.
_SAFE = "".join(set(string.punctuation) - set('"<>\\^`{|}'))


class InvalidURL(Exception):
    """A URL that cannot be requested; the message says why."""


@dataclass(frozen=True, slots=True)
class Url:
    """A URL of a web page.

    ``host`` is an ASCII host name, or an IP address without brackets; ``target`` is the path and
    query in the request line.
    """

    text: str
    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Host and port for the header ``Host``; the scheme's default port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def parse(text: str) -> Url:
    """Return the parts of a URL.

    Raises
    ------
    InvalidURL
        If it is not an HTTP or HTTPS URL, has credentials, or its host or port is invalid.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidURL(f"URL longer than {MAX_LENGTH} characters")
    found = _URL.fullmatch(text)
    if found is None:
        raise InvalidURL(f"invalid URL: {text}")
    scheme = found["scheme"].lower()
    port = int(found["port"] or _DEFAULT_PORTS[scheme])
    if port > 65_535:
        raise InvalidURL(f"invalid port: {port}")
    target = (found["path"] or "/") + (found["query"] or "")
    quoted = quote(target, safe=_SAFE, errors="surrogateescape")
    return Url(text, scheme, _ascii_host(found["host"]), port, quoted)


def follow(base: Url, location: bytes) -> Url:
    """Return the URL in the header ``Location`` of a response from *base*.

    Raises
    ------
    InvalidURL
        If a check does not follow it.
    """
    if len(location) > MAX_LENGTH:
        raise InvalidURL(f"redirect to a URL longer than {MAX_LENGTH} characters")
    # Bytes that are not UTF-8 are sent back unchanged: only the server knows their meaning.
    text = location.decode(errors="surrogateescape")
    scheme = _SCHEME.match(text)
    if scheme and scheme[1].lower() not in _DEFAULT_PORTS:
        raise InvalidURL(f"redirect to {scheme[1]}: not followed")
    try:
        return parse(urljoin(base.text, text))
    except (InvalidURL, ValueError) as error:
        raise InvalidURL(f"redirect not followed: {error}") from None


def _ascii_host(host: str) -> str:
    # First, because encoding takes more than linear time.
    if len(host) > _MAX_HOST_LENGTH:
        raise InvalidURL(f"host name longer than {_MAX_HOST_LENGTH} characters")
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise InvalidURL(f"invalid host name {host}: {error}") from None
    host = host.strip("[]").lower()
    # TLS and resolvers raise different errors for such labels (RFC 1035, 2.3.4).
    if not all(0 < len(label) < 64 for label in host.removesuffix(".").split(".")):
        raise InvalidURL(f"invalid host name {host}")
    return host
