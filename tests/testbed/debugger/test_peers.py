"""Which user is at the other end of a connection."""

from __future__ import annotations

import os
import socket

from testbed.debugger.peers import is_of_this_user, owner

# A table of an x86-64 machine, with a listener and the two ends of a connection.
TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:162E 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 31 1
   1: 0100007F:162E 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 32 1
   2: 0100007F:D431 0100007F:162E 01 00000000:00000000 00:00000000 00000000  1001        0 33 1
"""
RELAY, STRANGER = ("127.0.0.1", 5678), ("127.0.0.1", 54321)


def test_owner_of_the_other_end() -> None:
    assert owner(TABLE, STRANGER, RELAY) == 1001


def test_unknown_connection() -> None:
    assert owner(TABLE, ("127.0.0.1", 54322), RELAY) is None


def test_own_connection() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as _,
    ):
        connection, _address = listener.accept()
        with connection:
            assert is_of_this_user(connection)
    assert os.getuid() >= 0
