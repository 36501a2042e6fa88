"""The deployed pipeline, as the demo uses and observes it from outside."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from testbed.aws.addresses import api_url
from testbed.aws.logs import log_lines
from testbed.aws.objects import put_if_new
from testbed.control.clock import Clock, check_firings
from testbed.control.inbox import Confirmation, Email, Inbox
from testbed.control.journal import Journal, JournalEntry
from testbed.control.subscriptions import confirm
from testbed.demo.sites import SITES_OUTPUT
from testbed.demo.status_api import StatusApi
from testbed.errors import TestbedError
from testbed.machine.waiting import WaitedTooLong, until
from testbed.trace.chains import Step, find_chains

if TYPE_CHECKING:
    from testbed.session import Session

T = TypeVar("T")

MONITOR = "website-monitor"
RECORDER = "incident-recorder"

_LIMIT_SECONDS = 15.0
_LOG_LINES_SHOWN = 15


class DemoPipeline:
    """What the demo does with the pipeline, and what it observes of it."""

    def __init__(self, session: Session) -> None:
        self._aws = session.aws
        self._stack_name = session.project.stack_name
        self._outputs = session.outputs()
        self._inbox = Inbox(session.endpoint)
        self._clock = Clock(session.endpoint)
        self._journal = Journal(session.endpoint)
        self.api = StatusApi(api_url(self._aws, self._stack_name, self._outputs) or "")

    @property
    def sites_uri(self) -> str:
        """The S3 URI of the list of sites."""
        return self._outputs[SITES_OUTPUT]

    def upload_sites(self, content: bytes) -> None:
        """Replace the list of sites."""
        put_if_new(self._aws, self.sites_uri, content)

    def confirm_subscriptions(self) -> list[Confirmation]:
        """Follow the confirmation links in the emails from SNS.

        Raises
        ------
        TestbedError
            If an email does not arrive, or its link does not work.
        """
        return confirm(self._aws, self._inbox, self._stack_name)

    def tick(self) -> None:
        """Fire the schedule.

        Raises
        ------
        TestbedError
            If that fails.
        """
        check_firings([self._clock.fire()])

    def incident_at_api(self, identity: str, site: str, status: str) -> dict[str, Any] | None:
        """Return an incident if the API shows it with this status."""
        for incident in self.api.incidents(site):
            if incident["id"] == identity and incident["status"] == status:
                return incident
        return None

    def incident_in_bucket(self, identity: str, status: str) -> dict[str, Any] | None:
        """Return the document of an incident if it has this status."""
        document = self._document(f"incidents/{identity}.json")
        return document if document and document["status"] == status else None

    def state(self, site: str) -> dict[str, Any] | None:
        """Return the stored state of a site, if it was checked."""
        return self._document(f"state/{site}.json")

    def emails(self) -> list[Email]:
        """Return all emails, oldest first."""
        return self._inbox.emails()

    def finished_trace(self, email: Email, document: str) -> Step | None:
        """Return the trace of an alert, once it is complete; see :func:`finished_trace`."""
        return finished_trace(self._journal.entries(), email, document)

    def await_(self, what: str, probe: Callable[[], T | None], function: str, since: datetime) -> T:
        """Poll until a probe finds something, and return that.

        Parameters
        ----------
        what
            What is waited for, for the error's message.
        function, since
            The function whose log explains a failure, and the beginning of the log to show.

        Raises
        ------
        TestbedError
            If the probe finds nothing within 15 seconds.
        """
        try:
            return until(probe, within=_LIMIT_SECONDS, what=what)
        except WaitedTooLong as error:
            lines = log_lines(self._aws, [function], since)[-_LOG_LINES_SHOWN:]
            raise TestbedError(
                str(error),
                advice=f"See the log of {function}: run testbed demo --keep, then testbed logs"
                f" {function}.",
                details="\n".join(line.message for line in lines) or f"{function} logged nothing.",
            ) from error

    def _document(self, key: str) -> dict[str, Any] | None:
        try:
            body = self._aws.s3.get_object(Bucket=self._outputs["BucketName"], Key=key)["Body"]
        except self._aws.s3.exceptions.NoSuchKey:
            return None
        document: dict[str, Any] = json.load(body)
        return document


def finished_trace(entries: Iterable[JournalEntry], email: Email, document: str) -> Step | None:
    """Return the trace of an alert, once its incident is recorded.

    Parameters
    ----------
    email
        The email with the alert.
    document
        The key of the incident in the bucket.
    """
    for root in find_chains(entries, email.id):
        found = [step.entry for step in root.walk()]
        stored = any(
            entry["operation"] == "PutObject" and entry["resource"].endswith(f"/{document}")
            for entry in found
        )
        if stored and any(entry["action"] == "deleted" for entry in found):
            return root
    return None
