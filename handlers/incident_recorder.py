"""``incident-recorder``: writes incidents down as the alerts in the incident queue tell them."""

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
# A batch of nothing but failures is no failure of the function: each message comes again.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def record_alert(record: SQSRecord) -> None:
    """Write down the incident of one alert; raises when the message shall come again."""
    try:
        told = alerts.parse(record.body)
        news = incidents.record(documents, told)
    except Exception as error:
        logger.error("alert not recorded", message_id=record.message_id, reason=describe(error))
        raise
    outcome = "incident recorded" if news else "incident already known"
    logger.info(outcome, incident=told.id, alert=alerts.alert_id(told), site=told.site)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Record a batch; only the messages that failed come again, and end in the DLQ.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    return process_partial_response(
        event=event, record_handler=record_alert, processor=processor, context=context
    )
