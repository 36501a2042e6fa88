"""The standard output and error of a runtime process, as one ordered stream.

Between what a function prints, the runtime writes frames: messages of Python's logging and errors,
each of which is one log event, however many lines it has. A frame is 4 bytes with its type, 4 with
the length of the message, 8 with its time, and the message; numbers are big-endian. The first bytes
of the type cannot be in text in UTF-8.
https://github.com/aws/aws-lambda-python-runtime-interface-client (``FramedTelemetryLogSink``)
"""

import os
import selectors
import threading
import time
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from localstack_testbed.timing.timed_text import Line, milliseconds

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html: an event of
# CloudWatch Logs has at most 256 KB, including 26 bytes of overhead.
EVENT_LIMIT = 256 * 1024 - 26

_FRAME = b"\xa5\x5a\x00"
_HEADER = 16
# Old runtimes write frames without times.
_UNTIMED = b"\x01"
_UNTIMED_HEADER = 8


class OutputStream:
    """Collects output immediately, so that the process never blocks on a full pipe."""

    def __init__(self) -> None:
        self._reader, self.writer = os.pipe()
        os.set_blocking(self._reader, False)
        self._lock = threading.Lock()
        self._chunks: list[tuple[int, bytes]] = []
        self._open = True
        threading.Thread(target=self._collect, name="lambda-output", daemon=True).start()

    def close_writer(self) -> None:
        """Close our copy of the write end, so that the stream ends with the process."""
        os.close(self.writer)

    def take(self) -> list[Line]:
        """Return the lines since the last call, and the messages in frames, with their times.

        An unfinished line counts as a whole one. Invalid UTF-8 is replaced, and texts longer than a
        CloudWatch Logs event are split.
        """
        with self._lock:
            self._read()
            chunks, self._chunks = self._chunks, []
        return [
            Line(when, piece.decode("utf-8", errors="replace"))
            for when, text in _events(chunks)
            for piece in _pieces(text)
        ]

    def _collect(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._reader, selectors.EVENT_READ)
            while self._open:
                selector.select()
                with self._lock:
                    self._read()
        os.close(self._reader)

    def _read(self) -> None:
        while self._open:
            try:
                chunk = os.read(self._reader, 1 << 20)
            except BlockingIOError:
                return
            if chunk:
                self._chunks.append((milliseconds(time.time()), chunk))
            else:
                self._open = False


def _events(chunks: list[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Yield lines and messages, each with the time of the chunk in which it begins."""
    content = b"".join(chunk for _, chunk in chunks)
    ends = list(accumulate(len(chunk) for _, chunk in chunks))

    def time_at(position: int) -> int:
        return chunks[bisect_right(ends, position)][0]

    position = 0
    while position < len(content):
        frame = content.find(_FRAME, position)
        end = len(content) if frame < 0 else frame
        for line in content[position:end].split(b"\n"):
            if position < end:  # what follows the last line break is no line
                yield time_at(position), line
            position += len(line) + 1
        position = end
        if frame >= 0:
            header = _UNTIMED_HEADER if content[frame + 3 : frame + 4] == _UNTIMED else _HEADER
            length = int.from_bytes(content[frame + 4 : frame + 8], "big")
            position = frame + header + length
            yield time_at(frame), content[frame + header : position].removesuffix(b"\n")


def _pieces(line: bytes) -> Iterator[bytes]:
    for start in range(0, max(len(line), 1), EVENT_LIMIT):
        yield line[start : start + EVENT_LIMIT]
