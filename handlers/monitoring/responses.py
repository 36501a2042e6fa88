"""HTTP/1.1 responses (RFC 9112) from servers that are not trusted.

Common HTTP libraries spend quadratic time on some headers, or much time on each of a million tiny
chunks, while all other checks wait. Here every step takes linear time, and everything that arrives
is limited. Only the header fields that checks need are interpreted. What browsers accept is
accepted: a site that people can use is not down.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from monitoring.connections import Connection
from monitoring.urls import Url

MAX_HEAD = 65_536
"""The limit of a response before its body, in bytes."""

MAX_FIELDS = 256
"""The limit of header fields."""

MAX_INFORMATIONAL = 8
"""The limit of 1xx responses (RFC 9110, 15.2) before the final one."""

MAX_CHUNK_LINE = 1024
"""The limit of the line before a chunk, with its extensions, in bytes."""

FREE_CHUNKS = 1024
MIN_CHUNK = 64
"""The least average size of the chunks after the first ``FREE_CHUNKS``, in bytes."""

_REQUEST = (
    "GET {target} HTTP/1.1\r\n"
    "Host: {authority}\r\n"
    "User-Agent: website-monitor/1.0\r\n"
    "Accept: */*\r\n"
    # The body is searched as it arrives: a small one cannot expand to a huge one.
    "Accept-Encoding: identity\r\n"
    "Connection: close\r\n"
    "\r\n"
)
_HEAD_END = re.compile(rb"\n\r?\n")
_FOLD = re.compile(rb"\r?\n[ \t]+")
# Some servers send HTTP/2, or more than one space.
_STATUS_LINE = re.compile(rb"(?i:HTTP)/[0-9](?:\.[0-9])? {1,8}([1-9][0-9]{2})(?: [^\x00]*)?")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LENGTH = re.compile(rb"[0-9]{1,19}")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")


class InvalidResponse(Exception):
    """A response is malformed or incomplete; the message says why."""


@dataclass(frozen=True, slots=True)
class Head:
    """The status code and header fields of a response; names are in lower case."""

    status: int
    fields: dict[bytes, list[bytes]]

    def field(self, name: bytes) -> bytes | None:
        """Return the value of a field, the first if there are several, or None."""
        values = self.fields.get(name)
        return values[0] if values else None

    @property
    def chunked(self) -> bool:
        """Whether the body is chunked. Other codings, such as "identity", do not frame it."""
        codings = b",".join(self.fields.get(b"transfer-encoding", [])).lower().split(b",")
        return b"chunked" in (coding.strip() for coding in codings)

    @property
    def has_body(self) -> bool:
        """Whether a body follows, regardless of the header fields (RFC 9112, 6.3)."""
        return self.status not in (204, 304)

    @property
    def length(self) -> int | None:
        """The Content-Length in bytes; None if there is none or it does not apply.

        Raises
        ------
        InvalidResponse
            If it is not a number, or has several values.
        """
        values = b",".join(self.fields.get(b"content-length", []))
        if not values or self.chunked or not self.has_body:
            return None
        lengths = {value.strip() for value in values.split(b",")}
        if len(lengths) > 1:
            raise InvalidResponse("conflicting Content-Length headers")
        length = lengths.pop()
        if not _LENGTH.fullmatch(length):
            raise InvalidResponse(f"invalid Content-Length {_shown(length)}")
        return int(length)


class Exchange:
    """One request on a connection, and the response to it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._buffer = bytearray()
        self._broken: ConnectionError | None = None

    async def request(self, url: Url) -> Head:
        """Request a page, and return the head of the response.

        Raises
        ------
        InvalidResponse
            If the answer is not an HTTP response.
        OSError
            If the connection breaks.
        """
        request = _REQUEST.format(target=url.target, authority=url.authority)
        try:
            await self._connection.send(request.encode("ascii"))
        except ConnectionError as error:
            # A server may answer and close before it has read the request.
            self._broken = error
        for _ in range(1 + MAX_INFORMATIONAL):
            head = _parse(await self._head())
            # After 101, the connection no longer carries HTTP.
            if head.status >= 200 or head.status == 101:
                return head
        raise InvalidResponse(f"more than {MAX_INFORMATIONAL} informational responses")

    async def body(self, head: Head, receive: Callable[[bytes], None]) -> None:
        """Read the body, and pass it to *receive* piece by piece.

        Raises
        ------
        InvalidResponse
            If the body is malformed or ends early.
        OSError
            If the connection breaks.
        Exception
            Whatever *receive* raises.
        """
        if not head.has_body:
            return
        if head.chunked:
            await self._chunks(receive)
        elif (length := head.length) is not None:
            await self._exactly(length, receive)
        else:
            while self._buffer or await self._more():
                self._hand_over(len(self._buffer), receive)

    async def _head(self) -> bytes:
        start = 0
        while (end := _HEAD_END.search(self._buffer, start)) is None:
            if not b"HTTP/".startswith(self._buffer[:5].upper()):
                raise InvalidResponse(f"no HTTP response: {_shown(self._buffer)}")
            if len(self._buffer) > MAX_HEAD:
                break
            start = max(0, len(self._buffer) - 2)
            if not await self._more():
                raise InvalidResponse(
                    "connection closed within the headers"
                    if self._buffer
                    else "connection closed without a response"
                )
        if end is None or end.end() > MAX_HEAD:
            raise InvalidResponse(f"headers larger than {MAX_HEAD} bytes")
        return self._take(end.end())

    async def _chunks(self, receive: Callable[[bytes], None]) -> None:
        count = received = 0
        # The body is complete with the last chunk: trailers are not read.
        while size := await self._chunk_size():
            await self._exactly(size, receive)
            if await self._line():
                raise InvalidResponse("malformed chunk")
            count += 1
            received += size
            if count > FREE_CHUNKS + received // MIN_CHUNK:
                raise InvalidResponse(f"body of {received} bytes in {count} chunks")

    async def _chunk_size(self) -> int:
        digits = (await self._line()).partition(b";")[0].strip(b" \t")
        if not _CHUNK_SIZE.fullmatch(digits):
            raise InvalidResponse(f"invalid size of a chunk: {_shown(digits)}")
        return int(digits, 16)

    async def _line(self) -> bytes:
        start = 0
        while (end := self._buffer.find(b"\n", start)) < 0 and len(self._buffer) < MAX_CHUNK_LINE:
            start = len(self._buffer)
            if not await self._more():
                raise InvalidResponse("connection closed within the body")
        if not 0 <= end < MAX_CHUNK_LINE:
            raise InvalidResponse("malformed chunk")
        return self._take(end + 1)[:-1].removesuffix(b"\r")

    async def _exactly(self, length: int, receive: Callable[[bytes], None]) -> None:
        left = length
        while left:
            if not self._buffer and not await self._more():
                raise InvalidResponse(
                    f"connection closed after {length - left} of {length} bytes of the body"
                )
            left -= self._hand_over(min(left, len(self._buffer)), receive)

    def _hand_over(self, size: int, receive: Callable[[bytes], None]) -> int:
        # Twice the size, so that the usual framing of a large body does not use up the overhead.
        self._connection.budget += 2 * size
        receive(self._take(size))
        return size

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    async def _more(self) -> bool:
        data = await self._connection.receive()
        if self._broken and not data:
            # The system reports the error only once; then the connection seems to end normally.
            raise self._broken
        self._buffer += data
        return bool(data)


def _parse(head: bytes) -> Head:
    lines = _FOLD.sub(b" ", head).rstrip(b"\r\n").split(b"\n")
    status = _STATUS_LINE.fullmatch(lines[0].removesuffix(b"\r"))
    if status is None:
        raise InvalidResponse(f"no HTTP response: {_shown(lines[0])}")
    if len(lines) > 1 + MAX_FIELDS:
        raise InvalidResponse(f"more than {MAX_FIELDS} header fields")
    fields: dict[bytes, list[bytes]] = {}
    for line in lines[1:]:
        if b"\0" in line:
            raise InvalidResponse(f"invalid header line: {_shown(line)}")
        name, colon, value = line.partition(b":")
        name = name.rstrip(b" \t")
        # Like browsers, ignore lines that are not header fields.
        if colon and _NAME.fullmatch(name):
            fields.setdefault(name.lower(), []).append(value.strip(b" \t\r"))
    return Head(int(status[1]), fields)


def _shown(data: bytes | bytearray) -> str:
    return repr(bytes(data[:60]))[1:]
