"""Incidents: outages of one site, from the look that found it down to the one that found it up.

One document each, at ``incidents/{inverted epoch ms}-{site}.json``. S3 lists keys in ascending
order, so counting the time downwards lists the newest first:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ListingKeysUsingAPIs.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from aws_lambda_powertools import Logger

from monitoring import schemas
from monitoring.sites import NAME_PATTERN, Severity
from monitoring.storage import WRITE_ATTEMPTS, BrokenDocument, Conflict, Contended, Documents
from monitoring.times import epoch_ms
from monitoring.wording import describe

logger = Logger(child=True)

PREFIX = "incidents/"

SCANNED = 10_000
"""How many incidents one page of a site's incidents may be picked from."""

_SUFFIX = ".json"
_DIGITS = 13
_LAST_MS = 10**_DIGITS - 1
_KEY = re.compile(f"{PREFIX}([0-9]{{{_DIGITS}}}-{NAME_PATTERN}){re.escape(_SUFFIX)}")

_validate = schemas.validator("incident")


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An outage. ``ended_at`` is None while it lasts; ``reason`` is what the first look found.

    ``end_reason`` says why an incident ended other than by the site's recovery.
    """

    site: str
    url: str
    severity: Severity
    started_at: str
    reason: str
    ended_at: str | None = None
    end_reason: str | None = None

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

    def ended(self, at: str, reason: str | None = None) -> Incident:
        """The incident with its end, which is never before its start, whatever a clock says."""
        return replace(self, ended_at=max(at, self.started_at), end_reason=reason)

    def document(self) -> dict[str, Any]:
        """The incident as it is kept and shown; without an ``end_reason`` if there is none."""
        document = {
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
        if self.end_reason is not None:
            document["end_reason"] = self.end_reason
        return document

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
            end_reason=document.get("end_reason"),
        )


def merge(one: Incident, other: Incident) -> Incident:
    """Join two tellings of the same incident.

    They differ in nothing but the end, which only the later one knows. So neither the order nor
    the number of tellings matters, and a late "down" does not open a closed incident again.
    """
    return max(one, other, key=lambda told: (told.ended_at or "", told.end_reason or ""))


def record(documents: Documents, told: Incident) -> bool:
    """Write down what is *told*; whether that was news.

    Raises
    ------
    Contended
        When others kept changing the incident.
    BrokenDocument
        When the stored incident cannot be read. If it is removed, the next telling writes it anew.
    """
    for attempt in range(WRITE_ATTEMPTS):
        # An outage's beginning is mostly news: one write, and no read before it.
        expect_none = attempt == 0 and told.ended_at is None
        found = None if expect_none else _load(documents, told.id)
        known, etag = found or (None, None)
        merged = merge(known, told) if known else told
        if merged == known:
            return False
        try:
            documents.put(told.key, merged.document(), replacing=etag)
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
    matches = map(_KEY.fullmatch, keys)  # other objects than ours are passed over
    for scanned, match in enumerate(match for match in matches if match):
        if len(found) == limit or scanned == SCANNED:
            return found, last
        last = match[1]
        if not site or last[_DIGITS + 1 :] == site:
            found.append(last)
    return found, None


def parse(document: dict[str, Any]) -> Incident:
    """Read what :meth:`Incident.document` or an alert wrote.

    Raises
    ------
    ValueError
        When a field is missing, has another type, or is a moment that does not exist.
    """
    incident = Incident.of(_validate(document))
    # The schema lets 30 February pass.
    _ = incident.id, incident.duration_ms
    return incident


def read(documents: Documents, identity: str) -> dict[str, Any] | None:
    """The incident with this id, as it is shown; None when it is no longer kept.

    Raises
    ------
    BrokenDocument
        When the document is no incident.
    """
    found = _load(documents, identity)
    return found[0].document() if found else None


def unended(documents: Documents, site: str) -> Incident | None:
    """The newest incident of *site* if it is open. One that cannot be read is passed over."""
    after: str | None = ""
    while after is not None:
        identities, after = page(documents, site=site, after=after, limit=1)
        for identity in identities:
            try:
                found = _load(documents, identity)
            except BrokenDocument as error:
                logger.error("incident not read", site=site, reason=describe(error))
                continue
            if found:
                return found[0] if found[0].ended_at is None else None
    return None


def _load(documents: Documents, identity: str) -> tuple[Incident, str] | None:
    key = f"{PREFIX}{identity}{_SUFFIX}"
    stored = documents.get(key)
    if stored is None:
        return None
    try:
        incident = parse(stored.value)
        if incident.id != identity:
            raise ValueError(f"it is the document of {incident.id}")
    except ValueError as error:
        raise BrokenDocument(key, error, stored.etag) from None
    return incident, stored.etag
