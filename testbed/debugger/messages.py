"""Messages of the Debug Adapter Protocol.

https://microsoft.github.io/debug-adapter-protocol/overview#base-protocol
"""

from __future__ import annotations

import json
from typing import Any, BinaryIO

Message = dict[str, Any]

_LENGTH = b"content-length"
# Far more than a debugger sends in one message.
_LONGEST = 64 * 1024 * 1024


def read_message(stream: BinaryIO) -> Message | None:
    """Read a message; return None at the end of the stream.

    Raises
    ------
    ValueError
        If it is not a message, for example because a web browser has connected.
    """
    length = 0
    while (line := stream.readline(1024)) not in (b"\r\n", b"\n"):
        if not line:
            return None
        name, colon, value = line.partition(b":")
        if not colon:
            raise ValueError(f"not a header: {line!r}")
        if name.strip().lower() == _LENGTH:
            length = int(value)
    if not 0 < length <= _LONGEST:
        raise ValueError(f"a message of {length} bytes")
    content = stream.read(length)
    if len(content) < length:
        return None
    message = json.loads(content)
    if not isinstance(message, dict):
        raise ValueError("not a JSON object")
    return message


def encode(message: Message) -> bytes:
    """Return a message as it is sent."""
    content = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(content), content)


def request(sequence: int, command: str, arguments: dict[str, Any] | None = None) -> Message:
    """Return a request."""
    made: Message = {"seq": sequence, "type": "request", "command": command}
    return made | ({"arguments": arguments} if arguments is not None else {})


def event(sequence: int, name: str, body: dict[str, Any] | None = None) -> Message:
    """Return an event."""
    made: Message = {"seq": sequence, "type": "event", "event": name}
    return made | ({"body": body} if body is not None else {})


def response(sequence: int, to: Message, *, problem: str | None = None) -> Message:
    """Return the response to a request, or its failure with a problem."""
    made: Message = {
        "seq": sequence,
        "type": "response",
        "request_seq": to.get("seq", 0),
        "command": to.get("command", ""),
        "success": problem is None,
    }
    return made | ({"message": problem} if problem is not None else {})
