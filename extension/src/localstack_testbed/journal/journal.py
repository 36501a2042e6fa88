"""The journal in memory: the last N entries, and waiting for new ones."""

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Collection
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

LOG = logging.getLogger(__name__)

TEXT_LIMIT = 1000
"""The number of characters after which a text in an entry is cut off."""


class Entry(NamedTuple):
    """An entry; ``line`` is the whole entry as one line of JSON."""

    position: int
    kind: str
    line: str


class Journal:
    """The last entries, in the order in which they were added: what takes time, when it ends.

    Parameters
    ----------
    limit
        The number of entries that are kept.
    """

    def __init__(self, limit: int) -> None:
        self.position = 0
        self._entries: deque[Entry] = deque(maxlen=limit)
        self._changed = threading.Condition()
        self._waiting = 0
        self._closed = False

    def add(self, kind: str, moment: float, fields: dict[str, Any]) -> None:
        """Add an entry of what began at a moment (seconds since 1970)."""
        shown = {name: _shown(value) for name, value in fields.items() if value not in _NOTHING}
        content = json.dumps({"time": _text(moment), "kind": kind, **shown}, default=str)
        with self._changed:
            self.position += 1
            line = f'{{"position": {self.position}, {content[1:]}'
            self._entries.append(Entry(self.position, kind, line))
            if self._waiting:
                self._changed.notify_all()

    def after(self, position: int, kinds: Collection[str] = ()) -> list[Entry]:
        """Return the kept entries after a position, of these kinds or of all."""
        with self._changed:
            first = self._entries[0].position if self._entries else 0
            found = list(islice(self._entries, max(0, position + 1 - first), None))
        return [entry for entry in found if entry.kind in kinds] if kinds else found

    def wait_after(
        self, position: int, kinds: Collection[str], seconds: float
    ) -> tuple[int, list[Entry]]:
        """Return the position reached and the entries, as soon as there are any."""
        end = time.monotonic() + seconds
        while True:
            reached = self.position
            found = self.after(position, kinds)
            pause = end - time.monotonic()
            if found or pause <= 0 or self._closed:
                return max(reached, found[-1].position if found else 0), found
            self._wait_beyond(reached, pause)

    def _wait_beyond(self, position: int, seconds: float) -> None:
        with self._changed:
            self._waiting += 1
            self._changed.wait_for(lambda: self.position > position or self._closed, seconds)
            self._waiting -= 1

    def close(self) -> None:
        """Wake up all readers that wait for entries."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class _Kept:
    """The journal of this process, or None if it is disabled."""

    journal: Journal | None = None


def keep(journal: Journal) -> None:
    """Set the journal that ``record`` adds to."""
    _Kept.journal = journal


def record(kind: str, /, moment: float | None = None, **fields: Any) -> None:
    """Add an entry to the journal of this process, if it has one; never raise an error.

    Parameters
    ----------
    kind, fields
        As ``entry.json`` defines them; empty fields are left out.
    moment
        When it began, in seconds since 1970; now by default.
    """
    if _Kept.journal is not None:
        try:
            _Kept.journal.add(kind, time.time() if moment is None else moment, fields)
        except Exception as error:
            LOG.warning("Could not add an entry (%s) to the journal: %s", kind, error)


def is_kept() -> bool:
    """Return whether this process has a journal."""
    return _Kept.journal is not None


def milliseconds_since(moment: float) -> float:
    """Return the milliseconds since a moment (in seconds since 1970)."""
    return round((time.time() - moment) * 1000, 3)


_NOTHING: tuple[Any, ...] = (None, "", [], {}, ())


def _shown(value: Any) -> Any:
    if isinstance(value, str) and len(value) > TEXT_LIMIT:
        return value[:TEXT_LIMIT] + "…"
    return value


def _text(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="microseconds")
