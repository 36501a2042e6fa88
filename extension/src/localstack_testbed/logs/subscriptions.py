"""The deliveries of log events to the destinations of subscription filters.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

import base64
import gzip
import json
import logging
import threading
from typing import Any

from localstack_testbed.logs.filter_pattern import parse_pattern

LOG = logging.getLogger(__name__)


def deliver(stream: Any, events: list[Any]) -> None:
    """Send new events of a log stream to the subscription filters that they match.

    It does so in other threads, since the destinations must not delay ``PutLogEvents``.
    """
    for each in stream.log_group.subscription_filters.values():
        pattern = parse_pattern(each.filter_pattern or "")
        matched = [event for event in events if pattern.matches(event.message)]
        if matched and each.destination_arn:
            threading.Thread(
                target=_deliver,
                args=(stream, each.name, each.destination_arn, each.role_arn, matched),
                name="logs-subscription",
                daemon=True,
            ).start()


def _deliver(
    stream: Any, filter_name: str, destination: str, role: str | None, events: list[Any]
) -> None:
    """Send events to the destination of a subscription filter; a failure is only logged."""
    content = {
        "messageType": "DATA_MESSAGE",
        "owner": stream.account_id,
        "logGroup": stream.log_group.name,
        "logStream": stream.log_stream_name,
        "subscriptionFilters": [filter_name],
        "logEvents": [
            {"id": str(event.event_id), "timestamp": event.timestamp, "message": event.message}
            for event in events
        ],
    }
    data = gzip.compress(json.dumps(content, separators=(",", ":")).encode())
    try:
        _send(destination, role, stream, data)
    except Exception as error:
        LOG.warning(
            "Cannot deliver logs of %s to %s: %s", stream.log_group.name, destination, error
        )


def _send(destination: str, role: str | None, stream: Any, data: bytes) -> None:
    from localstack.aws.connect import connect_to
    from localstack.utils.aws import arns
    from localstack.utils.aws.client_types import ServicePrincipal

    parsed = arns.parse_arn(destination)
    principal: Any = ServicePrincipal.logs
    if role:
        clients: Any = connect_to.with_assumed_role(
            role_arn=role, service_principal=principal, region_name=parsed["region"]
        )
    else:
        clients = connect_to(aws_access_key_id=parsed["account"], region_name=parsed["region"])
    source = arns.log_group_arn(stream.log_group.name, stream.account_id, stream.region)

    def client(service: str) -> Any:
        made = getattr(clients, service)
        return made.request_metadata(source_arn=source, service_principal=principal)

    match parsed["service"]:
        case "lambda":
            event = {"awslogs": {"data": base64.b64encode(data).decode()}}
            client("lambda_").invoke(
                FunctionName=destination, InvocationType="Event", Payload=json.dumps(event)
            )
        case "kinesis":
            client("kinesis").put_record(
                StreamName=arns.kinesis_stream_name(destination),
                Data=data,
                PartitionKey=stream.log_group.name,
            )
        case "firehose":
            client("firehose").put_record(
                DeliveryStreamName=arns.firehose_name(destination), Record={"Data": data}
            )
