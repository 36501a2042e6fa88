"""Sites that were removed from the list, whose incidents end and pending alerts are published."""

import time
from collections.abc import Callable, Collection

from monitoring.state_store import known_sites
from monitoring.storage import Documents

OVERLAP = 65.0
"""Seconds after which no run with an earlier list of sites is left: the timeout and a margin."""


class Removals:
    """Finds the sites that were removed from the list of sites.

    A run that began with the earlier list may still store the state of a removed site. So a list is
    settled only if nothing was left to do some time after it was first seen. Until then, each run
    lists the stored states, and reads those that are new to it; afterwards it does neither.

    Parameters
    ----------
    documents
        The bucket with the states.
    elapsed
        Returns seconds, and never runs backwards.
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
        """Return the sites with a state that are not in the list.

        *names* are those in the list, and *version* is its ETag.
        """
        self._begun = self._elapsed()
        if version != self._version:
            self._version, self._first_seen, self._is_settled = version, self._begun, False
        if self._is_settled:
            return []
        states = known_sites(self._documents)
        self._found = {site: etag for site, etag in states.items() if site not in names}
        return [site for site, etag in self._found.items() if self._done.get(site) != etag]

    def settle(self) -> None:
        """Mark the sites that :meth:`find` returned last as done."""
        self._done = self._found
        self._is_settled = self._begun - self._first_seen >= OVERLAP
