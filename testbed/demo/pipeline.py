"""The deployed pipeline, as it can be watched from outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import requests

from testbed.aws.logs import log_lines
from testbed.control.clock import Clock, check_firings
from testbed.control.inbox import Confirmation, Email, Inbox
from testbed.control.journal import Journal
from testbed.control.subscriptions import confirm
from testbed.demo.sites import SITES_OUTPUT
from testbed.demo.trail import Trail, find_trail
from testbed.errors import TestbedError
from testbed.machine.waiting import WaitedTooLong, until
from testbed.session import api_url

if TYPE_CHECKING:
    from testbed.session import Session

T = TypeVar("T")

MONITOR = "website-monitor"
RECORDER = "incident-recorder"
API = "status-api"

LIMIT_SECONDS = 15.0
_REQUEST_LIMIT_SECONDS = 30.0
_LOG_LINES_SHOWN = 15


class Pipeline:
    """What the demo does to the pipeline, and what it can see of it."""

    def __init__(self, session: Session) -> None:
        self._aws = session.aws
        self._stack_name = session.project.stack_name
        self._outputs = session.outputs()
        self._inbox = Inbox(session.endpoint)
        self._clock = Clock(session.endpoint)
        self._journal = Journal(session.endpoint)
        self.api_url = api_url(self._outputs, session.endpoint_url) or ""

    @cached_property
    def _http(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False  # no proxy on the way to 127.0.0.1
        return session

    @property
    def sites_uri(self) -> str:
        """Where the list of sites belongs."""
        return self._outputs[SITES_OUTPUT]

    def upload_sites(self, content: bytes) -> None:
        """Replace the list of sites."""
        bucket, _, key = self.sites_uri.removeprefix("s3://").partition("/")
        self._aws.s3.put_object(Bucket=bucket, Key=key, Body=content)

    def confirm_subscriptions(self) -> list[Confirmation]:
        """Follow the links in the emails by which SNS asks who is to get alerts.

        Raises
        ------
        TestbedError
            If an email does not come, or its link does not work.
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

    def request_check(self, site: str) -> None:
        """Have the API request a check of one site."""
        self._request("POST", "/checks", json={"sites": [site]})

    def statuses(self) -> list[dict[str, Any]]:
        """Return what the API says of each site."""
        sites: list[dict[str, Any]] = self._request("GET", "/status")["sites"]
        return sites

    def incident_at_api(self, identity: str, site: str, status: str) -> dict[str, Any] | None:
        """Return an incident if the API shows it with this status."""
        shown = self._request("GET", "/incidents", params={"site": site})["incidents"]
        return next(
            (one for one in shown if one["id"] == identity and one["status"] == status), None
        )

    def incident_in_bucket(self, identity: str, status: str) -> dict[str, Any] | None:
        """Return the document of an incident if it has this status."""
        document = self._document(f"incidents/{identity}.json")
        return document if document and document["status"] == status else None

    def state(self, site: str) -> dict[str, Any] | None:
        """Return what the monitor knows of a site, if it was checked."""
        return self._document(f"state/{site}.json")

    def emails(self) -> list[Email]:
        """Return all emails, oldest first."""
        return self._inbox.emails()

    def journal_position(self) -> int:
        """Return where the journal is now."""
        return self._journal.position()

    def trail(self, since: int, subject: str, document: str) -> Trail | None:
        """Return the way of the news in an email to a document in the bucket, once it is there."""
        return find_trail(self._journal.entries(since), subject, document)

    def await_(self, what: str, probe: Callable[[], T | None], function: str, since: datetime) -> T:
        """Poll until a probe finds something, and return that.

        Parameters
        ----------
        what
            What is waited for, as in "After 15 s there is still no …."
        function, since
            The function whose log explains why it does not come, and where to begin.

        Raises
        ------
        TestbedError
            After ``LIMIT_SECONDS``.
        """
        try:
            return until(probe, within=LIMIT_SECONDS, what=what)
        except WaitedTooLong as error:
            lines = log_lines(self._aws, [function], since)[-_LOG_LINES_SHOWN:]
            raise TestbedError(
                str(error),
                advice=f"The log of {function} should say why. To look further: testbed demo"
                f" --keep, then testbed logs {function}.",
                details="\n".join(line.message for line in lines)
                or f"{function} has logged nothing.",
            ) from error

    def _document(self, key: str) -> dict[str, Any] | None:
        try:
            body = self._aws.s3.get_object(Bucket=self._outputs["BucketName"], Key=key)["Body"]
        except self._aws.s3.exceptions.NoSuchKey:
            return None
        document: dict[str, Any] = json.load(body)
        return document

    def _request(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            response = self._http.request(
                method, self.api_url + path, timeout=_REQUEST_LIMIT_SECONDS, **options
            )
            response.raise_for_status()
            answer: dict[str, Any] = response.json()
        except requests.RequestException as error:
            refused = error.response
            raise TestbedError(
                f"{method} {path} at the API failed: {error}",
                advice=f"The log of {API} should say why: testbed logs {API}",
                details=refused.text if refused is not None else "",
            ) from error
        return answer
