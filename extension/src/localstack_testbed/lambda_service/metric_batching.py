"""Batching of metric values, which are sent to CloudWatch once a second."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from localstack_testbed.timing.activity import ACTIVITY

LOG = logging.getLogger(__name__)

INTERVAL_SECONDS = 1.0
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
METRICS_PER_REQUEST = 1000

type Dimensions = tuple[tuple[str, str], ...]
type Values = Callable[[], Iterable[tuple[Metric, float]]]


@dataclass(frozen=True)
class Metric:
    """A metric of one account and region, in one second since the epoch."""

    account: str
    region: str
    name: str
    unit: str
    dimensions: Dimensions
    second: int


@dataclass
class Statistics:
    """A CloudWatch statistic set, which summarizes many values."""

    count: int = 0
    total: float = 0
    minimum: float = float("inf")
    maximum: float = float("-inf")

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)


class MetricBatcher:
    """Collects the values of a namespace's metrics, and sends them a second after the first."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._lock = threading.Lock()
        self._pending: list[Values] = []

    def add(self, values: Values) -> None:
        """Add a function that returns values; it is called later, when they are sent."""
        with self._lock:
            if not self._pending:
                timer = threading.Timer(INTERVAL_SECONDS, self._send)
                timer.daemon = True
                timer.start()
            self._pending.append(values)

    def discard(self) -> None:
        """Do not send the values that wait."""
        with self._lock:
            self._pending.clear()

    def _send(self) -> None:
        from localstack.utils.bootstrap import is_api_enabled

        with ACTIVITY.working():
            with self._lock:
                pending, self._pending = self._pending, []
            if is_api_enabled("cloudwatch"):
                self._put_all(pending)

    def _put_all(self, pending: Iterable[Values]) -> None:
        gathered: dict[Metric, Statistics] = defaultdict(Statistics)
        for values in pending:
            for metric, value in values():
                gathered[metric].add(value)
        requests: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for metric, statistics in gathered.items():
            requests[metric.account, metric.region].append(_datum(metric, statistics))
        for (account, region), data in requests.items():
            for start in range(0, len(data), METRICS_PER_REQUEST):
                self._put(account, region, data[start : start + METRICS_PER_REQUEST])

    def _put(self, account: str, region: str, data: list[dict[str, Any]]) -> None:
        from localstack.aws.connect import connect_to

        try:
            client = connect_to(aws_access_key_id=account, region_name=region).cloudwatch
            client.put_metric_data(Namespace=self._namespace, MetricData=data)
        except Exception as error:
            LOG.info("Cannot send metrics in the namespace %s: %s", self._namespace, error)


def _datum(metric: Metric, statistics: Statistics) -> dict[str, Any]:
    return {
        "MetricName": metric.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
        "Timestamp": datetime.fromtimestamp(metric.second, UTC),
        "Unit": metric.unit,
        "StatisticValues": {
            "SampleCount": statistics.count,
            "Sum": statistics.total,
            "Minimum": statistics.minimum,
            "Maximum": statistics.maximum,
        },
    }
