"""Connections that tests try to make to other machines: none may be tried.

The hook sees what the test's own process does, in which most commands run, too. What LocalStack
tries is recorded by ``tests/extension/live/lifecycle/test_offline.py``.
"""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Targets on other machines, or at addresses of Docker's networks.
ELSEWHERE = ("aws", "docker")

_tried: list[str] = []
_watching = False


def watch() -> None:
    """Deny connections to other machines from now on, in this process."""
    sys.addaudithook(_look)


@contextmanager
def denied() -> Iterator[list[str]]:
    """Deny connections to other machines, and return those that were tried."""
    global _watching
    _tried.clear()
    _watching = True
    try:
        yield _tried
    finally:
        _watching = False


def _look(event: str, arguments: tuple[object, ...]) -> None:
    if not _watching or event != "socket.connect":
        return
    address = arguments[1]
    host = address[0] if isinstance(address, tuple) else "127.0.0.1"  # a socket of this machine
    if not _is_here(str(host)):
        _tried.append(f"{host}:{address[1] if isinstance(address, tuple) else ''}")
        raise PermissionError(f"Tests connect to this machine only, and not to {host}")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"
