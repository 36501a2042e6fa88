"""The entries in memory, the newest so many, and waiting for the next one."""

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
"""Characters of a text in an entry, such as an error's message."""


class Entry(NamedTuple):
    """An entry as it is kept; ``line`` is the whole of it, as one line of JSON."""

    position: int
    kind: str
    line: str


class Journal:
    """Entries in the order in which they were added: a hop that takes time, when it has ended.

    Parameters
    ----------
    limit
        How many are kept; then the oldest one goes.
    """

    def __init__(self, limit: int) -> None:
        self.position = 0
        self._entries: deque[Entry] = deque(maxlen=limit)
        self._changed = threading.Condition()
        self._waiting = 0
        self._closed = False

    def add(self, kind: str, moment: float, fields: dict[str, Any]) -> None:
        """Add an entry of a hop that began at a moment (seconds since 1970)."""
        shown = {name: _shown(value) for name, value in fields.items() if value not in _NOTHING}
        content = json.dumps({"time": _text(moment), "kind": kind, **shown}, default=str)
        with self._changed:
            self.position += 1
            line = f'{{"position": {self.position}, {content[1:]}'
            self._entries.append(Entry(self.position, kind, line))
            if self._waiting:
                self._changed.notify_all()

    def after(self, position: int, kinds: Collection[str] = ()) -> list[Entry]:
        """Return the entries after a position that are still kept; only of these kinds, if any."""
        with self._changed:
            first = self._entries[0].position if self._entries else 0
            found = list(islice(self._entries, max(0, position + 1 - first), None))
        return [entry for entry in found if entry.kind in kinds] if kinds else found

    def wait_after(
        self, position: int, kinds: Collection[str], seconds: float
    ) -> tuple[int, list[Entry]]:
        """Return such entries as soon as there are any; and the position up to which it looked."""
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
        """Let nobody wait any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class _Kept:
    """The journal of this process, if it keeps one."""

    journal: Journal | None = None


def keep(journal: Journal) -> None:
    """Make this the journal that ``record`` adds to."""
    _Kept.journal = journal


def record(kind: str, /, moment: float | None = None, **fields: Any) -> None:
    """Add an entry to this process's journal, if it keeps one; never fails.

    Parameters
    ----------
    moment
        When the hop began, in seconds since 1970; now, if left out.
    fields
        What is known of it. ``id`` is what others may name among their ``causes``, ``makes`` are
        further ids that came into the world with it, ``trace`` is the root of an X-Ray trace, and
        ``ms`` how long it took. Empty ones are left out.
    """
    if _Kept.journal is not None:
        try:
            _Kept.journal.add(kind, time.time() if moment is None else moment, fields)
        except Exception as error:
            LOG.warning("An entry of the journal (%s) is lost: %s", kind, error)


def is_kept() -> bool:
    """Tell whether this process keeps a journal."""
    return _Kept.journal is not None


def milliseconds_since(moment: float) -> float:
    """Return how long ago a moment was (seconds since 1970), to a microsecond."""
    return round((time.time() - moment) * 1000, 3)


_NOTHING: tuple[Any, ...] = (None, "", [], {}, ())


def _shown(value: Any) -> Any:
    if isinstance(value, str) and len(value) > TEXT_LIMIT:
        return value[:TEXT_LIMIT] + "…"
    return value


def _text(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="microseconds")
