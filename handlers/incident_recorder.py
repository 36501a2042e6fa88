"""The function ``incident-recorder``: records incidents from the alerts in the incident queue."""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from monitoring import alerts, incidents
from monitoring.clients import CONFIG
from monitoring.storage import Documents
from monitoring.wording import describe

logger = Logger()
documents = Documents(boto3.client("s3", config=CONFIG), os.environ["BUCKET_NAME"])
# If all messages fail, the function still reports them one by one, and SQS redelivers each.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def record_alert(record: SQSRecord) -> None:
    """Record the incident of one alert; an exception makes SQS redeliver the message."""
    try:
        incident = alerts.parse(record.body)
        changed = incidents.record(documents, incident)
    except Exception as error:
        logger.error("alert not recorded", message_id=record.message_id, reason=describe(error))
        raise
    outcome = "incident recorded" if changed else "incident already known"
    logger.info(outcome, incident=incident.id, alert=alerts.alert_id(incident), site=incident.site)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Record a batch; SQS redelivers only the messages that failed, and then dead-letters them.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    return process_partial_response(
        event=event, record_handler=record_alert, processor=processor, context=context
    )
