"""Filters of log events: in FilterLogEvents, metric filters and subscription filters.

In LocalStack every pattern matches every event, a metric filter counts the events of all log
groups, and a second subscription filter receives only what the first one has matched. A function
that cannot be invoked makes PutLogEvents fail. Here, as on AWS:

- https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
- https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricTransformation.html
- https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

import base64
import gzip
import json
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from localstack_testbed.hooks.patching import patch, replace
from localstack_testbed.logs.comparisons import (
    Field,
    InvalidPatternError,
    as_number,
    as_text,
)
from localstack_testbed.logs.filter_pattern import Pattern, parse_pattern, selected_value

LOG = logging.getLogger(__name__)

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
_METRICS_PER_CALL = 1000

type Event = Mapping[str, Any]


def patch_service() -> None:
    """Apply the patterns of filters, and reject invalid ones."""
    from localstack.aws.api.logs import InvalidParameterException
    from localstack.services.logs import provider
    from localstack.services.logs.models import get_moto_logs_backend
    from localstack.services.logs.provider import LogsProvider
    from localstack.services.moto import call_moto
    from localstack.utils.bootstrap import is_api_enabled
    from moto.logs.models import LogEvent, LogsBackend, LogStream

    def checked(text: str | None) -> Pattern:
        try:
            return parse_pattern(text or "")
        except InvalidPatternError as error:
            raise InvalidParameterException(str(error)) from None

    def get_pattern_matcher(text: str) -> Callable[[str, Event], bool]:
        pattern = checked(text)
        return lambda _text, event: pattern.matches(event["message"])

    replace(provider, "get_pattern_matcher", get_pattern_matcher)

    @patch(LogsBackend.filter_log_events)
    def filter_log_events(original: Callable[..., Any], self: Any, *args: Any, **rest: Any) -> Any:
        checked(rest["filter_pattern"] if "filter_pattern" in rest else args[6])
        return original(self, *args, **rest)

    @patch(LogsBackend.put_metric_filter)
    def put_metric_filter(
        original: Callable[..., None],
        self: Any,
        filter_name: str,
        filter_pattern: str,
        log_group_name: str,
        metric_transformations: Any,
    ) -> None:
        checked(filter_pattern)
        # A second filter of this name would count twice.
        self.filters.delete_filter(filter_name, log_group_name)
        original(self, filter_name, filter_pattern, log_group_name, metric_transformations)

    put_filter: Any = LogsBackend.put_subscription_filter

    def put_subscription_filter(
        self: Any, group: str, name: str, pattern: str, *args: Any, **rest: Any
    ) -> None:
        checked(pattern)
        put_filter(self, group, name, pattern, *args, **rest)

    replace(LogsBackend, "put_subscription_filter", put_subscription_filter)

    @patch(LogsProvider.put_log_events, pass_target=False)
    def put_log_events(
        self: Any,
        context: Any,
        log_group_name: str,
        log_stream_name: str,
        log_events: list[Event],
        **rest: Any,
    ) -> Any:
        stored = call_moto(context)
        backend = get_moto_logs_backend(context.account_id, context.region)
        filters = backend.filters.get_matching_filters(log_group_name=log_group_name)
        if filters and is_api_enabled("cloudwatch"):
            publish_metrics(filters, log_events, context.account_id, context.region)
        return stored

    def store_events(stream: Any, log_events: list[Event]) -> str:
        stream.last_ingestion_time = int(time.time() * 1000)
        stream.stored_bytes += sum(len(event["message"]) for event in log_events)
        events = [LogEvent(stream.last_ingestion_time, dict(event)) for event in log_events]
        stream.events += events
        stream.upload_sequence_token += 1
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
        return f"{stream.upload_sequence_token:056d}"

    replace(LogStream, "put_log_events", store_events)


def publish_metrics(
    filters: Iterable[Mapping[str, Any]], events: Iterable[Event], account: str, region: str
) -> None:
    """Publish the metrics of all events that match metric filters, with the times of the events."""
    from localstack.aws.connect import connect_to

    metrics: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in filters:
        pattern = parse_pattern(each.get("filterPattern") or "")
        for event in events:
            if pattern.matches(event["message"]):
                for transformation in each.get("metricTransformations") or ():
                    metric = metric_of(transformation, pattern, event)
                    if metric is not None:
                        metrics[transformation["metricNamespace"]].append(metric)
    if not metrics:
        return
    client = connect_to(aws_access_key_id=account, region_name=region).cloudwatch
    for namespace, data in metrics.items():
        for start in range(0, len(data), _METRICS_PER_CALL):
            try:
                client.put_metric_data(
                    Namespace=namespace, MetricData=data[start : start + _METRICS_PER_CALL]
                )
            except Exception as error:
                LOG.warning("Cannot publish metrics of %s: %s", namespace, error)


def metric_of(
    transformation: Mapping[str, Any], pattern: Pattern, event: Event
) -> dict[str, Any] | None:
    """Return the metric of an event, or None if the event lacks its value or a dimension.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
    """

    def selected(text: str) -> Any:
        return selected_value(pattern, text, event["message"]) if text.startswith("$") else text

    value = selected(str(transformation.get("metricValue") or "1"))
    number = as_number(Field(value) if isinstance(value, str) else value)
    dimensions = {
        name: as_text(selected(selector))
        for name, selector in (transformation.get("dimensions") or {}).items()
    }
    if number is None or not all(dimensions.values()):
        return None
    metric = {
        "MetricName": transformation["metricName"],
        "Value": number,
        "Timestamp": datetime.fromtimestamp(event["timestamp"] / 1000, UTC),
        "Dimensions": [{"Name": name, "Value": text} for name, text in dimensions.items()],
    }
    return metric | ({"Unit": transformation["unit"]} if transformation.get("unit") else {})


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
