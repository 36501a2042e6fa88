"""The standard output and error of a runtime process, as one ordered stream."""

import os
import selectors
import threading

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html: an event of
# CloudWatch Logs has at most 256 KB, including 26 bytes of overhead.
EVENT_LIMIT = 256 * 1024 - 26


class OutputStream:
    """Collects output immediately, so that the process never blocks on a full pipe."""

    def __init__(self) -> None:
        self._reader, self.writer = os.pipe()
        os.set_blocking(self._reader, False)
        self._lock = threading.Lock()
        self._chunks: list[bytes] = []
        self._open = True
        threading.Thread(target=self._collect, name="lambda-output", daemon=True).start()

    def close_writer(self) -> None:
        """Close our copy of the write end, so that the stream ends with the process."""
        os.close(self.writer)

    def take(self) -> str:
        """Return the output since the last call, as whole lines.

        Invalid UTF-8 is replaced, and lines longer than a CloudWatch Logs event are split.
        """
        with self._lock:
            self._read()
            content = b"".join(self._chunks)
            self._chunks.clear()
        text = content.decode("utf-8", errors="replace")
        if text and not text.endswith("\n"):
            text += "\n"
        if len(content) > EVENT_LIMIT:
            text = "".join(_cut(line) for line in text.splitlines(keepends=True))
        return text

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
                self._chunks.append(chunk)
            else:
                self._open = False


def _cut(line: str) -> str:
    if len(line) <= EVENT_LIMIT // 4:
        return line
    data = line.removesuffix("\n").encode()
    pieces = [data[start : start + EVENT_LIMIT] for start in range(0, len(data), EVENT_LIMIT)]
    return "".join(piece.decode("utf-8", errors="replace") + "\n" for piece in pieces)
