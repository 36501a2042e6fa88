"""Failures: each ends in a dead-letter queue, a record or an error message."""

from __future__ import annotations

import json
import uuid

from testbed.machine.waiting import until
from tests.pipeline.conftest import DeployedPipeline, WatchedSite

# On AWS, new attributes of a queue take up to 60 seconds to apply, and the first retry of a failed
# asynchronous invocation comes after a minute. Emulators are faster.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
LIMIT_SECONDS = 100.0


def test_message_that_is_not_an_alert_is_dead_lettered(pipeline: DeployedPipeline) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"""
    body = f"no alert {uuid.uuid4().hex}"
    queue = pipeline.outputs["IncidentQueueUrl"]
    # SQS redelivers it without a pause, and then moves it to the dead-letter queue.
    usual = pipeline.aws.sqs.get_queue_attributes(
        QueueUrl=queue, AttributeNames=["VisibilityTimeout"]
    )["Attributes"]
    pipeline.aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "0"})
    try:
        pipeline.aws.sqs.send_message(QueueUrl=queue, MessageBody=body)
        until(
            lambda: [
                message
                for message in pipeline.messages(pipeline.outputs["IncidentDeadLetterQueueUrl"])
                if message["Body"] == body
            ],
            within=LIMIT_SECONDS,
            what="message in the dead-letter queue",
        )
    finally:
        pipeline.aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes=usual)


def test_failed_asynchronous_run_is_sent_to_the_destination(
    pipeline: DeployedPipeline, site: WatchedSite
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"""
    pipeline.put_sites(b"sites: {this is no list}")
    marker = uuid.uuid4().hex
    pipeline.aws.lambda_.invoke(
        FunctionName="website-monitor",
        InvocationType="Event",
        Payload=json.dumps({"marker": marker}).encode(),
    )

    def records() -> list[dict[str, object]]:
        taken = pipeline.messages(pipeline.outputs["MonitorDeadLetterQueueUrl"])
        return [record for message in taken if marker in (record := message["Body"])]

    [body] = until(records, within=LIMIT_SECONDS, what="record of the failed run")
    record = json.loads(str(body))
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestPayload"] == {"marker": marker}
    assert "sites" in record["responsePayload"]["errorMessage"]


def test_run_with_invalid_sites_reports_the_cause(
    pipeline: DeployedPipeline, site: WatchedSite
) -> None:
    pipeline.put_sites(b"sites:\n  - name: UPPER\n    url: https://example.com\n")
    result = pipeline.check()
    assert result["error"] == "Unhandled"
    assert "sites.yaml" in result["payload"]["errorMessage"]
    assert "name" in result["payload"]["errorMessage"]
