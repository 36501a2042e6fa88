"""Alerts: from a check to the email and the recorded incident."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from testbed.machine.waiting import until
from tests.pipeline.conftest import PROMISE_SECONDS, DeployedPipeline, WatchedSite


def test_outage_opens_an_incident_and_recovery_closes_it(
    pipeline: DeployedPipeline, site: WatchedSite
) -> None:
    site.website.answers(503)
    pipeline.check()
    opened = pipeline.await_incident(site.name, "OPEN")
    assert "503" in opened["reason"]
    site.website.recovers()
    pipeline.check()

    closed = pipeline.await_incident(site.name, "CLOSED")
    assert closed["id"] == opened["id"]
    assert closed["ended_at"] > closed["started_at"]
    assert len(pipeline.incidents(site.name)) == 1


@pytest.mark.usefixtures("inbox")
def test_outage_and_recovery_are_emailed(pipeline: DeployedPipeline, site: WatchedSite) -> None:
    site.website.answers(500)
    pipeline.check()
    [down] = pipeline.await_emails(site.name, 1)
    site.website.recovers()
    pipeline.check()

    _, up = pipeline.await_emails(site.name, 2)
    assert "DOWN" in down.subject
    assert "UP" in up.subject
    assert down.recipients == up.recipients == ("oncall@example.com",)
    assert site.website.url in down.body


def test_missing_text_counts_as_down(
    pipeline: DeployedPipeline, new_site: Callable[..., WatchedSite]
) -> None:
    site = new_site(expect="a text that the page does not have")
    pipeline.declare(site.entry)
    pipeline.check()
    incident = pipeline.await_incident(site.name, "OPEN")
    assert incident["reason"] == "expected text not found"


def test_repeated_and_overlapping_runs_send_one_alert(
    pipeline: DeployedPipeline, site: WatchedSite
) -> None:
    with subscribed_queue(pipeline, site.name) as alerts:
        site.website.answers(503)
        for _ in range(8):  # overlapping invocations
            pipeline.aws.lambda_.invoke(
                FunctionName="website-monitor", InvocationType="Event", Payload=b"{}"
            )
        pipeline.await_incident(site.name, "OPEN")
        pipeline.check()  # one more, after them
        site.website.recovers()
        pipeline.check()
        pipeline.await_incident(site.name, "CLOSED")
        seen: list[str] = []

        def has_seen_both() -> bool:
            seen.extend(alert["status"] for alert in alerts() if alert["site"] == site.name)
            return {"DOWN", "UP"} <= set(seen)

        until(has_seen_both, within=PROMISE_SECONDS, what="alerts in the queue")
    assert sorted(seen) == ["DOWN", "UP"]


def test_unreachable_site_stops_no_other_check(
    pipeline: DeployedPipeline, new_site: Callable[..., WatchedSite]
) -> None:
    fine, closed = new_site(), new_site()
    closed.website.close()  # refuses connections
    pipeline.declare(fine.entry, closed.entry)
    assert pipeline.check()["error"] is None
    pipeline.await_incident(closed.name, "OPEN")
    statuses = {s["name"]: s["status"] for s in pipeline.api.send("GET", "/status").json()["sites"]}
    assert statuses == {fine.name: "UP", closed.name: "DOWN"}


@pytest.mark.usefixtures("clock")
def test_schedule_reaches_the_monitor(pipeline: DeployedPipeline, site: WatchedSite) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html"""
    rule = pipeline.aws.events.describe_rule(Name="cron-rule")
    assert rule["State"] == "ENABLED"
    assert rule["ScheduleExpression"] == "rate(1 day)"
    site.website.answers(502)
    pipeline.clock.fire("cron-rule")
    pipeline.await_incident(site.name, "OPEN")


def test_subscribers_can_filter_by_attributes(
    pipeline: DeployedPipeline, new_site: Callable[..., WatchedSite]
) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html"""
    critical, warning = new_site(severity="critical"), new_site(severity="warning")
    policy = {"severity": ["critical"], "status": ["DOWN"]}
    with subscribed_queue(pipeline, critical.name, policy) as alerts:
        pipeline.declare(warning.entry, critical.entry)
        for site in (warning, critical):
            site.website.answers(503)
        pipeline.check()
        for site in (warning, critical):
            pipeline.await_incident(site.name, "OPEN")
        # Alerts about other tests' sites may still arrive, and match the filter.
        ours = until(
            lambda: [each for each in alerts() if each["site"] in (critical.name, warning.name)],
            within=PROMISE_SECONDS,
            what="alert in the queue",
        )
    assert ours == [{"site": critical.name, "status": "DOWN", "severity": "critical"}]


@contextmanager
def subscribed_queue(
    pipeline: DeployedPipeline, name: str, policy: dict[str, list[str]] | None = None
) -> Iterator[Callable[[], list[dict[str, str]]]]:
    """Subscribe a queue to the alerts; yield a function that takes their attributes from it."""
    sqs, sns = pipeline.aws.sqs, pipeline.aws.sns
    url = sqs.create_queue(QueueName=f"pager-{name}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    topic = pipeline.outputs["AlertsTopicArn"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy_for(topic, arn)})
    subscription = sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=arn,
        Attributes={
            "RawMessageDelivery": "true",
            **({"FilterPolicy": json.dumps(policy)} if policy else {}),
        },
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    try:
        yield lambda: [attributes_of(message) for message in pipeline.messages(url)]
    finally:
        sns.unsubscribe(SubscriptionArn=subscription)
        sqs.delete_queue(QueueUrl=url)


def policy_for(topic: str, queue: str) -> str:
    """https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html"""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def attributes_of(message: dict[str, Any]) -> dict[str, str]:
    return {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
