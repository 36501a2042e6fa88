"""Files of the journal: ``journal.ndjson`` in LocalStack's log folder, and the previous one.

When the file has reached its limit, it replaces ``journal.ndjson.1``. A thread writes it in
intervals, so that nothing waits for the disk. While the disk is full, entries are written later, if
they are still kept then.
"""

import contextlib
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

from localstack_testbed.journal.journal import Journal

LOG = logging.getLogger(__name__)

NAME = "journal.ndjson"
PAUSE_SECONDS = 0.5


class Writer:
    """Writes a journal to a folder, until it is closed.

    Parameters
    ----------
    limit
        The size in bytes at which a file is rotated.
    """

    def __init__(self, journal: Journal, folder: Path, limit: int) -> None:
        self._journal = journal
        self._file = folder / NAME
        self._limit = limit
        self._position = 0
        self._failing = False
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write the last entries, and stop."""
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        self._attempt(self._begin)
        while not self._closed.wait(PAUSE_SECONDS):
            self._attempt(self._write)
        self._attempt(self._write)

    def _attempt(self, action: Callable[[], None]) -> None:
        """Run an action that is retried later if the disk is full; log its first failure."""
        try:
            action()
        except OSError as error:
            if not self._failing:
                LOG.warning("The journal cannot be written to %s; retrying: %s", self._file, error)
            self._failing = True
        else:
            self._failing = False

    def _begin(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        # Positions restart with each process.
        self._file.write_bytes(b"")

    def _write(self) -> None:
        entries = self._journal.after(self._position)
        if not entries:
            return
        size = self._file.stat().st_size if self._file.exists() else 0
        try:
            with self._file.open("a", encoding="utf-8") as file:
                file.writelines(f"{entry.line}\n" for entry in entries)
        except OSError:
            with contextlib.suppress(OSError):
                os.truncate(self._file, size)  # leave no partial line
            raise
        self._position = entries[-1].position
        if self._file.stat().st_size >= self._limit:
            self._file.replace(self._file.with_name(f"{NAME}.1"))
