"""What is known of a site, and how a look changes it. Nothing here reads or writes anything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from monitoring import alerts
from monitoring.checks import Observation, Status
from monitoring.incidents import Incident
from monitoring.sites import Site


@dataclass(frozen=True, slots=True)
class Lease:
    """Who is publishing the pending alerts, and until when nobody else may.

    A run that is repeated because it failed has the same ``owner``: the one before it has ended.
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
        KeyError, TypeError
            When a field is missing or of another type.
        """
        fields = {**document}
        incident, lease = fields["incident"], fields["lease"]
        fields["incident"] = Incident.of(incident) if incident else None
        fields["pending"] = tuple(Incident.of(alert) for alert in fields["pending"])
        fields["lease"] = Lease(**lease) if lease else None
        return cls(**fields)

    def claimed(self, lease: Lease, present: str) -> State:
        """The state with *lease*, if there is something to publish and nobody else is at it."""
        held = self.lease
        free = held is None or held.owner == lease.owner or held.until < present
        return replace(self, lease=lease) if self.pending and free else self

    def released(self) -> State:
        """The state with its pending alerts free for the next to publish."""
        return replace(self, lease=None)

    def published(self, alert: Incident) -> State:
        """The state without the pending *alert*, and without a lease once none is pending."""
        pending = tuple(other for other in self.pending if other != alert)
        return replace(self, pending=pending, lease=self.lease if pending else None)


def advance(state: State | None, site: Site, seen: Observation) -> State:
    """The state of *site* after a look at it; an alert is pending for each change of status.

    A site that was never looked at before counts as up: only finding it down is a change. A look
    that began no later than the one the state is from says nothing new.
    """
    if state and seen.at <= state.checked_at:
        return state
    incident = state.incident if state else None
    pending = state.pending if state else ()
    if seen.status == "DOWN" and incident is None:
        incident = Incident(
            site=site.name,
            url=site.url,
            severity=site.severity,
            started_at=seen.at,
            reason=seen.reason or "",
        )
        pending += (incident,)
    elif seen.status == "UP" and incident is not None:
        pending += (replace(incident, ended_at=seen.at),)
        incident = None
    return State(
        site=site.name,
        url=site.url,
        status=seen.status,
        since=state.since if state and state.status == seen.status else seen.at,
        checked_at=seen.at,
        latency_ms=seen.latency_ms,
        http_status=seen.http_status,
        reason=seen.reason,
        incident=incident,
        pending=pending,
        lease=state.lease if state else None,
    )
