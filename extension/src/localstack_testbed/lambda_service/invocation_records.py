"""Records of asynchronous invocations for destinations, and events for dead-letter queues.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html (destinations),
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-add-dlq.html (dead-letter queues)
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from localstack.utils.aws.arns import (
    extract_region_from_arn,
    extract_service_from_arn,
    sqs_queue_url_for_arn,
)

from localstack_testbed.lambda_service.metrics import record_metrics, target_of

LOG = logging.getLogger(__name__)

ERROR_MESSAGE_BYTES = 1024


@dataclass(frozen=True)
class Failure:
    """Why an event was dropped; ``invoke_error`` if the last attempt did not run the function."""

    cause: str
    invoke_error: Exception | None = None


@dataclass(frozen=True)
class Outcome:
    """The result of an event's last attempt, if the function ran, and why it was dropped."""

    result: Any
    failure: Failure | None = None


def send_outcome(
    function_version: Any, event: Any, outcome: Outcome, destinations: Mapping[str, Any]
) -> None:
    """Send an event's outcome to the destination and the dead-letter queue, if configured.

    Errors are logged and counted in the function's metrics.

    Parameters
    ----------
    event
        LocalStack's ``SQSInvocation``.
    destinations
        The ``DestinationConfig`` of the function, version or alias invoked.
    """
    target = target_of(function_version.id, event.invocation.invoked_arn)

    def attempt(arn: str, send: Callable[[], None], metric: str) -> None:
        try:
            send()
        except Exception as error:
            LOG.warning("Cannot send an event of %s to %s: %s", target.function, arn, error)
            record_metrics(target, time.time(), lambda: {metric: 1})

    name = "OnFailure" if outcome.failure else "OnSuccess"
    destination = (destinations.get(name) or {}).get("Destination")
    if destination:
        record = _record(function_version, event, outcome)
        attempt(
            destination,
            lambda: _send_record(function_version, destination, record),
            "DestinationDeliveryFailures",
        )
    dead_letters = function_version.config.dead_letter_arn
    if outcome.failure and dead_letters:
        attempt(
            dead_letters,
            lambda: _send_dead_letter(function_version, dead_letters, event, outcome),
            "DeadLetterErrors",
        )


def _record(function_version: Any, event: Any, outcome: Outcome) -> dict[str, Any]:
    from localstack.utils.time import timestamp_millis

    invocation, result, failure = event.invocation, outcome.result, outcome.failure
    target = target_of(function_version.id, invocation.invoked_arn)
    qualifier = target.qualifier or "$LATEST"
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": timestamp_millis(),
        "requestContext": {
            "requestId": invocation.request_id,
            "functionArn": f"{function_version.id.unqualified_arn()}:{qualifier}",
            "condition": failure.cause if failure else "Success",
            "approximateInvokeCount": event.retries + (result is not None),
        },
        "requestPayload": json.loads(invocation.payload),
    }
    if result is not None:
        record["responseContext"] = {
            "statusCode": 200,
            "executedVersion": function_version.id.qualifier,
        }
        if result.is_error:
            record["responseContext"]["functionError"] = "Unhandled"
        record["responsePayload"] = json.loads(result.payload or b"null")
    return record


def _send_record(function_version: Any, destination: str, record: dict[str, Any]) -> None:
    from localstack.utils.aws.message_forwarding import send_event_to_target

    function = function_version.id.unqualified_arn()
    if extract_service_from_arn(destination) == "events":
        succeeded = record["requestContext"]["condition"] == "Success"
        result = "Success" if succeeded else "Failure"
        resources = [destination, record["requestContext"]["functionArn"]]
        response = _clients(function_version, destination).events.put_events(
            Entries=[
                {
                    "EventBusName": destination.rpartition("/")[2],
                    "Source": "lambda",
                    "DetailType": f"Lambda Function Invocation Result - {result}",
                    "Detail": json.dumps(record),
                    "Resources": resources,
                }
            ]
        )
        if response["FailedEntryCount"]:
            raise RuntimeError(response["Entries"][0].get("ErrorMessage"))
        return
    send_event_to_target(
        target_arn=destination,
        event=record,
        role=function_version.config.role,
        source_arn=function,
        source_service="lambda",
    )


def _send_dead_letter(function_version: Any, arn: str, event: Any, outcome: Outcome) -> None:
    from localstack.utils.strings import convert_to_printable_chars

    status, message = _error(outcome)
    attributes = {
        "RequestID": {"DataType": "String", "StringValue": event.invocation.request_id},
        "ErrorCode": {"DataType": "Number", "StringValue": str(status)},
    }
    if message:
        shortened = message.encode()[:ERROR_MESSAGE_BYTES].decode(errors="ignore")
        printable = convert_to_printable_chars(shortened)
        attributes["ErrorMessage"] = {"DataType": "String", "StringValue": printable}
    body = event.invocation.payload.decode()
    clients = _clients(function_version, arn)
    if extract_service_from_arn(arn) == "sns":
        clients.sns.publish(TopicArn=arn, Message=body, MessageAttributes=attributes)
    else:
        queue = sqs_queue_url_for_arn(arn)
        clients.sqs.send_message(QueueUrl=queue, MessageBody=body, MessageAttributes=attributes)


def _error(outcome: Outcome) -> tuple[int, str]:
    """Return the HTTP status code and message of the error for which an event was dropped."""
    if outcome.result is not None:
        payload = json.loads(outcome.result.payload or b"null")
        message = payload.get("errorMessage") if isinstance(payload, dict) else payload
        return 200, str(message or "")
    invoke_error = outcome.failure.invoke_error if outcome.failure else None
    return getattr(invoke_error, "status_code", 500), str(invoke_error or "")


def _clients(function_version: Any, arn: str) -> Any:
    """Return clients with the function's execution role, for the region of an ARN."""
    from localstack.aws import connect

    return cast(Any, connect).connect_to.with_assumed_role(
        role_arn=function_version.config.role,
        service_principal="lambda",
        region_name=extract_region_from_arn(arn),
    )
