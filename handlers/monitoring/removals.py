"""Sites that are no longer listed: their incidents end, and their pending alerts are published."""

import time
from collections.abc import Callable, Collection

from monitoring.ledger import known_sites
from monitoring.storage import Documents

OVERLAP = 65.0
"""Seconds after which no run with an earlier list of sites is left: a run's limit, and a margin."""


class Removals:
    """Finds the sites that were removed since the list of sites changed.

    A run that began with the earlier list may still enter a look at a removed site. So a list is
    settled only when nothing was left to do some time after it was first seen. Until then each run
    asks S3 once which states are kept, and reads those that it does not know yet; afterwards it
    asks no more.

    Parameters
    ----------
    documents
        Where the states are kept.
    elapsed
        Counts seconds.
    """

    def __init__(self, documents: Documents, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._documents = documents
        self._elapsed = elapsed
        self._version = ""
        self._first_seen = 0.0
        self._is_settled = False
        self._begun = 0.0
        self._found: dict[str, str] = {}
        self._done: dict[str, str] = {}

    def find(self, names: Collection[str], version: str) -> list[str]:
        """The sites with a state but not among *names*, the list of that *version* (its ETag)."""
        self._begun = self._elapsed()
        if version != self._version:
            self._version, self._first_seen, self._is_settled = version, self._begun, False
        if self._is_settled:
            return []
        states = known_sites(self._documents)
        self._found = {site: etag for site, etag in states.items() if site not in names}
        return [site for site, etag in self._found.items() if self._done.get(site) != etag]

    def settle(self) -> None:
        """Note that nothing is left to do for the sites that :meth:`find` found last."""
        self._done = self._found
        self._is_settled = self._begun - self._first_seen >= OVERLAP
