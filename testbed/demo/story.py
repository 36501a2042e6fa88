"""The story that the demo tells: sites are listed and checked, one breaks, it recovers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from testbed.control.inbox import Email
from testbed.demo.hosting import HostedWebsite
from testbed.demo.pipeline import API, MONITOR, RECORDER, Pipeline
from testbed.demo.sites import Site
from testbed.demo.timeline import JOURNAL, Hop, Timeline, chart, checklist
from testbed.project.project import Upload
from testbed.terminal.console import live, output, progress, text

if TYPE_CHECKING:
    from rich.text import Text

T = TypeVar("T")

_ALERT_ID = re.compile(r"^Alert: +(\S+)$", re.MULTILINE)

# The hops of both changes.
_CHECKED = "check begins"
_PUBLISHED = "alert published"
_EMAILED = "email received"


@dataclass(frozen=True)
class _Change:
    """A change of a site's status, and the words for it."""

    title: str
    cause: str
    status: str
    incident: str
    recorded: str
    shown: str


_BREAKS = _Change("breaks", "schedule fires", "DOWN", "OPEN", "incident recorded", "open at API")
_RECOVERS = _Change("recovers", "POST /checks", "UP", "CLOSED", "incident closed", "closed at API")


class Story:
    """Its chapters, to be told in their order.

    Parameters
    ----------
    websites
        The websites that can be broken.
    sites
        All that are watched: the websites, and real ones, which may be up or down.
    """

    def __init__(
        self, pipeline: Pipeline, websites: tuple[HostedWebsite, ...], sites: tuple[Site, ...]
    ) -> None:
        self._pipeline = pipeline
        self._websites = websites
        self._sites = sites
        self._timelines: list[Timeline] = []

    def list_sites(self, upload: Upload) -> None:
        """Upload the list of sites, which needs no deployment."""
        heading("The sites to watch")
        width = max(len(site.name) for site in self._sites)
        for site in self._sites:
            expects = f"  must contain “{site.expect}”" if site.expect else ""
            output.print(text(f"  {site.name:<{width}}  {site.url}", (expects, "dim")))
        self._pipeline.upload_sites(upload.content())
        say(f"Uploaded to {self._pipeline.sites_uri}: the next check reads it.")

    def confirm_subscriptions(self) -> None:
        """Follow the link in the first email of all, as its recipient has to."""
        heading("Who is alerted")
        for asked in self._pipeline.confirm_subscriptions():
            say(f"SNS has mailed a link to {asked.address}: no alert goes there before it is used.")
            say("Followed the link, as `testbed inbox confirm` does.")

    def first_check(self) -> None:
        """Fire the schedule, and show what the API says of the sites then."""
        heading("The first check")
        origin = _now()
        self._pipeline.tick()
        say("Fired the schedule, as EventBridge does every minute. GET /status says:")
        with progress.status("waiting for the first check"):
            statuses = self._pipeline.await_(
                "check that found the websites up",
                lambda: self._all_checked(origin),
                MONITOR,
                origin,
            )
        width = max(len(site["name"]) for site in statuses)
        for site in statuses:
            up = site["status"] == "UP"
            output.print(
                text(
                    ("  ● ", "green" if up else "red"),
                    f"{site['name']:<{width}}  {site['status']:<4}",
                    (f"  {site['latency_ms']:>5} ms  ", "dim"),
                    (site["reason"] or f"HTTP {site['http_status']}", "dim"),
                )
            )

    def _all_checked(self, origin: datetime) -> list[dict[str, Any]] | None:
        statuses = self._pipeline.statuses()
        ours = {website.name for website in self._websites}
        for site in statuses:
            new = site["checked_at"] is not None and _moment(site["checked_at"]) >= _cut(origin)
            if not new or (site["name"] in ours and site["status"] != "UP"):
                return None
        return statuses

    def outage(self, website: HostedWebsite) -> str:
        """Break a website and follow the alert; return the incident's id."""
        heading(f"{website.name} breaks")
        website.breaks()
        origin, before = _now(), self._pipeline.journal_position()
        self._pipeline.tick()
        say("It answers 503 from now on. Fired the schedule again.")
        return self._follow(website, _BREAKS, origin, before)

    def recovery(self, website: HostedWebsite, incident: str) -> None:
        """Repair a website and follow the all-clear."""
        heading(f"{website.name} recovers")
        website.repaired()
        origin, before = _now(), self._pipeline.journal_position()
        self._pipeline.request_check(website.name)
        say("It works again. Asked the API to check it now: POST /checks.")
        self._follow(website, _RECOVERS, origin, before, incident)

    def show_timelines(self) -> None:
        """Draw when each hop of both changes was reached."""
        heading("When it happened")
        output.print(chart(self._timelines))

    def _follow(
        self,
        website: HostedWebsite,
        change: _Change,
        origin: datetime,
        before: int,
        incident: str | None = None,
    ) -> str:
        pipeline, site, status = self._pipeline, website.name, change.incident
        hops = [_CHECKED, _PUBLISHED, _EMAILED, change.recorded, change.shown]
        timeline = Timeline(
            f"{site} {change.title}", change.cause, origin, [Hop(name) for name in hops]
        )

        def wait(what: str, probe: Callable[[], T | None], function: str) -> T:
            return pipeline.await_(what, probe, function, origin)

        with _live(timeline):
            email = wait(
                f"email that says {site} is {change.status}",
                lambda: self._email(site, change.status),
                MONITOR,
            )
            timeline.reach(_EMAILED, _now(), detail=email.subject)

            state = wait(f"state of {site}", lambda: pipeline.state(site), MONITOR)
            found = state["reason"] or f"HTTP {state['http_status']}"
            timeline.reach(_CHECKED, _moment(state["since"]), "state in S3", found)
            identity = incident or str(state["incident"]["id"])

            key = f"incidents/{identity}.json"
            wait(
                f"{status} incident in S3 ({key})",
                lambda: pipeline.incident_in_bucket(identity, status),
                RECORDER,
            )
            timeline.reach(change.recorded, _now(), detail=key)

            shown = wait(
                f"{status} incident of {site} at the API",
                lambda: pipeline.incident_at_api(identity, site, status),
                API,
            )
            timeline.reach(change.shown, _now(), detail=f"GET /incidents: {_described(shown)}")

            # The journal has an invocation when it is over, but it knows the true times.
            trail = wait(
                f"way from the check to {key} in the journal",
                lambda: pipeline.trail(before, email.subject, key),
                RECORDER,
            )
        timeline.origin = trail.origin
        timeline.reach(_CHECKED, trail.check, JOURNAL)
        timeline.reach(_PUBLISHED, trail.published, JOURNAL, _alert_id(email))
        timeline.reach(_EMAILED, trail.mailed, JOURNAL)
        timeline.reach(change.recorded, trail.recorded, JOURNAL)
        output.print(checklist(timeline))
        for function, milliseconds in trail.cold.items():
            timeline.notes.append(f"{function} started cold, which took {milliseconds:.0f} ms")
        self._timelines.append(timeline)
        return identity

    def _email(self, site: str, status: str) -> Email | None:
        for email in self._pipeline.emails():
            words = email.subject.split()
            if site in words and status in words:
                return email
        return None


def heading(title: str) -> None:
    """Begin a chapter."""
    output.print()
    output.rule(text((title, "bold")), align="left", style="dim")


def say(sentence: str) -> None:
    """Tell what is done."""
    output.print(text(f"  {sentence}"))


@contextmanager
def _live(timeline: Timeline) -> Iterator[None]:
    """Show on a terminal what is reached and what is waited for, as it happens."""

    def view() -> Text:
        shown = checklist(timeline)
        shown.no_wrap, shown.overflow = True, "ellipsis"
        return shown

    with live(view):
        yield


def _alert_id(email: Email) -> str:
    match = _ALERT_ID.search(email.body)
    assert match, email.body
    return match[1]


def _described(incident: dict[str, Any]) -> str:
    if incident["duration_ms"] is None:
        return f"{incident['status']}, {incident['severity']}"
    return f"{incident['status']} after {incident['duration_ms'] / 1000:.1f} s"


def _now() -> datetime:
    return datetime.now(UTC)


def _cut(moment: datetime) -> datetime:
    """Cut a moment to milliseconds, as the pipeline writes it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)
