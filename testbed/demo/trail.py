"""The way of one piece of news through the pipeline, as the journal has it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from testbed.control.journal import JournalEntry
from testbed.trace.chains import Step, link


@dataclass(frozen=True)
class Trail:
    """When what happened; all times are those at which it began.

    Parameters
    ----------
    origin
        The firing of the schedule, or the request to the API.
    check
        The check of the site.
    cold
        Functions that had to be started for it, and how long that took in milliseconds.
    """

    origin: datetime
    check: datetime
    published: datetime
    mailed: datetime
    recorded: datetime
    cold: dict[str, float]


def find_trail(entries: Iterable[JournalEntry], subject: str, document: str) -> Trail | None:
    """Return the way of an email's news, once it has reached a document in a bucket."""
    for email in link(entries):
        if email.entry.kind == "email" and email.entry["subject"] == subject:
            publish = _above(email, "operation", "Publish")
            check = _above(publish, "kind", "invocation") if publish else None
            stored = _stored(publish, document) if publish else None
            if publish and check and stored:
                root = email.roots()[0]
                return Trail(
                    origin=root.entry.time,
                    check=check.entry.time,
                    published=publish.entry.time,
                    mailed=email.entry.time,
                    recorded=stored.entry.time,
                    cold=_cold_starts(root),
                )
    return None


def _above(step: Step, name: str, value: str) -> Step | None:
    """Return the nearest step before this one of which the entry says something."""
    waiting = list(step.parents)
    while waiting:
        before = waiting.pop(0)
        if before.entry[name] == value:
            return before
        waiting += before.parents
    return None


def _stored(publish: Step, document: str) -> Step | None:
    stored = [
        step
        for step in publish.walk()
        if step.entry["operation"] == "PutObject"
        and step.entry["resource"].endswith(f"/{document}")
    ]
    return stored[0] if stored else None


def _cold_starts(root: Step) -> dict[str, float]:
    reports = {
        step.entry["resource"]: step.entry["report"] or {}
        for step in root.walk()
        if step.entry.kind == "invocation"
    }
    return {
        function: report["init_ms"] for function, report in reports.items() if "init_ms" in report
    }
