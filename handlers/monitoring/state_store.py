"""The store of each site's state and its outbox of unpublished alerts.

There is no transaction across S3 and SNS, so the document of the state is also the outbox (the
transactional outbox pattern):

1. A run writes the result of a check, the alert about a change, and a lease on the alert in one
   conditional write, over the version that it read. If several runs saw the same change, one write
   succeeds; the other runs read that version, and have nothing to publish.
2. The run with the lease publishes the pending alerts, oldest first, and removes each from the
   document after SNS has accepted it. It renews the lease if that could end during the publishing.
3. While another run has the lease, a run leaves pending alerts alone; it may append the next alert.
   After the lease has ended, it takes them over.

So each alert is published at least once, and the alerts of a site are published in order. An alert
is published twice only if a run ends, or gets no response from SNS, between publishing the alert
and removing it. Both copies have the same id, and recording an alert twice changes nothing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from monitoring import incidents
from monitoring.alerts import alert_id
from monitoring.checks import CheckResult
from monitoring.incidents import Incident
from monitoring.sites import NAME_PATTERN, Site
from monitoring.states import State, advance, retire
from monitoring.storage import WRITE_ATTEMPTS, BrokenDocument, Conflict, Contended, Documents

PREFIX = "state/"
_KEY = re.compile(f"{PREFIX}({NAME_PATTERN})\\.json")

PUBLISHING = timedelta(seconds=30)
"""The longest time to publish an alert: three attempts of 2 + 5 s (``clients.CONFIG``), the pauses
between them, and the difference of two runs' clocks."""


def state_key(site: str) -> str:
    """Return the key of the state of *site*."""
    return f"{PREFIX}{site}.json"


def load(documents: Documents, site: str) -> tuple[State, str] | None:
    """Return the state of *site* and its ETag; None if it was never checked.

    Raises
    ------
    BrokenDocument
        If the document is not a state.
    """
    key = state_key(site)
    stored = documents.get(key)
    if stored is None:
        return None
    try:
        state = State.of(stored.value)
        for each in (state, state.incident, *state.pending):
            if each and each.site != site:
                raise ValueError(f"it is about the site {each.site}")
    except ValueError as error:
        raise BrokenDocument(key, error, stored.etag) from None
    return state, stored.etag


