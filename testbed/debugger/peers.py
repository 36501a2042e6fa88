"""The user at the other end of a TCP connection on this machine."""

from __future__ import annotations

import os
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path

import psutil

_TABLE = Path("/proc/net/tcp")
_ROOT = 0


def is_of_this_user(connection: socket.socket) -> bool:
    """Return whether a process of this user, or of root, is at the other end of a connection.

    On Linux the kernel's table of connections says so; on other systems, the connections of this
    user's own processes do. If it cannot be found out, it is not.
    https://man7.org/linux/man-pages/man5/proc_pid_net.5.html
    """
    peer, here = connection.getpeername(), connection.getsockname()
    if sys.platform.startswith("linux"):
        return owner(_TABLE.read_text(), peer, here) in (os.getuid(), _ROOT)
    return _has_own_process(peer, here)


def owner(table: str, local: tuple[str, int], remote: tuple[str, int]) -> int | None:
    """Return the user id of a socket in the kernel's table, given its addresses, or None."""
    expected = [_hexadecimal(local), _hexadecimal(remote)]
    for line in table.splitlines()[1:]:
        fields = line.split()
        if fields[1:3] == expected:
            return int(fields[7])
    return None


def _hexadecimal(address: tuple[str, int]) -> str:
    host, port = address
    (number,) = struct.unpack("=I", socket.inet_aton(host))
    return f"{number:08X}:{port:04X}"


def _has_own_process(peer: tuple[str, int], here: tuple[str, int]) -> bool:
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.uids().real != os.getuid():
                continue
            for each in process.net_connections("tcp4"):
                if tuple(each.laddr) == peer and tuple(each.raddr) == here:
                    return True
    return False
