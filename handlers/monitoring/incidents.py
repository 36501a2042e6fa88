"""Incidents: outages of one site, from the check that found it down to the one that found it up.

Each is a document at ``incidents/{inverted epoch ms}-{site}.json``. S3 lists keys in ascending
order; the inverted time lists the newest first:
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
"""The number of incidents to search, at most, for a page of one site's incidents."""

_SUFFIX = ".json"
_DIGITS = 13
_LAST_MS = 10**_DIGITS - 1
_KEY = re.compile(f"{PREFIX}([0-9]{{{_DIGITS}}}-{NAME_PATTERN}){re.escape(_SUFFIX)}")

_validate = schemas.validator("incident")


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An outage. ``ended_at`` is None while it lasts; ``reason`` is the result of the first check.

    ``end_reason`` is why an incident ended, if not because the site recovered.
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
        """Starts with the milliseconds from the start to the year 2286: newer sorts first."""
        return f"{_LAST_MS - epoch_ms(self.started_at):0{_DIGITS}}-{self.site}"

    @property
    def key(self) -> str:
        """The key of its document."""
        return f"{PREFIX}{self.id}{_SUFFIX}"

    @property
    def duration_ms(self) -> int | None:
        """Its duration; None while it lasts."""
        if self.ended_at is None:
            return None
        return epoch_ms(self.ended_at) - epoch_ms(self.started_at)

    def ended(self, at: str, reason: str | None = None) -> Incident:
        """Return the ended incident; it never ends before its start, even if a clock is wrong."""
        return replace(self, ended_at=max(at, self.started_at), end_reason=reason)

    def document(self) -> dict[str, Any]:
        """Return the document to store and to show, without ``end_reason`` if there is none."""
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
        """Return the incident in a document or an alert; derived fields are ignored.

        Raises
        ------
        KeyError
            If a field is missing.
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
    """Return the later version of the same incident.

    Versions differ only in the end, which the later one has. So neither the order nor the number of
    alerts matters, and a late DOWN alert does not reopen a closed incident.
    """
    return max(one, other, key=lambda version: (version.ended_at or "", version.end_reason or ""))


def record(documents: Documents, version: Incident) -> bool:
    """Record a version of an incident; return whether that changed the document.

    Raises
    ------
    Contended
        If other writers kept changing the incident.
    BrokenDocument
        If the stored incident cannot be read. If it is deleted, the next alert records it again.
    """
    for attempt in range(WRITE_ATTEMPTS):
        # The start of an outage is usually new: write it without reading first.
        expect_none = attempt == 0 and version.ended_at is None
        found = None if expect_none else _load(documents, version.id)
        known, etag = found or (None, None)
        merged = merge(known, version) if known else version
        if merged == known:
            return False
        try:
            documents.put(version.key, merged.document(), replacing=etag)
        except Conflict:
            continue
        return True
    raise Contended(version.key)


def page(
    documents: Documents, *, site: str = "", after: str = "", limit: int
) -> tuple[list[str], str | None]:
    """Return the ids of at most *limit* incidents, newest first: of one *site*, or of all.

    The page starts behind the incident *after*. The second value is the *after* of the next page,
    or None if this is the last one. With a *site*, a page may be short, or even empty, and still
    not be the last: it searches at most :data:`SCANNED` incidents.
    """
    found: list[str] = []
    last = after
    keys = documents.keys(
        PREFIX,
        after=f"{PREFIX}{after}{_SUFFIX}" if after else "",
        page=1000 if site else limit + 1,
    )
    matches = map(_KEY.fullmatch, keys)  # other objects are ignored
    for scanned, match in enumerate(match for match in matches if match):
        if len(found) == limit or scanned == SCANNED:
            return found, last
        last = match[1]
        if not site or last[_DIGITS + 1 :] == site:
            found.append(last)
    return found, None


def parse(document: dict[str, Any]) -> Incident:
    """Return the incident in a document or an alert, which is validated.

    Raises
    ------
    ValueError
        If a field is missing, has another type, or is a time that does not exist.
    """
    incident = Incident.of(_validate(document))
    # Computed for their errors: the schema accepts a date such as 30 February.
    _ = incident.id, incident.duration_ms
    return incident


def read(documents: Documents, identity: str) -> dict[str, Any] | None:
    """Return the document of the incident with this id; None if there is none.

    Raises
    ------
    BrokenDocument
        If the document is not an incident.
    """
    found = _load(documents, identity)
    return found[0].document() if found else None


def unended(documents: Documents, site: str) -> Incident | None:
    """Return the newest incident of *site* if it is open; one that cannot be read is skipped."""
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
