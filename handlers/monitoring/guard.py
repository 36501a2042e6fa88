"""Protection against websites that redirect a check into the internal network (SSRF).

A site that redirects to ``http://127.0.0.1:9001/…`` or ``http://169.254.169.254/…``, or whose name
resolves to such an address after a redirect, would make the monitor call its own network.
Addresses are judged after the host name is resolved and before a connection is made, and the
connection goes to the address that was judged. So a name cannot resolve to one address for the
decision and to another for the connection.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# https://www.iana.org/assignments/iana-ipv4-special-registry and
# https://www.iana.org/assignments/iana-ipv6-special-registry: what `is_global` does not exclude.
_INTERNAL_IPV4 = (
    IPv4Network("192.0.0.0/24"),  # IETF protocol assignments, including the global ones
    IPv4Network("192.88.99.0/24"),  # relays of 6to4, deprecated by RFC 7526
    IPv4Network("224.0.0.0/4"),  # multicast
)
_INTERNAL_IPV6 = (
    IPv6Network("2001::/23"),  # IETF protocol assignments
    IPv6Network("3fff::/20"),  # documentation, RFC 9637
)
# All of global unicast. It excludes fec0::/10 (site-local), multicast and others.
_GLOBAL_UNICAST = IPv6Network("2000::/3")

# The last 32 bits of these are an IPv4 address.
_IPV4_IN_IPV6 = (
    IPv6Network("::/96"),  # IPv4-compatible, RFC 4291
    IPv6Network("::ffff:0:0/96"),  # IPv4-mapped, RFC 4291
    IPv6Network("::ffff:0:0:0/96"),  # IPv4-translated, RFC 2765
    IPv6Network("64:ff9b::/96"),  # NAT64, RFC 6052
)


class InternalAddress(Exception):
    """A public site redirected to an internal address."""


def is_internal(address: str) -> bool:
    """Return whether an IP address is loopback, private, link-local or otherwise not public.

    An IPv6 address that embeds an internal IPv4 address (mapped, NAT64, 6to4, Teredo and others) is
    internal, because a gateway may deliver to that.

    Parameters
    ----------
    address
        An IPv4 or IPv6 address, which may have a scope id (``fe80::1%eth0``).

    Raises
    ------
    ValueError
        If *address* is not an IP address.
    """
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv4Address):
        return _is_internal_ipv4(parsed)
    if embedded := _embedded(parsed):
        return any(_is_internal_ipv4(each) for each in embedded)
    return (
        parsed not in _GLOBAL_UNICAST
        or not parsed.is_global
        or any(parsed in network for network in _INTERNAL_IPV6)
    )


class AddressGuard:
    """Selects the addresses that each hop of one check may connect to.

    The configured site may have an internal address, and may redirect within the internal network.
    After a hop to a public address, only public addresses are allowed, whatever came before:
    otherwise a public site could get inside by resolving to an internal address once.
    """

    def __init__(self) -> None:
        self._internal_allowed = True

    def select(self, addresses: Sequence[str]) -> list[str]:
        """Return the allowed ones of the addresses of the next hop's host name.

        They are either all public or all internal; public ones are preferred.

        Raises
        ------
        InternalAddress
            If all are internal, and the hop before this one was public.
        """
        public = [address for address in addresses if not is_internal(address)]
        if addresses and not public and not self._internal_allowed:
            raise InternalAddress(f"redirect to the internal address {addresses[0]} not followed")
        self._internal_allowed = not public
        return public or list(addresses)


def _is_internal_ipv4(address: IPv4Address) -> bool:
    return not address.is_global or any(address in network for network in _INTERNAL_IPV4)


def _embedded(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """Return the IPv4 addresses that an IPv6 address embeds."""
    if address.teredo:
        return address.teredo
    if address.sixtofour:
        return (address.sixtofour,)
    if any(address in network for network in _IPV4_IN_IPV6):
        return (IPv4Address(address.packed[-4:]),)
    return ()
