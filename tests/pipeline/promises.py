"""The pipeline's promises, each as the smallest check that it is kept."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from monitoring.alerts import document
from monitoring.incidents import Incident

from testbed.aws.logs import log_lines
from testbed.machine.waiting import until
from tests.pipeline.conftest import POLL_SECONDS, PROMISE_SECONDS, DeployedPipeline, WatchedSite
from tests.pipeline.permissions import physical_id

# After this, all retries that the template configures have been made.
LONG_ENOUGH = timedelta(minutes=1)

type Promise = Callable[["Trial"], None]


@dataclass(frozen=True)
class Trial:
    """The pipeline that a promise is checked on.

    Parameters
    ----------
    denied
        Whether AWS has denied a call that the promise depends on. Waiting ends early then.
    """

    pipeline: DeployedPipeline
    new_site: Callable[..., WatchedSite]
    denied: Callable[[], bool]

    def until(self, probe: Callable[[], object], what: str) -> None:
        """Wait until a probe finds something; fail at once if a call that it needs was denied."""
        found: object = None

        def ended() -> bool:
            nonlocal found
            denied = self.denied()  # first, so that the last probe comes after the denial
            found = probe()
            return bool(found) or denied

        until(ended, within=PROMISE_SECONDS, what=what, every=POLL_SECONDS)
        assert found, f"no {what}"

    def site(self) -> WatchedSite:
        """Monitor a website that was never checked."""
        made = self.new_site()
        self.pipeline.declare(made.entry)
        return made

    def outage(self) -> WatchedSite:
        """Monitor a website that is down, and check it."""
        made = self.site()
        made.website.answers(503)
        self.pipeline.check()
        return made

    def objects(self, prefix: str, site: WatchedSite) -> list[str]:
        """Return the keys of a site's objects."""
        listing = self.pipeline.aws.s3.list_objects_v2(
            Bucket=self.pipeline.outputs["BucketName"], Prefix=prefix
        )
        return [each["Key"] for each in listing.get("Contents", ()) if site.name in each["Key"]]

    def put_incident(self, incident: Incident) -> None:
        """Record an incident, as the recorder does."""
        self.pipeline.aws.s3.put_object(
            Bucket=self.pipeline.outputs["BucketName"],
            Key=incident.key,
            Body=json.dumps(incident.document()).encode(),
        )

    @contextmanager
    def failing(self, call: str, resource: str) -> Iterator[None]:
        """Deny all services a call on a resource."""
        with self.pipeline.testbed.faults() as faults:
            for service in ("sns", "events", "scheduler"):
                faults.error(call, code="AccessDenied", resource=resource, caller=service)
            yield

    def empty(self, output: str) -> str:
        """Empty a queue, and return its URL."""
        url = self.pipeline.outputs[output]
        self.pipeline.aws.sqs.purge_queue(QueueUrl=url)
        return url


def sites_are_checked(trial: Trial) -> None:
    trial.site()
    result = trial.pipeline.check()
    assert result["error"] is None, result["payload"]


def outage_is_emailed(trial: Trial) -> None:
    site = trial.outage()
    trial.until(lambda: trial.pipeline.emails(site.name), "email")


def outage_is_recorded(trial: Trial) -> None:
    site = trial.outage()
    trial.until(lambda: trial.objects("incidents/", site), "incident")


def recorded_alert_leaves_the_queue(trial: Trial) -> None:
    queue = trial.empty("IncidentQueueUrl")
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def is_empty() -> bool:
        found = trial.pipeline.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)
        return set(found["Attributes"].values()) == {"0"}

    try:
        outage_is_recorded(trial)
        trial.until(is_empty, "empty queue")
    finally:
        trial.empty("IncidentQueueUrl")


def late_recovery_is_recorded(trial: Trial) -> None:
    """The alert of a recovery arrives before that of its outage."""
    site = trial.new_site()
    try:
        trial.pipeline.aws.sqs.send_message(
            QueueUrl=trial.pipeline.outputs["IncidentQueueUrl"],
            MessageBody=json.dumps(document(incident_of(site))),
        )
        trial.until(lambda: trial.objects("incidents/", site), "incident")
    finally:
        trial.empty("IncidentQueueUrl")  # or SQS would redeliver what was not recorded


def outage_outlives_its_state(trial: Trial) -> None:
    """The incident continues when the state of a site that is down was deleted."""
    site = trial.site()
    incident = replace(incident_of(site), ended_at=None)
    trial.put_incident(incident)
    site.website.answers(503)
    result = trial.pipeline.check()
    assert result["error"] is None, result["payload"]
    shown = trial.pipeline.api.send("GET", f"/sites/{site.name}").json()
    assert shown["incident"] == incident.id, shown


def failed_run_is_kept(trial: Trial) -> None:
    trial.pipeline.put_sites(b"sites: {this is no list}")
    marker = uuid.uuid4().hex
    trial.pipeline.aws.lambda_.invoke(
        FunctionName="website-monitor",
        InvocationType="Event",
        Payload=json.dumps({"marker": marker}).encode(),
    )
    _await_kept(trial, "MonitorDeadLetterQueueUrl", marker)


