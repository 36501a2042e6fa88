"""States of sites, and how a check changes them, without any I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from monitoring import alerts, incidents, schemas
from monitoring.checks import CheckResult, Status
from monitoring.incidents import Incident
from monitoring.sites import Site
from monitoring.times import CLOCK_ERROR, timestamp

LEASE = timedelta(seconds=35)
"""The duration of a lease: long enough to publish an alert, and shorter than the minute before
Lambda retries a failed invocation, so that the retry can publish."""

REMOVED = "it was removed from sites.yaml"
"""The end reason of an incident whose site was removed from the list."""

_validate = schemas.validator("state")


@dataclass(frozen=True, slots=True)
class Lease:
    """The run that may publish the pending alerts, and until when no other run may.

    Each run has a unique ``owner``. A retry, or a second delivery of the same event, is another
    run: it cannot know whether the first one has ended.
    """

    owner: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The stored state of a site.

    ``since`` is the time of the first check with the current status, ``checked_at`` that of the
    last check. ``incident`` is the open incident. ``pending`` are the unpublished alerts, oldest
    first.
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
        """Return the document to store."""
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
        """Return the state in a document.

        Raises
        ------
        ValueError
            If a field is missing or has another type.
        """
        fields = {**_validate(document)}
        incident, lease = fields["incident"], fields["lease"]
        fields["incident"] = incidents.parse(incident) if incident is not None else None
        fields["pending"] = tuple(incidents.parse(alert) for alert in fields["pending"])
        fields["lease"] = Lease(**lease) if lease is not None else None
        return cls(**fields)

    @classmethod
    def recovered(cls, incident: Incident) -> State:
        """Return the state of a site whose state was lost, but not its open *incident*."""
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
        """Return the state with a lease for *owner*, if an alert is pending and not leased.

        A lease of another run that ends later than any lease should was written before S3's clock
        was set back. It is shortened to the duration of a lease from now.
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
        """Return whether *owner* has the lease."""
        return self.lease is not None and self.lease.owner == owner

    def renewed(self, owner: str, present: datetime) -> State:
        """Return the state with a lease that starts now, if *owner* still has it."""
        if not self.is_leased_to(owner):
            return self
        return replace(self, lease=Lease(owner, timestamp(present + LEASE)))

    def leased_beyond(self, moment: datetime) -> bool:
        """Return whether the lease ends after *moment*."""
        return self.lease is not None and self.lease.until > timestamp(moment)

    def released(self) -> State:
        """Return the state without a lease, so that the next run can publish."""
        return replace(self, lease=None)

    def published(self, alert: Incident) -> State:
        """Return the state without the pending *alert*, and without a lease if none is left."""
        pending = tuple(other for other in self.pending if other != alert)
        return replace(self, pending=pending, lease=self.lease if pending else None)


def advance(state: State | None, site: Site, result: CheckResult, present: datetime) -> State:
    """Return the state of *site* after a check; each change of status adds a pending alert.

    A site that was never checked before counts as up: only finding it down is a change. A check
    that is not later than the last one is ignored. But a state from after the *present* is from a
    wrong clock, and counts as older than any check.
    """
    if state and result.at <= state.checked_at <= timestamp(present + CLOCK_ERROR):
        return state
    incident = state.incident if state else None
    pending = state.pending if state else ()
    since = min(state.since, result.at) if state and state.status == result.status else result.at
    if result.status == "DOWN" and incident is None:
        since = result.at
        incident = Incident(
            site=site.name,
            url=site.url,
            severity=site.severity,
            started_at=result.at,
            reason=result.reason or "",
        )
        pending += (incident,)
    elif result.status == "UP" and incident is not None:
        pending += (incident.ended(result.at),)
        incident = None
    return State(
        site=site.name,
        url=site.url,
        status=result.status,
        since=since,
        checked_at=result.at,
        latency_ms=result.latency_ms,
        http_status=result.http_status,
        reason=result.reason,
        incident=incident,
        pending=pending,
        lease=state.lease if state else None,
    )


def retire(state: State, present: datetime) -> State:
    """Return the state of a site that was removed from the list: its incident has ended."""
    if state.incident is None:
        return state
    ended = state.incident.ended(timestamp(present), REMOVED)
    return replace(state, incident=None, pending=(*state.pending, ended))
