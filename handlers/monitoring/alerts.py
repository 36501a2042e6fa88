"""Alerts: what people and the incident queue are told when a site goes down or is up again.

An alert is an incident at the moment it began or ended, and carries all of it: whoever gets only
one of the two, or both in the wrong order, can still write the incident down.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from monitoring import schemas
from monitoring.checks import Status
from monitoring.incidents import Incident
from monitoring.wording import duration

if TYPE_CHECKING:
    from types_boto3_sns import SNSClient

VERSION = 1

_validate = schemas.validator("alert")


class MalformedAlert(ValueError):
    """A message is no alert of a version known here."""


def status(incident: Incident) -> Status:
    """What the alert about *incident* says of the site."""
    return "DOWN" if incident.ended_at is None else "UP"


def alert_id(incident: Incident) -> str:
    """Name the alert by its site and the moment of the change: every delivery has the same."""
    moment = incident.ended_at or incident.started_at
    return f"{incident.site}-{moment.translate(_COMPACT)}-{status(incident)}"


def document(incident: Incident) -> dict[str, Any]:
    """The alert as ``alert.schema.json`` describes it."""
    alert = {
        "version": VERSION,
        "id": alert_id(incident),
        "status": status(incident),
        "site": incident.site,
        "url": incident.url,
        "severity": incident.severity,
        "started_at": incident.started_at,
        "ended_at": incident.ended_at,
        "reason": incident.reason,
    }
    if incident.end_reason is not None:
        alert["end_reason"] = incident.end_reason
    return alert


def parse(body: str) -> Incident:
    """Read an alert.

    Raises
    ------
    MalformedAlert
        When *body* is not what :func:`document` writes.
    """
    try:
        incident = Incident.of(_validate(json.loads(body)))
        # The id needs a moment that exists, and the schema lets 30 February pass.
        _ = incident.id, incident.duration_ms
    except (ValueError, RecursionError) as error:
        raise MalformedAlert(f"not an alert of version {VERSION}: {error}") from None
    return incident


def subject(incident: Incident) -> str:
    """The email's subject: ASCII, one line and under 100 characters, as SNS demands.

    https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
    """
    if incident.ended_at is None:
        change = "is DOWN"
    else:
        change = "is UP again" if incident.end_reason is None else "is no longer monitored"
    return f"[{incident.severity}] {incident.site} {change}"


def text(incident: Incident) -> str:
    """The email's text."""
    lines = [("Site", incident.site), ("URL", incident.url), ("Reason", incident.reason)]
    lines.append(("Down since", incident.started_at))
    if incident.ended_at is None or incident.duration_ms is None:
        headline = f"{incident.site} is DOWN: {incident.reason}"
    else:
        outage = duration(timedelta(milliseconds=incident.duration_ms))
        if incident.end_reason is None:
            headline = f"{incident.site} is UP again after {outage}."
            lines.append(("Up since", incident.ended_at))
        else:
            headline = f"{incident.site} was DOWN for {outage}, until {incident.end_reason}."
            lines.append(("Ended at", incident.ended_at))
    lines += [("Severity", incident.severity), ("Alert", alert_id(incident))]
    return "\n".join([headline, "", *(f"{name + ':':<12}{value}" for name, value in lines), ""])


class AlertTopic:
    """The SNS topic that alerts are published to."""

    def __init__(self, sns: SNSClient, arn: str) -> None:
        self._sns = sns
        self._arn = arn

    def publish(self, incident: Incident) -> None:
        """Publish the alert: text for people, JSON for queues."""
        words = text(incident)
        queued = json.dumps(document(incident), ensure_ascii=False)
        attributes = {
            "site": incident.site,
            "status": status(incident),
            "severity": incident.severity,
        }
        self._sns.publish(
            TopicArn=self._arn,
            Subject=subject(incident),
            MessageStructure="json",
            Message=json.dumps({"default": words, "email": words, "sqs": queued}),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
            },
        )


_COMPACT = str.maketrans("", "", "-:.")
