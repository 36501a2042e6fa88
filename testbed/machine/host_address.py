"""Addresses at which functions reach servers on this machine, such as test websites."""

from __future__ import annotations

import socket
from dataclasses import dataclass


@dataclass(frozen=True)
class HostAddress:
    """An address of this machine.

    Parameters
    ----------
    listen
        The address on which a server has to listen.
    name
        The host name that functions use in URLs.
    """

    listen: str
    name: str


LOOPBACK = HostAddress(listen="127.0.0.1", name="127.0.0.1")


def is_ours(address: str) -> bool:
    """Return whether a server on this machine can listen on an IPv4 address."""
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
