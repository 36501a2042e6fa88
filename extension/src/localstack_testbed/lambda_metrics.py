"""The metrics of functions reach CloudWatch once a second instead of once an invocation.

LocalStack sends a request to itself for each invocation and each error, which costs more than the
invocation. AWS gathers these metrics by the minute:
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics.html

Setting: ``TESTBED_LAMBDA_METRICS`` (``0`` switches the module off).
"""

import logging
import threading
from collections import Counter
from typing import Any, cast

from localstack_testbed.decorators import on_infra_start
from localstack_testbed.on_import import on_import
from localstack_testbed.switches import switch

LOG = logging.getLogger(__name__)

INTERVAL_SECONDS = 1.0


@on_infra_start(should_load=switch("TESTBED_LAMBDA_METRICS"))
def gather_metrics() -> None:
    """Patch what publishes the metrics of an invocation, when LocalStack loads it."""
    on_import("localstack.services.lambda_.invocation.metrics", _patch)


def _patch() -> None:
    from localstack.services.lambda_.invocation import metrics

    gathered = _GatheredMetrics()

    # LocalStack calls it by the name that its module of Lambda metrics has for it.
    def publish(
        metric: str,
        value: int,
        kwargs: dict[str, str],
        account_id: str,
        region_name: str,
    ) -> None:
        gathered.add(account_id, region_name, kwargs["func_name"], metric, value)

    cast(Any, metrics).publish_lambda_metric = publish


class _GatheredMetrics:
    """Counts by account, region, function and metric, which are sent soon after the first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str, str, str]] = Counter()

    def add(self, account: str, region: str, function: str, metric: str, value: int) -> None:
        with self._lock:
            if not self._counts:
                timer = threading.Timer(INTERVAL_SECONDS, self._send)
                timer.daemon = True
                timer.start()
            self._counts[account, region, function, metric] += value

    def _send(self) -> None:
        from localstack.aws.connect import connect_to
        from localstack.utils.bootstrap import is_api_enabled

        with self._lock:
            counts, self._counts = self._counts, Counter()
        if not is_api_enabled("cloudwatch"):
            return
        for (account, region, function, metric), count in counts.items():
            data: dict[str, Any] = {
                "MetricName": metric,
                "Dimensions": [{"Name": "FunctionName", "Value": function}],
                "Values": [1],
                "Counts": [count],
                "Unit": "Count",
            }
            try:
                client = connect_to(aws_access_key_id=account, region_name=region).cloudwatch
                client.put_metric_data(Namespace="AWS/Lambda", MetricData=[data])
            except Exception as error:
                LOG.info("Cannot send the metric %s of %s: %s", metric, function, error)
