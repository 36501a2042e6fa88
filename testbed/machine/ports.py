"""TCP ports of this machine's loopback address."""

from __future__ import annotations

import contextlib
import secrets
import socket

import psutil

from testbed.errors import PortInUseError

HOST = "127.0.0.1"
# Where LocalStack listens if nothing says otherwise.
DEFAULT_PORT = 4566
_OWN_PORTS = range(20_000, 30_000)


def free_port() -> int:
    """Return LocalStack's usual port, or any free one if that is taken."""
    return DEFAULT_PORT if is_free(DEFAULT_PORT) else random_free_port()


def random_free_port() -> int:
    """Return a free port by chance, so that two processes that choose at once get two.

    It is none of those that the system takes for connections: one of them could be taken until a
    server listens.
    https://docs.kernel.org/networking/ip-sysctl.html (ip_local_port_range)
    """
    while True:
        # Not `random`, which test runs seed alike in all their processes.
        port = secrets.choice(_OWN_PORTS)
        if is_free(port):
            return port


def is_free(port: int) -> bool:
    """Return whether a server can listen on a port."""
    with socket.socket() as probe:
        # As LocalStack binds it: a port whose last connections are closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def listens(pid: int, port: int) -> bool:
    """Return whether it is this process that listens on a port."""
    return any(
        connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,)
        for connection in psutil.Process(pid).net_connections("tcp")
    )


def taken(port: int) -> PortInUseError:
    """Return the error that a port is in use, by whom, and what to do about it."""
    return PortInUseError(
        f"Port {port} on {HOST} is in use{_user_of(port)}.",
        advice="Stop that program, or choose another port with --port.",
    )


def _user_of(port: int) -> str:
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.status != psutil.CONN_LISTEN or not connection.pid:
                continue
            _, used, *_ = connection.laddr or ("", 0)
            if used == port:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    return ""
