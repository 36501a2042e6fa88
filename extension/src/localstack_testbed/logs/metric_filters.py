"""The metrics that metric filters publish.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricTransformation.html
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from localstack_testbed.logs.comparisons import Field, as_number, as_text
from localstack_testbed.logs.filter_pattern import Pattern, parse_pattern, selected_value

LOG = logging.getLogger(__name__)

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
_METRICS_PER_CALL = 1000

type Event = Mapping[str, Any]


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
