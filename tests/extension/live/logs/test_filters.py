"""Filters of log events: FilterLogEvents, metric filters and subscription filters.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from testbed.machine.waiting import until
from tests.extension.conftest import Clients
from tests.extension.lambda_functions import FunctionFactory

MESSAGES = ["[ERROR] broken", "[INFO] fine", '{"level": "ERROR", "ms": 250}']
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"
LIMIT = 10.0


@pytest.fixture
def group(aws: Clients, name: str) -> Iterator[str]:
    """A log group with one stream."""
    aws["logs"].create_log_group(logGroupName=name)
    aws["logs"].create_log_stream(logGroupName=name, logStreamName="one")
    yield name
    aws["logs"].delete_log_group(logGroupName=name)


def put(aws: Clients, group: str) -> None:
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": message} for message in MESSAGES]
    aws["logs"].put_log_events(logGroupName=group, logStreamName="one", logEvents=events)


def test_filter_log_events(aws: Clients, group: str) -> None:
    put(aws, group)

    def found(pattern: str) -> list[str]:
        page = aws["logs"].filter_log_events(logGroupName=group, filterPattern=pattern)
        return [event["message"] for event in page["events"]]

    assert found("ERROR -level") == MESSAGES[:1]
    assert found('{ $.level = "ERROR" }') == MESSAGES[2:]
    assert found("[level = INFO, text]") == MESSAGES[1:2]
    assert found("") == MESSAGES


def test_invalid_patterns_are_rejected(aws: Clients, group: str) -> None:
    logs = aws["logs"]
    transformation = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
    names = {"logGroupName": group, "filterName": "f", "filterPattern": "{ $.a }"}
    calls: list[Callable[[], Any]] = [
        lambda: logs.filter_log_events(logGroupName=group, filterPattern="{ $.a }"),
        lambda: logs.put_metric_filter(**names, metricTransformations=[transformation]),
        lambda: logs.put_subscription_filter(**names, destinationArn=FUNCTION),
    ]
    for call in calls:
        with pytest.raises(ClientError, match="Invalid filter pattern") as raised:
            call()
        assert raised.value.response["Error"]["Code"] == "InvalidParameterException"


def test_metric_filter_publishes_values_of_its_log_group(aws: Clients, group: str) -> None:
    logs = aws["logs"]

    def metric_filter(filter_group: str, value: str) -> None:
        transformation = {"metricName": "Slow", "metricNamespace": group, "metricValue": value}
        logs.put_metric_filter(
            logGroupName=filter_group,
            filterName="slow",
            filterPattern="{ $.ms > 200 }",
            metricTransformations=[transformation],
        )

    metric_filter(group, "1")
    metric_filter(group, "$.ms")  # it replaces the first
    metric_filter(f"{group}-other", "7")
    put(aws, group)

    def counted() -> list[Any]:
        points = aws["cloudwatch"].get_metric_statistics(
            Namespace=group,
            MetricName="Slow",
            StartTime=datetime.now(UTC) - timedelta(hours=1),
            EndTime=datetime.now(UTC) + timedelta(hours=1),
            Period=86400,
            Statistics=["Sum", "SampleCount"],
        )["Datapoints"]
        return [(point["Sum"], point["SampleCount"]) for point in points]

    assert until(counted, within=LIMIT, what="metric") == [(250.0, 1.0)]


def test_each_subscription_filter_delivers_what_it_matches(
    aws: Clients, group: str, functions: FunctionFactory
) -> None:
    function = functions(
        """
        import base64, gzip, json

        def handler(event, context):
            data = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
            for each in data["logEvents"]:
                print(data["subscriptionFilters"][0], each["message"])
        """
    )
    aws["lambda"].add_permission(
        FunctionName=function.name,
        StatementId="logs",
        Action="lambda:InvokeFunction",
        Principal="logs.amazonaws.com",
    )
    for filter_name, pattern in (("fine", "INFO"), ("all", "")):
        aws["logs"].put_subscription_filter(
            logGroupName=group,
            filterName=filter_name,
            filterPattern=pattern,
            destinationArn=function.arn,
        )
    aws["logs"].create_log_stream(logGroupName=group, logStreamName="another")
    put(aws, group)

    log = function.log(until="REPORT", times=2)
    delivered = sorted(line for line in log.splitlines() if line.startswith(("fine", "all")))
    assert delivered == sorted(["fine [INFO] fine", *(f"all {each}" for each in MESSAGES)])
