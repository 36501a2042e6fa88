"""Stores each site's state together with the outbox of its unpublished alerts.

S3 and SNS share no transaction, so the state's document is also the outbox of its alerts:

1. The look's outcome, the alert it causes and a lease on the alert are written together, over
   exactly the version that was read. Of several runs that saw the same change one succeeds; the
   others read its version and find nothing left to publish.
2. The run with the lease publishes the pending alerts, oldest first, and removes each from the
   document once SNS has accepted it. It publishes only while its lease surely lasts, and renews it
   before that.
3. A run that finds alerts pending leaves them alone while another run's lease lasts, and takes
   them over afterwards. It may add the next alert behind them.

So an alert is published at least once, and the alerts of a site in their order. It is published
twice only when a run dies, or cannot tell SNS's answer, between publishing and removing it; both
copies have the same id, and recording one twice changes nothing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from monitoring import incidents
from monitoring.alerts import alert_id
from monitoring.checks import Observation
from monitoring.incidents import Incident
from monitoring.sites import NAME_PATTERN, Site
from monitoring.states import State, advance, retire
from monitoring.storage import WRITE_ATTEMPTS, BrokenDocument, Conflict, Contended, Documents

PREFIX = "state/"
_KEY = re.compile(f"{PREFIX}({NAME_PATTERN})\\.json")

PUBLISHING = timedelta(seconds=30)
"""How long publishing may take: three attempts of 2 + 5 s (``clients.CONFIG``), the pauses between
them, and the difference of two runs' clocks."""


def state_key(site: str) -> str:
    """Where the state of *site* is kept."""
    return f"{PREFIX}{site}.json"


def load(documents: Documents, site: str) -> tuple[State, str] | None:
    """Read the state of *site* and its ETag; None when it was never checked.

    Raises
    ------
    BrokenDocument
        When the document is no state.
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
    """The names of all sites whose state is kept, and the ETags of the states."""
    states = ((_KEY.fullmatch(key), etag) for key, etag in documents.versions(PREFIX))
    return {match[1]: etag for match, etag in states if match}


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of a look.

    ``recorded`` says whether it was news, ``published`` are the ids of the alerts that this run
    published, and ``settled`` says whether no alert is left to publish.
    """

    recorded: bool
    published: tuple[str, ...] = ()
    settled: bool = True


class Ledger:
    """The states of all sites.

    Parameters
    ----------
    documents
        Where the states are kept.
    publish
        Tells the world of an incident's beginning or end; raises when it could not.
    clock
        Tells the present moment; by default the clock of *documents*, which all runs share.
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

    def enter(self, site: Site, seen: Observation, owner: str) -> Entry:
        """Write down a look, and publish what is to be published.

        *owner* names this run, by a name that no other run has.

        Raises
        ------
        Contended
            When other runs kept changing the state.
        BrokenDocument
            When the state cannot be read. It may be removed: an open incident is found again.
        Exception
            What S3 or *publish* raised. An alert that is pending by then stays so.
        """

        def look(before: State | None) -> State:
            return advance(before or self._recovered(site.name), site, seen, self._clock())

        before, state, etag = self._change(site.name, look, owner)
        recorded = state is not None and state != before and state.checked_at == seen.at
        return self._entry(recorded, state, etag, owner)

    def retire(self, site: str, owner: str) -> Entry:
        """End the incident of a site that is no longer listed, and publish what is pending.

        A state that cannot be read is replaced, if there is an incident to end: no check of the
        site will ever ask for the document.

        Raises
        ------
        Contended, Exception
            As :meth:`enter`.
        """

        def end(before: State | None) -> State | None:
            known = before or self._recovered(site)
            return known and retire(known, self._clock())

        before, state, etag = self._change(site, end, owner, replace_broken=True)
        return self._entry(state != before, state, etag, owner)

    def _recovered(self, site: str) -> State | None:
        """The state of a site without one: if it was removed during an outage, that goes on."""
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
        """Write what *change* makes of the state, and a lease if an alert is pending.

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
            # A write whose answer was lost is sent again and rejected: the version then found in
            # its place is this run's own, lease and all.
            return before, state, etag or ""
        raise Contended(key)

    def _entry(self, recorded: bool, state: State | None, etag: str, owner: str) -> Entry:
        if state is None:
            return Entry(recorded)
        published, state = self._publish_all(state, etag, owner)
        return Entry(recorded, published, settled=not state.pending)

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
        """Renew the lease of *owner* if it may end before an alert is published."""

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
        """Apply *change* to the state, whatever other runs did to the rest of it."""
        key = state_key(state.site)
        for _ in range(WRITE_ATTEMPTS):
            changed = change(state)
            if changed == state:
                return state, etag
            try:
                return changed, self._documents.put(key, changed.document(), replacing=etag)
            except Conflict:
                found = load(self._documents, state.site)
            if found is None:  # The document was removed, and with it all that was pending.
                return replace(state, pending=(), lease=None), etag
            state, etag = found
        raise Contended(key)

    def _release(self, state: State, etag: str) -> None:
        """Let the next run publish at once rather than at the end of the lease."""
        try:
            self._documents.put(state_key(state.site), state.released().document(), replacing=etag)
        except Exception:
            # The lease ends by itself, and the reason why publishing failed matters more.
            return
