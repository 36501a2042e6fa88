"""Alerts about sites that went down or recovered, for people and for the incident queue.

An alert carries its whole incident, as it was when it started or ended. So a recipient that gets
only one of the two, or both in the wrong order, can still record the incident.
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
    """A message is not an alert of a supported version."""


def status(incident: Incident) -> Status:
    """Return the status of the site in the alert about *incident*."""
    return "DOWN" if incident.ended_at is None else "UP"


def alert_id(incident: Incident) -> str:
    """Return the alert's id, from its site and the time of the change: the same for every copy."""
    moment = incident.ended_at or incident.started_at
    return f"{incident.site}-{moment.translate(_COMPACT)}-{status(incident)}"


def document(incident: Incident) -> dict[str, Any]:
    """Return the alert as a JSON document (``alert.schema.json``)."""
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
        If *body* is not what :func:`document` returns, as JSON.
    """
    try:
        incident = Incident.of(_validate(json.loads(body)))
        # Computed for their errors: the schema accepts a date such as 30 February.
        _ = incident.id, incident.duration_ms
    except (ValueError, RecursionError) as error:
        raise MalformedAlert(f"not an alert of version {VERSION}: {error}") from None
    return incident


def subject(incident: Incident) -> str:
    """Return the email's subject: one line of ASCII, under 100 characters, as SNS requires.

    https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
    """
    if incident.ended_at is None:
        change = "is DOWN"
    else:
        change = "is UP again" if incident.end_reason is None else "is no longer monitored"
    return f"[{incident.severity}] {incident.site} {change}"


def text(incident: Incident) -> str:
    """Return the email's text."""
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
