"""The demo's story: websites are listed and checked, one breaks, and recovers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from testbed.control.inbox import Email
from testbed.demo import status_api
from testbed.demo.checklist import Checklist
from testbed.demo.pipeline import MONITOR, RECORDER, DemoPipeline
from testbed.demo.sites import SiteEntry
from testbed.project.uploads import Upload
from testbed.terminal import console
from testbed.terminal.console import text
from testbed.trace.tree import tree

if TYPE_CHECKING:
    from rich.text import Text

    from testbed.trace.chains import Step
    from testbed.websites.websites import Websites

T = TypeVar("T")

_ALERT_ID = re.compile(r"^Alert: +(\S+)$", re.MULTILINE)

# Steps of both changes.
_CHECKED = "site checked"
_PUBLISHED = "alert published"
_EMAILED = "email received"


@dataclass(frozen=True)
class _Change:
    """A change of a site's status, and the words for it."""

    title: str
    status: str
    incident: str
    recorded: str
    shown: str


_BREAKS = _Change("breaks", "DOWN", "OPEN", "incident recorded", "open at API")
_RECOVERS = _Change("recovers", "UP", "CLOSED", "incident closed", "closed at API")


class Story:
    """The chapters of the story, to be called in this order.

    Parameters
    ----------
    websites
        The testbed's websites.
    ours
        Those that are monitored.
    real
        Real websites that are monitored, too, and may be up or down.
    """

    def __init__(
        self,
        pipeline: DemoPipeline,
        websites: Websites,
        ours: tuple[SiteEntry, ...],
        real: tuple[SiteEntry, ...],
    ) -> None:
        self._pipeline = pipeline
        self._websites = websites
        self._ours = ours
        self._sites = (*ours, *real)
        self._traces: list[tuple[str, Step]] = []

    def list_sites(self, upload: Upload) -> None:
        """Upload the list of sites."""
        heading("The monitored sites")
        width = max(len(site.name) for site in self._sites)
        for site in self._sites:
            expects = f"  must contain “{site.expect}”" if site.expect else ""
            console.output.print(text(f"  {site.name:<{width}}  {site.url}", (expects, "dim")))
        self._pipeline.upload_sites(upload.content())
        say(f"Uploaded to {self._pipeline.sites_uri}: the next check reads it.")

    def confirm_subscriptions(self) -> None:
        """Confirm the subscription to alerts, as its recipient has to."""
        heading("Who gets alerts")
        for asked in self._pipeline.confirm_subscriptions():
            say(f"SNS sent a confirmation link to {asked.address}; alerts follow once it is used.")
            say("Followed the link, as `testbed inbox confirm` does.")

    def first_check(self) -> None:
        """Fire the schedule, and show what the API says of the sites then."""
        heading("The first check")
        since = _now()
        self._pipeline.tick()
        say("Fired the schedule, as EventBridge does every minute. GET /status says:")
        with console.progress.status("waiting for the first check"):
            statuses = self._pipeline.await_(
                "check that found the websites up",
                lambda: self._all_checked(since),
                MONITOR,
                since,
            )
        width = max(len(site["name"]) for site in statuses)
        for site in statuses:
            up = site["status"] == "UP"
            console.output.print(
                text(
                    ("  ● ", "green" if up else "red"),
                    f"{site['name']:<{width}}  {site['status']:<4}",
                    (f"  {site['latency_ms']:>5} ms  ", "dim"),
                    (site["reason"] or f"HTTP {site['http_status']}", "dim"),
                )
            )

    def _all_checked(self, since: datetime) -> list[dict[str, Any]] | None:
        statuses = self._pipeline.api.sites()
        ours = {site.name for site in self._ours}
        for site in statuses:
            new = site["checked_at"] is not None and _moment(site["checked_at"]) >= _cut(since)
            if not new or (site["name"] in ours and site["status"] != "UP"):
                return None
        return statuses

    def outage(self, website: str) -> str:
        """Break a website and follow the alert; return the incident's id."""
        heading(f"{website} breaks")
        self._websites.answers(website, HTTPStatus.SERVICE_UNAVAILABLE)
        since = _now()
        self._pipeline.tick()
        say("It answers 503 from now on. Fired the schedule again.")
        return self._follow(website, _BREAKS, since)

    def recovery(self, website: str, incident: str) -> None:
        """Repair a website and follow the recovery alert."""
        heading(f"{website} recovers")
        self._websites.recovers(website)
        since = _now()
        self._pipeline.api.request_check(website)
        say("It works again. Requested a check at the API: POST /checks.")
        self._follow(website, _RECOVERS, since, incident)

    def show_traces(self) -> None:
        """Draw the trace of each change, as ``testbed trace`` does."""
        for title, trace in self._traces:
            heading(f"{title}: the trace")
            console.wide.print(console.tree(tree(trace)))

    def _follow(
        self,
        site: str,
        change: _Change,
        since: datetime,
        incident: str | None = None,
    ) -> str:
        """Follow an alert to the API; return the incident's id."""
        pipeline, status = self._pipeline, change.incident
        checklist = Checklist([_CHECKED, _PUBLISHED, _EMAILED, change.recorded, change.shown])

        def wait(what: str, probe: Callable[[], T | None], function: str) -> T:
            return pipeline.await_(what, probe, function, since)

        with _live(checklist):
            email = wait(
                f"email that says {site} is {change.status}",
                lambda: self._email(site, change.status),
                MONITOR,
            )
            state = wait(f"state of {site}", lambda: pipeline.state(site), MONITOR)
            checklist.check_off(_CHECKED, state["reason"] or f"HTTP {state['http_status']}")
            checklist.check_off(_PUBLISHED, _alert_id(email))
            checklist.check_off(_EMAILED, email.subject)

            identity = incident or str(state["incident"]["id"])
            key = f"incidents/{identity}.json"
            wait(
                f"{status} incident in S3 ({key})",
                lambda: pipeline.incident_in_bucket(identity, status),
                RECORDER,
            )
            checklist.check_off(change.recorded, key)

            shown = wait(
                f"{status} incident of {site} at the API",
                lambda: pipeline.incident_at_api(identity, site, status),
                status_api.FUNCTION,
            )
            checklist.check_off(change.shown, f"GET /incidents: {_described(shown)}")

            # The journal has an invocation only after it ended.
            trace = wait(
                f"trace from the check to {key} in the journal",
                lambda: pipeline.finished_trace(email, key),
                RECORDER,
            )
        console.output.print(checklist.view())
        self._traces.append((f"{site} {change.title}", trace))
        return identity

    def _email(self, site: str, status: str) -> Email | None:
        for email in self._pipeline.emails():
            words = email.subject.split()
            if site in words and status in words:
                return email
        return None


def heading(title: str) -> None:
    """Print the heading of a chapter."""
    console.output.print()
    console.output.rule(text((title, "bold")), align="left", style="dim")


def say(sentence: str) -> None:
    """Print a sentence of the story."""
    console.output.print(text(f"  {sentence}"))


@contextmanager
def _live(checklist: Checklist) -> Iterator[None]:
    """Show the checklist on a terminal while it is being checked off."""

    def view() -> Text:
        shown = checklist.view()
        shown.no_wrap, shown.overflow = True, "ellipsis"
        return shown

    with console.live(view):
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
    """Cut a moment to whole milliseconds, the pipeline's precision."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)
