"""Keeps a redirect from leading a check from the public internet into the private network.

A site that answers ``Location: http://127.0.0.1:9001/…`` or ``http://169.254.169.254/…`` would
have the monitor talk to its own surroundings. The address is looked at after the connection is
made and before a byte is sent, so a host name cannot resolve to one address for the look and
to another one for the connection.
"""

import ipaddress
from typing import Any

# https://www.encode.io/httpcore/extensions/#trace
_CONNECTED = "connection.connect_tcp.complete"


class Refused(Exception):
    """A redirect led from a public to an internal address."""


def is_internal(address: str) -> bool:
    """Whether an IP address is loopback, private, link-local or otherwise not of the internet."""
    return not ipaddress.ip_address(address.partition("%")[0]).is_global


class RedirectGuard:
    """Judges the connections of one check; the first one is to the configured site itself.

    Use as the ``trace`` extension of the check's requests. A site that is configured at an
    internal address may redirect to internal addresses.
    """

    def __init__(self) -> None:
        self._may_be_internal: bool | None = None

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        if event != _CONNECTED:
            return
        stream = info["return_value"]
        address = stream.get_extra_info("server_addr")[0]
        internal = is_internal(address)
        if self._may_be_internal is None:
            self._may_be_internal = internal
        if internal and not self._may_be_internal:
            await stream.aclose()
            raise Refused(f"redirect to the internal address {address} refused")
