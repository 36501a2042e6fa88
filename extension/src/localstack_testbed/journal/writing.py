"""The journal's file: ``journal.ndjson`` in LocalStack's folder of logs, and the one before it.

When the file is full it becomes ``journal.ndjson.1``, in place of an earlier one. A thread writes,
now and then, so that nobody who adds an entry waits for a disk.
"""

import logging
import threading
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
        How many bytes a file may have, but for its last entries.
    """

    def __init__(self, journal: Journal, folder: Path, limit: int) -> None:
        self._journal = journal
        self._file = folder / NAME
        self._limit = limit
        self._position = 0
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write the rest."""
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            # The positions in it begin anew with each process.
            self._file.write_bytes(b"")
            while not self._closed.wait(PAUSE_SECONDS):
                self._write()
            self._write()
        except OSError as error:
            LOG.warning("The journal is not written to %s any more: %s", self._file, error)

    def _write(self) -> None:
        entries = self._journal.after(self._position)
        if not entries:
            return
        self._position = entries[-1].position
        with self._file.open("a", encoding="utf-8") as file:
            file.writelines(f"{entry.line}\n" for entry in entries)
            size = file.tell()
        if size >= self._limit:
            self._file.replace(self._file.with_name(f"{NAME}.1"))
