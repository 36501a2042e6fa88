"""The names by which clients may call LocalStack.

A page at ``http://attacker.example:4566`` may point its name to 127.0.0.1 once it is loaded (DNS
rebinding). The browser then takes LocalStack for that page's own server, and lets the page read
every response; only the Host header reveals it. So only names are allowed that nobody else can
point to this machine.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable
from functools import lru_cache

LOCALHOST = "localhost"
LOCALSTACK_DOMAIN = "localhost.localstack.cloud"
# The name of the machine inside its containers.
DOCKER_HOST = "host.docker.internal"
# Only AWS controls these. SDKs use them if their calls are redirected to LocalStack.
AWS_DOMAINS = ("amazonaws.com", "amazonaws.com.cn", "api.aws", "on.aws")

_HOST = re.compile(r"(?:\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[a-z0-9_.-]+))(?::\d{0,5})?")


class AllowedHosts:
    """The set of names by which LocalStack may be called.

    Parameters
    ----------
    localstack_host
        LocalStack's name in the URLs that it makes.
    configured
        Names that the user allows; one with a leading dot stands for all names below it.
    custom_domains
        Returns the current custom domain names of API Gateway.
    local_addresses
        Returns the current addresses of this machine.
    """

    def __init__(
        self,
        localstack_host: str,
        configured: Iterable[str],
        custom_domains: Callable[[], Iterable[str]],
        local_addresses: Callable[[], Iterable[str]],
    ) -> None:
        given = {name.lower() for name in configured}
        own = {LOCALHOST, LOCALSTACK_DOMAIN, localstack_host.lower()}
        machine = {socket.gethostname().lower(), DOCKER_HOST}
        self._names = own | machine | {name for name in given if not name.startswith(".")}
        above = own | set(AWS_DOMAINS)
        self._suffixes = (
            *(f".{name}" for name in above),
            *(name for name in given if name.startswith(".")),
        )
        self._custom_domains = custom_domains
        self._local_addresses = local_addresses
        # Almost all requests have the same few hosts.
        self._is_always_allowed = lru_cache(maxsize=256)(self._always_allows)

    def __contains__(self, host: str) -> bool:
        """Return whether a Host header, with or without a port, is allowed."""
        return self._is_always_allowed(host) or self._is_allowed_now(host)

    def _always_allows(self, host: str) -> bool:
        name = name_in(host)
        if name is None:
            return False
        if is_loopback(name):
            return True
        return name in self._names or name.endswith(self._suffixes)

    def _is_allowed_now(self, host: str) -> bool:
        name = name_in(host)
        if name is None:
            return False
        if _address(name) is not None:
            return name in self._local_addresses()
        return name in {domain.lower() for domain in self._custom_domains()}


def name_in(host: str) -> str | None:
    """Return the name or address in a Host header; None if it has neither.

    https://www.rfc-editor.org/rfc/rfc9110#name-host-and-authority
    """
    found = _HOST.fullmatch(host.lower())
    if found is None:
        return None
    if found["address"]:
        return found["address"] if _address(found["address"]) else None
    return found["name"].removesuffix(".")


def is_loopback(name: str) -> bool:
    """Return whether a name is a loopback address."""
    address = _address(name)
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    return address is not None and address.is_loopback


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
