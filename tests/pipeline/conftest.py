"""The deployed pipeline through AWS APIs, and websites for it to watch.

Each test monitors its own websites under unique names, so that tests can share one deployed
stack.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed import Aws, Clock, Email, Inbox, MakeWebsite, RunningTestbed, Website
from testbed.demo.status_api import StatusApi
from testbed.deployment.deploy import deploy
from testbed.machine.waiting import until
from tests.conftest import Deployed
from tests.pipeline.known_differences import KNOWN_DIFFERENCES

HERE = Path(__file__).parent
# The pipeline's promise to its users: the limit from a check to its alert.
PROMISE_SECONDS = 15.0
# Polling more often would slow down what is waited for.
POLL_SECONDS = 0.05


@dataclass
class DeployedPipeline:
    """What a test does with the pipeline, and what it observes of it."""

    testbed: RunningTestbed
    api_url: str
    stack: str
    outputs: Mapping[str, str]

    @property
    def aws(self) -> Aws:
        """Clients of the AWS SDK."""
        return self.testbed.aws

    @property
    def inbox(self) -> Inbox:
        """The inbox; the test is skipped on a target without one."""
        return self.testbed.inbox

    @property
    def clock(self) -> Clock:
        """The clock of the schedules; the test is skipped on a target where it cannot be moved."""
        return self.testbed.clock

    def declare(self, *sites: dict[str, Any]) -> None:
        """Upload a list of sites to monitor."""
        self.put_sites(yaml.safe_dump({"sites": list(sites)}).encode())

    def put_sites(self, content: bytes) -> None:
        """Upload any content as ``sites.yaml``."""
        self.aws.s3.put_object(Bucket=self.outputs["BucketName"], Key="sites.yaml", Body=content)

    def check(self) -> dict[str, Any]:
        """Invoke the monitor once, and return its error and payload."""
        answer = self.aws.lambda_.invoke(FunctionName="website-monitor", Payload=b"{}")
        payload = json.loads(answer["Payload"].read())
        return {"error": answer.get("FunctionError"), "payload": payload}

    @cached_property
    def api(self) -> StatusApi:
        """A client of the REST API."""
        return StatusApi(self.api_url)

    def incidents(self, site: str) -> list[dict[str, Any]]:
        """Return a site's incidents from the API, newest first."""
        return self.api.incidents(site)

    def emails(self, site: str) -> list[Email]:
        """Return the emails whose subject names a site."""
        return [email for email in self.inbox.emails() if site in email.subject]

    def await_incident(self, site: str, status: str, count: int = 1) -> dict[str, Any]:
        """Wait until the API has ``count`` incidents of a site with a status; return the newest."""

        def newest() -> dict[str, Any] | None:
            shown = [each for each in self.incidents(site) if each["status"] == status]
            return shown[0] if len(shown) >= count else None

        what = f"{status} incident of {site} at the API"
        return until(newest, within=PROMISE_SECONDS, what=what, every=POLL_SECONDS)

    def await_emails(self, site: str, count: int) -> list[Email]:
        """Wait until ``count`` emails about a site have arrived, and return them."""
        return until(
            lambda: emails if len(emails := self.emails(site)) >= count else None,
            within=PROMISE_SECONDS,
            what=f"{count} emails about {site}",
            every=POLL_SECONDS,
        )

    def messages(self, queue_url: str) -> list[dict[str, Any]]:
        """Receive and delete the messages in a queue, at most ten."""
        answer = self.aws.sqs.receive_message(
            QueueUrl=queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        taken = answer.get("Messages", [])
        for message in taken:
            self.aws.sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        return [dict(message) for message in taken]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Expect the known differences of a target to fail."""
    known = KNOWN_DIFFERENCES.get(config.getoption("--testbed-target"), {})
    for item in items:
        if item.path.parent == HERE and (cause := known.get(f"{item.path.name}::{item.name}")):
            item.add_marker(pytest.mark.xfail(reason=cause, strict=True))


@pytest.fixture
def deployed(running_testbed: Deployed) -> Deployed:
    """The stack that tests use; modules may override this."""
    return running_testbed


@pytest.fixture
def pipeline(deployed: Deployed) -> DeployedPipeline:
    """The deployed pipeline."""
    return DeployedPipeline(
        testbed=deployed.testbed,
        api_url=deployed.api_url,
        stack=deployed.stack,
        outputs=deployed.outputs,
    )


@dataclass(frozen=True)
class WatchedSite:
    """A test's own website, and its entry in ``sites.yaml``."""

    name: str
    website: Website
    entry: dict[str, Any]


@pytest.fixture
def new_site(website: MakeWebsite) -> Callable[..., WatchedSite]:
    """A function that creates websites; its options are keys of the entry in ``sites.yaml``."""

    def make(**options: Any) -> WatchedSite:
        name = f"site-{uuid.uuid4().hex[:8]}"
        made = website("<h1>All is well</h1>")
        entry = {"name": name, "url": made.url, "expect": "All is well", **options}
        return WatchedSite(name, made, entry)

    return make


@pytest.fixture
def site(new_site: Callable[..., WatchedSite], pipeline: DeployedPipeline) -> WatchedSite:
    """A website that the pipeline monitors and has found up."""
    made = new_site()
    pipeline.declare(made.entry)
    assert pipeline.check()["error"] is None
    return made


@pytest.fixture(params=("rule", "scheduler"))
def trigger(
    request: pytest.FixtureRequest, testbed: RunningTestbed, deployed: Deployed
) -> Iterator[str]:
    """A value of the template's parameter ``Trigger``, deployed for the duration of the test."""
    is_usual = request.param == "rule"
    project = replace(testbed.session.project, uploads=())  # a test's list of sites is its own
    if not is_usual:
        changed = project.with_parameters({"Trigger": str(request.param)})
        deploy(changed, deployed.aws, lambda message: None)
    yield str(request.param)
    if not is_usual:
        deploy(project, deployed.aws, lambda message: None)
