"""The CloudWatch metrics of functions.

Metrics: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
Dimensions: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html
"""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from testbed.machine.waiting import until
from tests.extension.conftest import Clients
from tests.extension.lambda_functions import Function, FunctionFactory

METRICS_LIMIT = 10.0
STATISTICS = ["SampleCount", "Sum", "Minimum", "Maximum", "Average"]

WAIT_OR_FAIL = """
    import time

    def handler(event, context):
        time.sleep(event or 0)
        if event is None:
            raise ValueError("no time given")
"""


class Metrics:
    """Reads the metrics of one function, or of all functions without dimensions."""

    def __init__(self, cloudwatch: Any) -> None:
        self._cloudwatch = cloudwatch
        self._started = datetime.now(UTC) - timedelta(minutes=1)

    def statistics(self, metric: str, dimensions: dict[str, str]) -> dict[str, Any] | None:
        points: list[dict[str, Any]] = self._cloudwatch.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=self._started,
            EndTime=self._started + timedelta(hours=1),
            Period=3600,
            Statistics=STATISTICS,
        )["Datapoints"]
        return points[0] if points else None

    def complete(self, metric: str, samples: int, **dimensions: str) -> dict[str, Any]:
        """Return the statistics of a metric once it has the given number of samples."""

        def found() -> dict[str, Any] | None:
            statistics = self.statistics(metric, dimensions)
            count = statistics.get("SampleCount", 0) if statistics else 0
            return statistics if count >= samples else None

        statistics = until(
            found, within=METRICS_LIMIT, what=f"metric {metric} with {samples} samples"
        )
        assert statistics is not None
        assert statistics["SampleCount"] == samples
        return statistics


@pytest.fixture
def metrics(aws: Clients) -> Metrics:
    return Metrics(aws["cloudwatch"])


def reported_duration(tail: str) -> float:
    found = re.search(r"\tDuration: ([\d.]+) ms", tail)
    assert found is not None
    return float(found[1])


def test_successful_and_failed_invocations(functions: FunctionFactory, metrics: Metrics) -> None:
    function = functions(WAIT_OR_FAIL, timeout=1)

    for event in (0, 0, 0, None, 5):
        function.invoke(event)

    invocations = metrics.complete("Invocations", 5, FunctionName=function.name)
    assert (invocations["Sum"], invocations["Unit"]) == (5, "Count")
    errors = metrics.complete("Errors", 5, FunctionName=function.name)
    assert (errors["Sum"], errors["Average"], errors["Unit"]) == (2, 0.4, "Count")
    throttles = metrics.complete("Throttles", 5, FunctionName=function.name)
    assert throttles["Sum"] == 0


def test_duration_is_the_reported_one(functions: FunctionFactory, metrics: Metrics) -> None:
    function = functions(WAIT_OR_FAIL, timeout=1)

    durations = [reported_duration(function.invoke(event).tail) for event in (0, 0.2, None, 5)]

    statistics = metrics.complete("Duration", 4, FunctionName=function.name)
    assert statistics["Unit"] == "Milliseconds"
    assert statistics["Minimum"] == min(durations)
    assert statistics["Maximum"] == max(durations) == 1000
    assert statistics["Sum"] == pytest.approx(sum(durations))
    assert statistics["Average"] == pytest.approx(sum(durations) / 4)


def test_duration_with_a_log_in_json(functions: FunctionFactory, metrics: Metrics) -> None:
    function = functions(WAIT_OR_FAIL, timeout=1, LoggingConfig={"LogFormat": "JSON"})

    function.invoke(5)

    assert metrics.complete("Duration", 1, FunctionName=function.name)["Sum"] == 1000


def test_throttled_request_is_not_counted_as_an_invocation_or_error(
    functions: FunctionFactory, metrics: Metrics, aws: Clients
) -> None:
    client = aws["lambda"]
    function = functions(WAIT_OR_FAIL)
    client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=0)

    for _ in range(3):
        with pytest.raises(client.exceptions.TooManyRequestsException):
            function.invoke(0)

    assert metrics.complete("Throttles", 3, FunctionName=function.name)["Sum"] == 3
    for metric in ("Invocations", "Errors", "Duration", "ConcurrentExecutions"):
        assert metrics.statistics(metric, {"FunctionName": function.name}) is None


def test_most_concurrent_executions(functions: FunctionFactory, metrics: Metrics) -> None:
    function = functions(WAIT_OR_FAIL)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(function.invoke, [2.0] * 4))
    function.invoke(0)

    statistics = metrics.complete("ConcurrentExecutions", 5, FunctionName=function.name)
    assert (statistics["Minimum"], statistics["Maximum"]) == (1, 4)


def test_versions_and_aliases(functions: FunctionFactory, metrics: Metrics, aws: Clients) -> None:
    function: Function = functions(WAIT_OR_FAIL)
    function.publish()
    aws["lambda"].create_alias(FunctionName=function.name, Name="live", FunctionVersion="1")

    function.invoke(0)
    function.invoke(0, Qualifier="1")
    function.invoke(None, Qualifier="live")
    function.invoke(0, Qualifier="live")

    name = function.name
    samples_and_errors: list[tuple[dict[str, str], int, int]] = [
        ({"FunctionName": name}, 4, 1),
        ({"FunctionName": name, "Resource": name}, 1, 0),
        ({"FunctionName": name, "Resource": f"{name}:1"}, 1, 0),
        ({"FunctionName": name, "Resource": f"{name}:live"}, 2, 1),
        ({"FunctionName": name, "Resource": f"{name}:live", "ExecutedVersion": "1"}, 2, 1),
    ]
    for dimensions, samples, errors in samples_and_errors:
        assert metrics.complete("Errors", samples, **dimensions)["Sum"] == errors
    of_all = metrics.statistics("Invocations", {})
    assert of_all is not None
    assert of_all["Sum"] >= 4


def test_metric_has_exactly_the_dimensions_asked_for(
    metrics: Metrics, aws: Clients, name: str
) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html"""
    cloudwatch = aws["cloudwatch"]

    def put(value: float, **dimensions: str) -> None:
        listed = [{"Name": key, "Value": text} for key, text in dimensions.items()]
        data = {"MetricName": "Errors", "Value": value, "Unit": "Count", "Dimensions": listed}
        cloudwatch.put_metric_data(Namespace="AWS/Lambda", MetricData=[data])

    put(1, FunctionName=name)
    put(10, FunctionName=f"{name}-test")
    put(100, FunctionName=name, Resource=name)

    assert metrics.complete("Errors", 1, FunctionName=name)["Sum"] == 1
    assert metrics.complete("Errors", 1, FunctionName=f"{name}-test")["Sum"] == 10
    assert metrics.complete("Errors", 1, Resource=name, FunctionName=name)["Sum"] == 100
    assert metrics.statistics("Errors", {"Resource": name}) is None
    listed = cloudwatch.list_metrics(Dimensions=[{"Name": "FunctionName", "Value": name}])
    assert len(listed["Metrics"]) == 2
