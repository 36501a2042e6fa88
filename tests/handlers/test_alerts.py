"""Alerts: emails, messages in the incident queue, and their parsing."""

import json
from itertools import product
from typing import Any, cast

import pytest
from monitoring.alerts import (
    AlertTopic,
    MalformedAlert,
    alert_id,
    document,
    parse,
    subject,
    text,
)
from monitoring.states import REMOVED, advance

from tests.handlers.aws_fakes import FakeSNS
from tests.handlers.examples import NOON, Event, at, down, incident, site, up


def test_alerts_match_their_examples(event: Event) -> None:
    assert document(incident(0)) == event("alert-down")
    assert document(incident(0, 60)) == event("alert-up")


@pytest.mark.parametrize("change", [incident(0), incident(0, 60)])
def test_alerts_survive_the_queue(sns: FakeSNS, change: Any) -> None:
    AlertTopic(cast(Any, sns), "arn").publish(change)

    [message] = sns.messages
    assert parse(json.loads(message["Message"])["sqs"]) == change


def test_messages(sns: FakeSNS) -> None:
    AlertTopic(cast(Any, sns), "arn:topic").publish(incident(0, 200))

    [message] = sns.messages
    bodies = json.loads(message.pop("Message"))
    assert message == {
        "TopicArn": "arn:topic",
        "Subject": "[critical] shop is UP again",
        "MessageStructure": "json",
        "MessageAttributes": {
            "site": {"DataType": "String", "StringValue": "shop"},
            "status": {"DataType": "String", "StringValue": "UP"},
            "severity": {"DataType": "String", "StringValue": "critical"},
        },
    }
    assert bodies["default"] == bodies["email"]
    assert bodies["email"].splitlines() == [
        "shop is UP again after 3 min 20 s.",
        "",
        "Site:       shop",
        "URL:        https://shop.example/",
        "Reason:     HTTP 503 Service Unavailable",
        "Down since: 2026-01-02T12:00:00.000Z",
        "Up since:   2026-01-02T12:03:20.000Z",
        "Severity:   critical",
        "Alert:      shop-20260102T120320000Z-UP",
    ]


def test_down_alert_has_the_reason() -> None:
    assert text(incident(0)).startswith("shop is DOWN: HTTP 503 Service Unavailable\n")


@pytest.mark.parametrize(("end", "name"), [*product((None, 60), ("a", "a" * 63))])
def test_subjects_are_valid_for_sns(end: float | None, name: str) -> None:
    words = subject(incident(0, end, name))

    assert words.isascii()
    assert words.isprintable()
    assert len(words) < 100


def test_the_end_of_an_incident_without_a_recovery() -> None:
    """The alert does not say that the site is up, as it was not checked."""
    removed = incident(0).ended(at(60), REMOVED)

    assert subject(removed) == "[critical] shop is no longer monitored"
    assert len(subject(incident(0, name="a" * 63).ended(at(60), REMOVED))) < 100
    words = text(removed)
    assert words.startswith("shop was DOWN for 1 min, until it was removed from sites.yaml.\n")
    assert "UP" not in words.replace(alert_id(removed), "")
    assert document(removed)["status"] == "UP"  # by which subscribers know that it is over
    assert parse(json.dumps(document(removed))) == removed


def test_recovery_has_the_severity_of_the_outage() -> None:
    """The severity is that of the outage, even if sites.yaml has changed."""
    broken = advance(None, site(severity="warning"), down(0), NOON)
    healed = advance(broken, site(severity="critical"), up(60), NOON)

    assert [alert.severity for alert in healed.pending] == ["warning", "warning"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version must be same as const definition: 1"),
        ({"status": "UP"}, "ended_at must be string"),
        ({"ended_at": at(9)}, "ended_at must be null"),
        ({"site": "../sites"}, "site must match pattern"),
        ({"started_at": "2026-02-30T12:00:00.000Z"}, "day"),
        ({"started_at": "yesterday"}, "started_at must match pattern"),
        ({"reason": "x" * 201}, "reason must be shorter"),
        ({"url": None}, "url must be string"),
    ],
)
def test_malformed_alerts(event: Event, change: dict[str, Any], message: str) -> None:
    with pytest.raises(MalformedAlert, match=f"not an alert of version 1: .*{message}"):
        parse(json.dumps({**event("alert-down"), **change}))


@pytest.mark.parametrize("body", ["", "no JSON", "[]", "null", "{}", "[" * 100_000])
def test_message_that_is_not_an_alert(body: str) -> None:
    with pytest.raises(MalformedAlert, match="not an alert of version 1"):
        parse(body)


def test_alerts_may_have_unknown_fields(event: Event) -> None:
    assert parse(json.dumps({**event("alert-down"), "more": 1})) == incident(0)
