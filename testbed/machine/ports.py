"""TCP ports on 127.0.0.1."""

from __future__ import annotations

import contextlib
import secrets
import socket

import psutil

from testbed.errors import PortInUseError

HOST = "127.0.0.1"
# LocalStack's default.
DEFAULT_PORT = 4566
_OWN_PORTS = range(20_000, 30_000)


def free_port() -> int:
    """Return LocalStack's default port, or any free port if that is in use."""
    return DEFAULT_PORT if is_free(DEFAULT_PORT) else random_free_port()


def random_free_port() -> int:
    """Return a random free port, so that two processes at the same time get different ones.

    It is outside of the range from which the system takes ports for outgoing connections, which
    could take it before the server listens.
    https://docs.kernel.org/networking/ip-sysctl.html (ip_local_port_range)
    """
    while True:
        # Not `random`: pytest-randomly seeds it equally in all processes of a test run.
        port = secrets.choice(_OWN_PORTS)
        if is_free(port):
            return port


def is_free(port: int) -> bool:
    """Return whether a server can listen on a port."""
    with socket.socket() as probe:
        # As LocalStack does: a port whose last connections are being closed is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def listens(pid: int, port: int) -> bool:
    """Return whether the process with this id listens on a port."""
    return any(
        connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,)
        for connection in psutil.Process(pid).net_connections("tcp")
    )


def taken(port: int) -> PortInUseError:
    """Return the error that a port is in use, with the program that uses it if that is known."""
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
