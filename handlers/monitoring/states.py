"""What is known of a site, and how a look changes it. Nothing here reads or writes anything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from monitoring import alerts, incidents, schemas
from monitoring.checks import Observation, Status
from monitoring.incidents import Incident
from monitoring.sites import Site
from monitoring.times import CLOCK_ERROR, timestamp

LEASE = timedelta(seconds=35)
"""How long a lease lasts: long enough to publish an alert, and shorter than the minute that Lambda
waits before it retries a failed invocation, so that the retry may publish."""

REMOVED = "it was removed from sites.yaml"
"""Why the incident of a site that is no longer listed ends."""

_validate = schemas.validator("state")


@dataclass(frozen=True, slots=True)
class Lease:
    """Which run is publishing the pending alerts, and until when no other run may.

    The ``owner`` is one run's alone. A retry, or a second delivery of the same event, is another
    run: whether the first one has ended only time can tell.
    """

    owner: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is known of a site.

    ``since`` is the look that found the present status first and ``checked_at`` the newest one.
    ``incident`` is the open one. ``pending`` are the alerts still to be published, oldest first.
    """

    site: str
    url: str
    status: Status
    since: str
    checked_at: str
    latency_ms: int
    http_status: int | None
    reason: str | None
    incident: Incident | None = None
    pending: tuple[Incident, ...] = ()
    lease: Lease | None = None

    def document(self) -> dict[str, Any]:
        """The state as it is kept."""
        return {
            "site": self.site,
            "url": self.url,
            "status": self.status,
            "since": self.since,
            "checked_at": self.checked_at,
            "latency_ms": self.latency_ms,
            "http_status": self.http_status,
            "reason": self.reason,
            "incident": self.incident and self.incident.document(),
            "pending": [alerts.document(incident) for incident in self.pending],
            "lease": self.lease and {"owner": self.lease.owner, "until": self.lease.until},
        }

    @classmethod
    def of(cls, document: dict[str, Any]) -> State:
        """Read what :meth:`document` wrote.

        Raises
        ------
        ValueError
            When a field is missing or has another type.
        """
        fields = {**_validate(document)}
        incident, lease = fields["incident"], fields["lease"]
        fields["incident"] = incidents.parse(incident) if incident is not None else None
        fields["pending"] = tuple(incidents.parse(alert) for alert in fields["pending"])
        fields["lease"] = Lease(**lease) if lease is not None else None
        return cls(**fields)

    @classmethod
    def recovered(cls, incident: Incident) -> State:
        """What is known of a site whose state was lost, but not its open *incident*."""
        return cls(
            site=incident.site,
            url=incident.url,
            status="DOWN",
            since=incident.started_at,
            checked_at=incident.started_at,
            latency_ms=0,
            http_status=None,
            reason=incident.reason,
            incident=incident,
        )

    def claimed(self, owner: str, present: datetime) -> State:
        """The state with a lease for *owner*, if there is something to publish and no lease holds.

        Another run's lease that would last longer than any lease can was written before S3's clock
        was set back. It is shortened to a whole lease from now: so it ends by elapsed time.
        """
        held = self.lease
        if not self.pending or self.is_leased_to(owner):
            return self
        if held is None or held.until < timestamp(present):
            return replace(self, lease=Lease(owner, timestamp(present + LEASE)))
        if held.until > timestamp(present + LEASE + CLOCK_ERROR):
            return replace(self, lease=Lease(held.owner, timestamp(present + LEASE)))
        return self

    def is_leased_to(self, owner: str) -> bool:
        """Whether *owner* has the lease."""
        return self.lease is not None and self.lease.owner == owner

    def renewed(self, owner: str, present: datetime) -> State:
        """The state with a whole lease from now, if *owner* has it still."""
        if not self.is_leased_to(owner):
            return self
        return replace(self, lease=Lease(owner, timestamp(present + LEASE)))

    def leased_beyond(self, moment: datetime) -> bool:
        """Whether the lease lasts beyond *moment*."""
        return self.lease is not None and self.lease.until > timestamp(moment)

    def released(self) -> State:
        """The state with its pending alerts free for the next to publish."""
        return replace(self, lease=None)

    def published(self, alert: Incident) -> State:
        """The state without the pending *alert*, and without a lease once none is pending."""
        pending = tuple(other for other in self.pending if other != alert)
        return replace(self, pending=pending, lease=self.lease if pending else None)


def advance(state: State | None, site: Site, seen: Observation, present: datetime) -> State:
    """The state of *site* after a look at it; an alert is pending for each change of status.

    A site that was never looked at before counts as up: only finding it down is a change. A look
    that saw the site no later than the one the state is from says nothing new. But a state from
    after the *present* is from a wrong clock, and older than any look.
    """
    if state and seen.at <= state.checked_at <= timestamp(present + CLOCK_ERROR):
        return state
    incident = state.incident if state else None
    pending = state.pending if state else ()
    since = min(state.since, seen.at) if state and state.status == seen.status else seen.at
    if seen.status == "DOWN" and incident is None:
        since = seen.at
        incident = Incident(
            site=site.name,
            url=site.url,
            severity=site.severity,
            started_at=seen.at,
            reason=seen.reason or "",
        )
        pending += (incident,)
    elif seen.status == "UP" and incident is not None:
        pending += (incident.ended(seen.at),)
        incident = None
    return State(
        site=site.name,
        url=site.url,
        status=seen.status,
        since=since,
        checked_at=seen.at,
        latency_ms=seen.latency_ms,
        http_status=seen.http_status,
        reason=seen.reason,
        incident=incident,
        pending=pending,
        lease=state.lease if state else None,
    )


def retire(state: State, present: datetime) -> State:
    """The state of a site that is no longer listed: its incident has ended."""
    if state.incident is None:
        return state
    ended = state.incident.ended(timestamp(present), REMOVED)
    return replace(state, incident=None, pending=(*state.pending, ended))
