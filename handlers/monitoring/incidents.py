"""Incidents: outages of one site, from the look that found it down to the one that found it up.

One document each, at ``incidents/{inverted epoch ms}-{site}.json``. S3 lists keys in ascending
order, so counting the time downwards lists the newest first:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ListingKeysUsingAPIs.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from monitoring.sites import Severity
from monitoring.storage import WRITE_ATTEMPTS, Conflict, Contended, Documents
from monitoring.times import epoch_ms

PREFIX = "incidents/"

SCANNED = 10_000
"""How many incidents one page of a site's incidents may be picked from."""

_SUFFIX = ".json"
_DIGITS = 13
_LAST_MS = 10**_DIGITS - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An outage. ``ended_at`` is None while it lasts; ``reason`` is what the first look found."""

    site: str
    url: str
    severity: Severity
    started_at: str
    reason: str
    ended_at: str | None = None

    @property
    def id(self) -> str:
        """Begins with the milliseconds from the start to the year 2286: newer sorts first."""
        return f"{_LAST_MS - epoch_ms(self.started_at):0{_DIGITS}}-{self.site}"

    @property
    def key(self) -> str:
        """Where the incident is kept."""
        return f"{PREFIX}{self.id}{_SUFFIX}"

    @property
    def duration_ms(self) -> int | None:
        """How long it lasted; None while it lasts."""
        if self.ended_at is None:
            return None
        return epoch_ms(self.ended_at) - epoch_ms(self.started_at)

    def document(self) -> dict[str, Any]:
        """The incident as it is kept and shown."""
        return {
            "id": self.id,
            "site": self.site,
            "url": self.url,
            "severity": self.severity,
            "status": "OPEN" if self.ended_at is None else "CLOSED",
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "duration_ms": self.duration_ms,
            "reason": self.reason,
        }

    @classmethod
    def of(cls, document: dict[str, Any]) -> Incident:
        """Read what :meth:`document` or an alert wrote; the fields derived from others are skipped.

        Raises
        ------
        KeyError
            When a field is missing.
        """
        return cls(
            site=document["site"],
            url=document["url"],
            severity=document["severity"],
            started_at=document["started_at"],
            reason=document["reason"],
            ended_at=document["ended_at"],
        )


def merge(one: Incident, other: Incident) -> Incident:
    """Join two tellings of the same incident.

    They differ in nothing but the end, which only the later one knows. So neither the order nor
    the number of tellings matters, and a late "down" does not open a closed incident again.
    """
    ends = [end for end in (one.ended_at, other.ended_at) if end is not None]
    return replace(one, ended_at=max(ends, default=None))


def record(documents: Documents, told: Incident) -> bool:
    """Write down what is *told*; whether that was news.

    Raises
    ------
    Contended
        When others kept changing the incident.
    """
    for attempt in range(WRITE_ATTEMPTS):
        # An outage's beginning is mostly news: one write, and no read before it.
        expect_none = attempt == 0 and told.ended_at is None
        stored = None if expect_none else documents.get(told.key)
        known = Incident.of(stored.value) if stored else None
        merged = merge(known, told) if known else told
        if merged == known:
            return False
        try:
            documents.put(told.key, merged.document(), replacing=stored.etag if stored else None)
        except Conflict:
            continue
        return True
    raise Contended(told.key)


def page(
    documents: Documents, *, site: str = "", after: str = "", limit: int
) -> tuple[list[str], str | None]:
    """List the ids of up to *limit* incidents, newest first: of one *site*, or of all.

    Only those past the incident *after* count. The second value is the *after* of the next page,
    or None where there is no more. With a *site*, a page may be short, even empty, and yet not
    be the last one: at most :data:`SCANNED` incidents are gone through for it.
    """
    found: list[str] = []
    last = after
    keys = documents.keys(
        PREFIX,
        after=f"{PREFIX}{after}{_SUFFIX}" if after else "",
        page=1000 if site else limit + 1,
    )
    for scanned, key in enumerate(keys):
        if len(found) == limit or scanned == SCANNED:
            return found, last
        last = key.removeprefix(PREFIX).removesuffix(_SUFFIX)
        if not site or last[_DIGITS + 1 :] == site:
            found.append(last)
    return found, None


def read(documents: Documents, identity: str) -> dict[str, Any] | None:
    """The incident with this id, as it is shown; None when it is no longer kept."""
    stored = documents.get(f"{PREFIX}{identity}{_SUFFIX}")
    return stored.value if stored else None