def undeliverable_alert_is_kept(trial: Trial) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-configure-dead-letter-queue.html"""
    with trial.failing("sqs.SendMessage", "incident-queue"):
        site = trial.outage()
        _await_kept(trial, "IncidentDeadLetterQueueUrl", site.name)


def undeliverable_request_is_kept(trial: Trial) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html"""
    site = trial.site()
    with trial.failing("lambda.Invoke", "website-monitor"):
        _request_check(trial, site)
        _await_kept(trial, "MonitorDeadLetterQueueUrl", site.name)


def undeliverable_schedule_is_kept(trial: Trial, schedule: str) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html"""
    trial.empty("MonitorDeadLetterQueueUrl")
    with trial.failing("lambda.Invoke", "website-monitor"):
        trial.pipeline.clock.fire(schedule)
        trial.pipeline.clock.advance_by(LONG_ENOUGH)
        _await_kept(trial, "MonitorDeadLetterQueueUrl", schedule)


def run_is_logged(trial: Trial, function: str) -> None:
    """A new execution environment can log: its log stream does not exist yet."""
    logs, group = trial.pipeline.aws.logs, f"/aws/lambda/{function}"
    pages = list(logs.get_paginator("describe_log_streams").paginate(logGroupName=group))
    for stream in (each for page in pages for each in page["logStreams"]):
        logs.delete_log_stream(logGroupName=group, logStreamName=stream["logStreamName"])
    trial.site()  # so that website-monitor has a list of sites
    since = datetime.now(UTC) - timedelta(seconds=1)
    answer = trial.pipeline.aws.lambda_.invoke(FunctionName=function, Payload=b"{}")
    answer["Payload"].close()
    start = f"START RequestId: {answer['ResponseMetadata']['RequestId']}"
    trial.until(
        lambda: [
            line
            for line in log_lines(trial.pipeline.aws, [function], since)
            if line.message.startswith(start)
        ],
        "line in the log",
    )


def all_sites_are_shown(trial: Trial) -> None:
    trial.site()
    _shows(trial, "/status")


def site_is_shown(trial: Trial) -> None:
    _shows(trial, f"/sites/{trial.site().name}")


def incidents_are_shown(trial: Trial) -> None:
    incident = incident_of(trial.new_site())
    trial.put_incident(incident)
    _shows(trial, f"/incidents?site={incident.site}")


def requested_check_is_done(trial: Trial) -> None:
    site = trial.site()
    _request_check(trial, site)
    trial.until(lambda: trial.objects("state/", site), "state")


def scheduled_check_is_done(trial: Trial, schedule: str) -> None:
    site = trial.site()
    trial.pipeline.clock.fire(schedule)
    trial.until(lambda: trial.objects("state/", site), "state")


# Services check these permissions when a resource is created or configured. The resources exist
# already; a missing permission is reported before that.


def function_can_be_made(trial: Trial, function: str) -> None:
    functions = trial.pipeline.aws.lambda_
    role = functions.get_function_configuration(FunctionName=function)["Role"]
    with suppress(functions.exceptions.ResourceConflictException):
        functions.create_function(
            FunctionName=function,
            Role=role,
            Runtime="python3.13",
            Handler="any.handler",
            Code={"ZipFile": b"not read"},
        )


def queue_can_be_an_event_source(trial: Trial) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
    functions = trial.pipeline.aws.lambda_
    queue = "arn:aws:sqs:us-east-1:000000000000:incident-queue"
    with suppress(functions.exceptions.ResourceConflictException):
        functions.create_event_source_mapping(
            FunctionName="incident-recorder", EventSourceArn=queue
        )


def failed_runs_can_have_a_destination(trial: Trial) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"""
    functions = trial.pipeline.aws.lambda_
    usual = functions.get_function_event_invoke_config(FunctionName="website-monitor")
    functions.put_function_event_invoke_config(
        FunctionName="website-monitor",
        MaximumRetryAttempts=usual["MaximumRetryAttempts"],
        MaximumEventAgeInSeconds=usual["MaximumEventAgeInSeconds"],
        DestinationConfig=usual["DestinationConfig"],
    )


def schedule_can_be_made(trial: Trial) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html"""
    scheduler = trial.pipeline.aws.client("scheduler")
    usual = scheduler.get_schedule(Name=physical_id(trial.pipeline, "CronSchedule"))
    with suppress(scheduler.exceptions.ConflictException):
        scheduler.create_schedule(
            **{
                name: usual[name]
                for name in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
            }
        )


def incident_of(site: WatchedSite) -> Incident:
    """Return an incident that has ended."""
    start, end = (datetime.now(UTC) - timedelta(hours=hours) for hours in (2, 1))
    time_format = "%Y-%m-%dT%H:%M:%S.000Z"
    return Incident(
        site=site.name,
        url=site.website.url,
        severity="warning",
        started_at=start.strftime(time_format),
        reason="HTTP 503",
        ended_at=end.strftime(time_format),
    )


def _shows(trial: Trial, path: str) -> None:
    answer = trial.pipeline.api.send("GET", path)
    assert answer.status_code == 200, answer.text


def _request_check(trial: Trial, site: WatchedSite) -> None:
    answer = trial.pipeline.api.send("POST", "/checks", json={"sites": [site.name]})
    assert answer.status_code == 202, answer.text


def _await_kept(trial: Trial, output: str, text: str) -> None:
    """Wait for a message that contains a text in a dead-letter queue."""
    trial.until(
        lambda: [
            message
            for message in trial.pipeline.messages(trial.pipeline.outputs[output])
            if text in json.dumps(message)
        ],
        f"message about {text}",
    )
