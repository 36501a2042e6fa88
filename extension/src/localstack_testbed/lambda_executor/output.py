"""The standard output and error of a runtime process, as one ordered stream."""

import os
import selectors
import threading
import time
from collections.abc import Iterator

from localstack_testbed.timing.timed_text import Line, milliseconds

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html: an event of
# CloudWatch Logs has at most 256 KB, including 26 bytes of overhead.
EVENT_LIMIT = 256 * 1024 - 26


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
        """Return the lines since the last call, each with the time at which it began.

        An unfinished line counts as a whole one. Invalid UTF-8 is replaced, and lines longer than a
        CloudWatch Logs event are split.
        """
        with self._lock:
            self._read()
            chunks, self._chunks = self._chunks, []
        return [
            Line(when, piece.decode("utf-8", errors="replace"))
            for when, line in _lines(chunks)
            for piece in _pieces(line)
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


def _lines(chunks: list[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Yield the lines in chunks, each with the time of the chunk in which it begins."""
    began, unfinished = 0, [b""]
    for when, chunk in chunks:
        first, *others = chunk.split(b"\n")
        if not any(unfinished):
            began = when
        unfinished.append(first)
        for other in others:
            yield began, b"".join(unfinished)
            began, unfinished = when, [other]
    if any(unfinished):
        yield began, b"".join(unfinished)


def _pieces(line: bytes) -> Iterator[bytes]:
    for start in range(0, max(len(line), 1), EVENT_LIMIT):
        yield line[start : start + EVENT_LIMIT]
