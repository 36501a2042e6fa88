"""The connection between LocalStack and the supervisor.

A message is its length (4 bytes, big endian) and JSON. LocalStack sends commands, with an
environment's number in ``id``: ``start`` (with a file descriptor for the output), ``kill``,
``freeze``, ``thaw``, ``discard`` (a temporary folder), ``compile``. The supervisor sends events:
``ready`` (once), ``started``, ``exited``, ``compiled``.
"""

from __future__ import annotations

import array
import contextlib
import json
import socket
import struct
from typing import Any

Message = dict[str, Any]


class ControlConnection:
    """The supervisor's end of the connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = b""
        self._descriptors: list[int] = []

    def fileno(self) -> int:
        return self._connection.fileno()

    def receive(self) -> list[tuple[Message, int | None]] | None:
        """Read received messages with their file descriptors; None if the connection is closed."""
        descriptors = array.array("i")
        try:
            data, ancillary, _, _ = self._connection.recvmsg(65536, socket.CMSG_SPACE(64))
        except ConnectionError:
            return None
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
        if not data:
            return None
        self._descriptors.extend(descriptors)
        self._buffer += data
        messages = []
        while len(self._buffer) >= 4:
            (length,) = struct.unpack(">I", self._buffer[:4])
            if len(self._buffer) < 4 + length:
                break
            message = json.loads(self._buffer[4 : 4 + length])
            self._buffer = self._buffer[4 + length :]
            descriptor = self._descriptors.pop(0) if message["command"] == "start" else None
            messages.append((message, descriptor))
        return messages

    def send(self, message: Message) -> None:
        data = json.dumps(message).encode()
        with contextlib.suppress(OSError):
            self._connection.sendall(struct.pack(">I", len(data)) + data)

    def close(self) -> None:
        self._connection.close()