def known_sites(documents: Documents) -> dict[str, str]:
    """Return the ETag of each stored state, by the name of the site."""
    states = ((_KEY.fullmatch(key), etag) for key, etag in documents.versions(PREFIX))
    return {match[1]: etag for match, etag in states if match}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of recording a check.

    ``recorded`` is whether it changed the state, ``published`` are the ids of the alerts that this
    run published, and ``settled`` is whether no alert is left to publish.
    """

    recorded: bool
    published: tuple[str, ...] = ()
    settled: bool = True


class StateStore:
    """The stored states of all sites.

    Parameters
    ----------
    documents
        The bucket for the states.
    publish
        Publishes the alert about an incident's start or end, or raises an exception.
    clock
        Returns the current time; by default the clock of *documents*, which all runs share.
    """

    def __init__(
        self,
        documents: Documents,
        publish: Callable[[Incident], None],
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._documents = documents
        self._publish = publish
        self._clock = clock or documents.clock

    def record(self, site: Site, result: CheckResult, owner: str) -> Outcome:
        """Store the result of a check, and publish pending alerts.

        *owner* is the unique name of this run.

        Raises
        ------
        Contended
            If other runs kept changing the state.
        BrokenDocument
            If the state cannot be read. It can be deleted: an open incident is found again.
        Exception
            Whatever S3 or *publish* raises. Alerts that are pending by then stay pending.
        """

        def after_check(before: State | None) -> State:
            return advance(before or self._recovered(site.name), site, result, self._clock())

        before, state, etag = self._change(site.name, after_check, owner)
        recorded = state is not None and state != before and state.checked_at == result.at
        return self._outcome(recorded, state, etag, owner)

    def retire(self, site: str, owner: str) -> Outcome:
        """End the incident of a site that was removed from the list, and publish pending alerts.

        A state that cannot be read is replaced, if there is an incident to end: no later check of
        the site would report it.

        Raises
        ------
        Contended, Exception
            As for :meth:`record`.
        """

        def end(before: State | None) -> State | None:
            known = before or self._recovered(site)
            return known and retire(known, self._clock())

        before, state, etag = self._change(site, end, owner, replace_broken=True)
        return self._outcome(state != before, state, etag, owner)

    def _recovered(self, site: str) -> State | None:
        """Return the state of a site whose state was deleted during an outage: that continues."""
        incident = incidents.unended(self._documents, site)
        return State.recovered(incident) if incident else None

    def _change(
        self,
        site: str,
        change: Callable[[State | None], State | None],
        owner: str,
        *,
        replace_broken: bool = False,
    ) -> tuple[State | None, State | None, str]:
        """Write the state that *change* returns, with a lease if an alert is pending.

        Returns
        -------
        tuple
            The state before, the state now, and its ETag.
        """
        key = state_key(site)
        for _ in range(WRITE_ATTEMPTS):
            try:
                before, etag = load(self._documents, site) or (None, None)
            except BrokenDocument as error:
                if not replace_broken:
                    raise
                before, etag = None, error.etag
            state = change(before)
            if state is not None:
                state = state.claimed(owner, self._clock())
                if state != before:
                    try:
                        etag = self._documents.put(key, state.document(), replacing=etag)
                    except Conflict:
                        continue
            # The SDK retries a write whose response was lost, which S3 then rejects: the version
            # that is found next is this run's own, with its lease.
            return before, state, etag or ""
        raise Contended(key)

    def _outcome(self, recorded: bool, state: State | None, etag: str, owner: str) -> Outcome:
        if state is None:
            return Outcome(recorded)
        published, state = self._publish_all(state, etag, owner)
        return Outcome(recorded, published, settled=not state.pending)

    def _publish_all(self, state: State, etag: str, owner: str) -> tuple[tuple[str, ...], State]:
        published: list[str] = []
        while True:
            state, etag = self._hold(state, etag, owner)
            if not (state.pending and state.is_leased_to(owner)):
                return tuple(published), state
            alert = state.pending[0]
            try:
                self._publish(alert)
            except Exception:
                self._release(state, etag)
                raise
            published.append(alert_id(alert))
            state, etag = self._rewrite(state, etag, partial(State.published, alert=alert))

    def _hold(self, state: State, etag: str, owner: str) -> tuple[State, str]:
        """Renew the lease of *owner* if it could end before an alert is published."""

        def renew(held: State) -> State:
            return held.renewed(owner, self._clock())

        for _ in range(WRITE_ATTEMPTS):
            enough = state.leased_beyond(self._clock() + PUBLISHING)
            if enough or not (state.pending and state.is_leased_to(owner)):
                return state, etag
            state, etag = self._rewrite(state, etag, renew)
        raise TimeoutError(f"the lease in {state_key(state.site)} ended before it could be used")

    def _rewrite(
        self, state: State, etag: str, change: Callable[[State], State]
    ) -> tuple[State, str]:
        """Apply *change* to the current version of the state."""
        key = state_key(state.site)
        for _ in range(WRITE_ATTEMPTS):
            changed = change(state)
            if changed == state:
                return state, etag
            try:
                return changed, self._documents.put(key, changed.document(), replacing=etag)
            except Conflict:
                found = load(self._documents, state.site)
            if found is None:  # The document was deleted, with its pending alerts.
                return replace(state, pending=(), lease=None), etag
            state, etag = found
        raise Contended(key)

    def _release(self, state: State, etag: str) -> None:
        """Release the lease, so that the next run need not wait for its end."""
        try:
            self._documents.put(state_key(state.site), state.released().document(), replacing=etag)
        except Exception:
            # The lease ends anyway, and the error of the publishing is more useful.
            return
