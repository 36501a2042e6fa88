"""The deployed pipeline through AWS APIs, and websites for it to watch.

Each test declares websites with names of its own, so that tests share one deployed stack without
seeing one another.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import yaml

from testbed.aws import Aws
from testbed.demo.websites import Page, Website
from testbed.inbox import Inbox, Mail
from testbed.logs import log_lines, stack_functions
from testbed.schedules import ScheduleClock
from testbed.waiting import until
from tests.conftest import RunningTestbed

# What the pipeline promises its users: an alert within so many seconds of a check.
PROMISE_SECONDS = 15.0


@dataclass
class Pipeline:
    """What a test does to the pipeline, and what it can see of it."""

    aws: Aws
    inbox: Inbox
    clock: ScheduleClock
    api_url: str
    stack: str
    outputs: dict[str, str]
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    def declare(self, *sites: dict[str, Any]) -> None:
        """Make these the sites to watch, as an upload of ``sites.yaml`` does."""
        self.put_sites(yaml.safe_dump({"sites": list(sites)}).encode())

    def put_sites(self, content: bytes) -> None:
        """Upload any content as ``sites.yaml``."""
        self.aws.s3.put_object(Bucket=self.outputs["BucketName"], Key="sites.yaml", Body=content)

    def check(self) -> dict[str, Any]:
        """Run the monitor once, to its end, and return Lambda's answer."""
        answer = self.aws.lambda_.invoke(FunctionName="website-monitor", Payload=b"{}")
        payload = json.loads(answer["Payload"].read())
        return {"error": answer.get("FunctionError"), "payload": payload}

    def api(self, method: str, path: str, **options: Any) -> requests.Response:
        """Call the REST API."""
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.api_url + path, timeout=30, **options)

    def incidents(self, site: str) -> list[dict[str, Any]]:
        """Return a site's incidents, newest first, as the API shows them."""
        shown = self.api("GET", "/incidents", params={"site": site})
        shown.raise_for_status()
        return list(shown.json()["incidents"])

    def mails(self, site: str) -> list[Mail]:
        """Return the mails whose subject names a site."""
        return [mail for mail in self.inbox.mails() if site in mail.subject]

    def await_incident(self, site: str, status: str) -> dict[str, Any]:
        """Wait until the API shows an incident of a site with a status, and return it."""
        return until(
            lambda: next((i for i in self.incidents(site) if i["status"] == status), None),
            within=PROMISE_SECONDS,
            what=f"{status} incident of {site} at the API",
        )

    def await_mails(self, site: str, count: int) -> list[Mail]:
        """Wait until so many mails about a site have arrived, and return them."""
        return until(
            lambda: mails if len(mails := self.mails(site)) >= count else None,
            within=PROMISE_SECONDS,
            what=f"{count} mails about {site}",
        )

    def messages(self, queue_url: str) -> list[dict[str, Any]]:
        """Take what waits in a queue."""
        answer = self.aws.sqs.receive_message(
            QueueUrl=queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        taken = answer.get("Messages", [])
        for message in taken:
            self.aws.sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        return [dict(message) for message in taken]

    def report(self) -> str:
        """Describe queues, mails and logs, for a test that failed."""
        lines = ["queues:"]
        for name in ("IncidentQueueUrl", "IncidentDeadLetterQueueUrl", "MonitorDeadLetterQueueUrl"):
            attributes = self.aws.sqs.get_queue_attributes(
                QueueUrl=self.outputs[name], AttributeNames=["All"]
            )["Attributes"]
            waiting, taken = (
                attributes["ApproximateNumberOfMessages"],
                attributes["ApproximateNumberOfMessagesNotVisible"],
            )
            lines.append(f"  {name}: {waiting} waiting, {taken} in flight")
        lines.append("mails:")
        lines += [f"  {mail.sent} {mail.subject}" for mail in self.inbox.mails()]
        lines.append("logs:")
        functions = stack_functions(self.aws, self.stack)
        since = self.started - timedelta(seconds=1)
        lines += [
            f"  {line.time:%H:%M:%S.%f} {line.function} {line.message}"
            for line in log_lines(self.aws, functions, since)
        ]
        return "\n".join(lines)


@pytest.fixture
def deployed(running_testbed: RunningTestbed) -> RunningTestbed:
    """What a test works on; modules may choose another one."""
    return running_testbed


@pytest.fixture
def pipeline(deployed: RunningTestbed, request: pytest.FixtureRequest) -> Pipeline:
    """The deployed pipeline; a test that fails shows its queues, mails and logs."""
    made = Pipeline(
        aws=Aws(deployed.endpoint_url, "us-east-1"),
        inbox=Inbox(deployed.endpoint_url),
        clock=ScheduleClock(deployed.endpoint_url),
        api_url=deployed.api_url,
        stack=deployed.stack,
        outputs=deployed.outputs,
    )
    request.node.stash[_PIPELINE] = made
    return made


_PIPELINE = pytest.StashKey[Pipeline]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what the pipeline knows to the report of a test that failed."""
    report = yield
    if report.failed and call.when == "call" and _PIPELINE in item.stash:
        report.sections.append(("pipeline", item.stash[_PIPELINE].report()))
    return report


@dataclass(frozen=True)
class WatchedSite:
    """A website of a test's own, and its entry in ``sites.yaml``."""

    name: str
    website: Website
    entry: dict[str, Any]


@pytest.fixture
def new_site(deployed: RunningTestbed) -> Iterator[Callable[..., WatchedSite]]:
    """Makes websites; options are further keys of the entry in ``sites.yaml``."""
    made: list[Website] = []

    def make(**options: Any) -> WatchedSite:
        name = f"site-{uuid.uuid4().hex[:8]}"
        page = Page(name, "text/html", "<h1>All is well</h1>", "All is well")
        website = Website(page, deployed.host)
        made.append(website)
        entry = {"name": name, "url": website.url, "expect": "All is well", **options}
        return WatchedSite(name, website, entry)

    yield make
    for website in made:
        website.close()


@pytest.fixture
def site(new_site: Callable[..., WatchedSite], pipeline: Pipeline) -> WatchedSite:
    """One website, declared to the pipeline, and known to be up."""
    made = new_site()
    pipeline.declare(made.entry)
    assert pipeline.check()["error"] is None
    return made
