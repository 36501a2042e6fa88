"""Reports of failed tests, which name the failed step of the chain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from testbed.control.faults import Faults
from testbed.machine.waiting import until
from testbed.pytest_plugin.report import explain, wrong
from testbed.pytest_plugin.running import RunningTestbed
from tests.pipeline.conftest import DeployedPipeline, WatchedSite

LIMIT_SECONDS = 20.0
POLL_SECONDS = 0.1
MONITOR, RECORDER, QUEUE = "website-monitor", "incident-recorder", "incident-queue"

type Break = Callable[[DeployedPipeline, Faults], AbstractContextManager[object]]


@contextmanager
def without_targets(pipeline: DeployedPipeline, rule: str) -> Iterator[None]:
    events = pipeline.aws.events
    targets = events.list_targets_by_rule(Rule=rule)["Targets"]
    events.remove_targets(Rule=rule, Ids=[target["Id"] for target in targets])
    try:
        yield
    finally:
        events.put_targets(Rule=rule, Targets=targets)


@contextmanager
def disabled_rule(pipeline: DeployedPipeline, rule: str) -> Iterator[None]:
    pipeline.aws.events.disable_rule(Name=rule)
    try:
        yield
    finally:
        pipeline.aws.events.enable_rule(Name=rule)


@contextmanager
def subscription_that_matches_nothing(pipeline: DeployedPipeline, protocol: str) -> Iterator[None]:
    sns, topic = pipeline.aws.sns, pipeline.outputs["AlertsTopicArn"]
    [arn] = [
        each["SubscriptionArn"]
        for each in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        if each["Protocol"] == protocol
    ]

    def set_filter(policy: str) -> None:
        sns.set_subscription_attributes(
            SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue=policy
        )

    set_filter('{"nothing": ["of this"]}')
    try:
        yield
    finally:
        set_filter("{}")


@contextmanager
def disabled_mapping(pipeline: DeployedPipeline) -> Iterator[None]:
    functions = pipeline.aws.lambda_
    [mapping] = functions.list_event_source_mappings(FunctionName=RECORDER)["EventSourceMappings"]

    def put(enabled: bool) -> None:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=enabled)
        wanted = "Enabled" if enabled else "Disabled"
        until(
            lambda: functions.get_event_source_mapping(UUID=mapping["UUID"])["State"] == wanted,
            within=LIMIT_SECONDS,
            what=f"mapping that is {wanted}",
        )

    put(False)
    try:
        yield
    finally:
        put(True)


@dataclass(frozen=True)
class Case:
    """A way to make one step fail, and the line of the report that names it.

    Parameters
    ----------
    by_api
        Whether to request the check at the API instead of firing the schedule.
    """

    breaks: Break
    line: str
    by_api: bool = False


CASES = {
    "the schedule has no target": Case(
        lambda pipeline, faults: without_targets(pipeline, "cron-rule"),
        "✗ schedule cron-rule fires: has no target",
    ),
    "EventBridge is denied the monitor": Case(
        lambda pipeline, faults: faults.error(
            "lambda.Invoke", code="AccessDeniedException", resource=MONITOR, caller="events"
        ),
        f"✗ EventBridge cron-rule → {MONITOR}: AccessDeniedException",
    ),
    "the monitor dies": Case(
        lambda pipeline, faults: faults.kill(MONITOR), f"✗ λ {MONITOR}: Runtime.ExitError"
    ),
    "the monitor is denied the sites": Case(
        lambda pipeline, faults: faults.error(
            "s3.GetObject", code="AccessDenied", caller=MONITOR, resource="*/sites.yaml"
        ),
        f"/sites.yaml by {MONITOR}: AccessDenied",
    ),
    "the monitor is denied publishing": Case(
        lambda pipeline, faults: faults.error(
            "sns.Publish", code="AuthorizationError", caller=MONITOR
        ),
        f"✗ sns Publish website-alerts by {MONITOR}: AuthorizationError",
    ),
    "the person is not subscribed": Case(
        lambda pipeline, faults: subscription_that_matches_nothing(pipeline, "email"),
        f"✗ sns Publish website-alerts by {MONITOR}: not followed by:"
        " SNS website-alerts → oncall@example.com",
    ),
    "the queue is not subscribed": Case(
        lambda pipeline, faults: subscription_that_matches_nothing(pipeline, "sqs"),
        f"✗ sns Publish website-alerts by {MONITOR}: not followed by: SNS website-alerts → {QUEUE}",
    ),
    "SNS is denied the queue": Case(
        lambda pipeline, faults: faults.error(
            "sqs.SendMessage", code="AccessDenied", resource=QUEUE, caller="sns"
        ),
        f"✗ SNS website-alerts → {QUEUE}: ",
    ),
    "the queue has no consumer": Case(
        lambda pipeline, faults: disabled_mapping(pipeline),
        f"✗ {QUEUE}: message sent: has not been received",
    ),
    "the recorder dies": Case(
        lambda pipeline, faults: faults.kill(RECORDER), f"✗ λ {RECORDER}: Runtime.ExitError"
    ),
    "the recorder is denied writing": Case(
        lambda pipeline, faults: faults.error("s3.PutObject", code="AccessDenied", caller=RECORDER),
        f" by {RECORDER}: AccessDenied",
    ),
    "the API is denied its function": Case(
        lambda pipeline, faults: faults.error(
            "lambda.Invoke", code="AccessDeniedException", resource="status-api"
        ),
        "✗ lambda Invoke status-api by apigateway: AccessDeniedException",
        by_api=True,
    ),
    "the API's function is denied putting events": Case(
        lambda pipeline, faults: faults.error(
            "events.PutEvents", code="AccessDeniedException", caller="status-api"
        ),
        "✗ events PutEvents default by status-api: AccessDeniedException",
        by_api=True,
    ),
    "no rule matches the event": Case(
        lambda pipeline, faults: disabled_rule(pipeline, "check-requested"),
        "✗ events PutEvents default by status-api: matched no rule",
        by_api=True,
    ),
    "the rule for the event has no target": Case(
        lambda pipeline, faults: without_targets(pipeline, "check-requested"),
        "✗ events PutEvents default by status-api: matched no rule",
        by_api=True,
    ),
}


@pytest.fixture
def complete_chain(pipeline: DeployedPipeline, new_site: Callable[..., WatchedSite]) -> None:
    """An earlier alert whose chain is complete: the report compares later chains with it."""
    other = new_site()
    pipeline.declare(other.entry)
    pipeline.check()
    other.website.answers(503)
    pipeline.clock.fire("cron-rule")
    pipeline.await_incident(other.name, "OPEN")
    pipeline.await_emails(other.name, 1)


@pytest.mark.usefixtures("journal", "complete_chain")
@pytest.mark.parametrize("name", CASES)
def test_report_names_the_failed_step(
    pipeline: DeployedPipeline,
    site: WatchedSite,
    faults: Faults,
    testbed: RunningTestbed,
    name: str,
) -> None:
    case = CASES[name]
    since = datetime.now(UTC)
    site.website.answers(503)
    with case.breaks(pipeline, faults):
        if case.by_api:
            pipeline.api.send("POST", "/checks", json={"sites": [site.name]})
        else:
            pipeline.clock.fire("cron-rule")

        until(
            lambda: any(case.line in line for line in wrong(testbed, since)),
            within=LIMIT_SECONDS,
            what=f"line {case.line}",
            every=POLL_SECONDS,
        )
        assert case.line in explain(testbed, since).partition("what happened since")[0]
