"""Keeps what is known of each site, and sees to it that no change goes untold.

S3 and SNS share no transaction, so the state's document is also the outbox of its alerts:

1. The look's outcome, the alert it causes and a lease on the alert are written together, over
   exactly the version that was read. Of several runs that saw the same change one succeeds; the
   others read its version and find nothing left to tell.
2. The one with the lease publishes the pending alerts, oldest first, and removes each from the
   document once SNS has taken it.
3. A run that finds alerts pending leaves them alone while their lease lasts, which is as long as
   its owner can live, and takes them over afterwards. It may add the next alert behind them. A
   retry of a run that failed takes over what that one had leased at once.

So an alert is published at least once, and the alerts of a site in their order. It is published
twice only when a run dies, or cannot tell SNS's answer, between publishing and removing it; both
copies have the same id, and recording one twice changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from monitoring.alerts import alert_id
from monitoring.checks import Observation
from monitoring.incidents import Incident
from monitoring.sites import Site
from monitoring.states import Lease, State, advance
from monitoring.storage import WRITE_ATTEMPTS, BrokenDocument, Conflict, Contended, Documents
from monitoring.times import now, timestamp

PREFIX = "state/"


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
        return State.of(stored.value), stored.etag
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenDocument(key, error) from None


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of a look: whether it was news, and the ids of the alerts published."""

    recorded: bool
    published: tuple[str, ...] = ()


class Ledger:
    """The states of all sites.

    Parameters
    ----------
    documents
        Where the states are kept.
    publish
        Tells the world of an incident's beginning or end; raises when it could not.
    clock
        Tells the present moment.
    """

    def __init__(
        self,
        documents: Documents,
        publish: Callable[[Incident], None],
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._documents = documents
        self._publish = publish
        self._clock = clock

    def enter(self, site: Site, seen: Observation, lease: Lease) -> Entry:
        """Write down a look, and publish what is to be published.

        *lease* names this run, by a name that no other run has ever had but those it repeats, and
        the moment after which it certainly has ended.

        Raises
        ------
        Contended
            When other runs kept changing the state.
        BrokenDocument
            When the state cannot be read.
        Exception
            What S3 or *publish* raised. An alert that is pending by then stays so.
        """
        key = state_key(site.name)
        for _ in range(WRITE_ATTEMPTS):
            found = load(self._documents, site.name)
            before, etag = found or (None, None)
            state = advance(before, site, seen)
            recorded = state.checked_at == seen.at and state != before
            state = state.claimed(lease, timestamp(self._clock()))
            if state != before:
                try:
                    etag = self._documents.put(key, state.document(), replacing=etag)
                except Conflict:
                    continue
            # A write whose answer was lost is sent again and refused: the version then found in
            # its place is this run's own, lease and all.
            if etag and state.lease == lease:
                return Entry(recorded, self._publish_all(state, etag, lease))
            return Entry(recorded)
        raise Contended(key)

    def _publish_all(self, state: State, etag: str, lease: Lease) -> tuple[str, ...]:
        published = []
        while state.pending and state.lease == lease:
            alert = state.pending[0]
            try:
                self._publish(alert)
            except Exception:
                self._release(state, etag)
                raise
            published.append(alert_id(alert))
            state, etag = self._remove(state, etag, alert)
        return tuple(published)

    def _remove(self, state: State, etag: str, alert: Incident) -> tuple[State, str]:
        """Take a published alert out of the state, whatever others did to the rest of it."""
        key = state_key(state.site)
        for _ in range(WRITE_ATTEMPTS):
            shorter = state.published(alert)
            if shorter == state:
                return state, etag
            try:
                return shorter, self._documents.put(key, shorter.document(), replacing=etag)
            except Conflict:
                found = load(self._documents, state.site)
            if found is None:  # Somebody removed the document, and with it all that was pending.
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
