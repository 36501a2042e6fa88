"""The sources of a function's events, with fixed answers of the services."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from testbed.aws.clients import Aws
from testbed.samples.catalog import find_sample
from testbed.samples.filling import make_event
from testbed.samples.sources import Source, find_source

ARN = "arn:aws:lambda:us-east-1:000000000000:function:monitor"

ANSWERS: dict[str, Any] = {
    "list_event_source_mappings": {
        "EventSourceMappings": [
            {"EventSourceArn": "arn:aws:sqs:us-east-1:000000000000:orders.fifo"},
            {"EventSourceArn": "arn:aws:sqs:us-east-1:000000000000:orders"},
        ]
    },
    "list_subscriptions": {
        "Subscriptions": [
            {"SubscriptionArn": "PendingConfirmation", "Endpoint": "a@example.com"},
            {"SubscriptionArn": "arn:aws:sns:us-east-1:0:news:12-34", "Endpoint": f"{ARN}:live"},
        ]
    },
    "list_buckets": {"Buckets": [{"Name": "files"}]},
    "get_bucket_notification_configuration": {
        "LambdaFunctionConfigurations": [
            {
                "Id": "made",
                "LambdaFunctionArn": ARN,
                "Events": ["s3:ObjectCreated:*"],
                "Filter": {"Key": {"FilterRules": [{"Name": "Prefix", "Value": "in/"}]}},
            }
        ]
    },
    "list_rules": {
        "Rules": [
            {"Name": "daily", "ScheduleExpression": "rate(1 day)"},
            {"Name": "placed", "EventPattern": json.dumps({"source": ["shop"]})},
        ]
    },
    "list_targets_by_rule": {"Targets": [{"Arn": f"{ARN}:live", "Input": "{}"}]},
    "list_schedules": {
        "Schedules": [{"Name": "hourly", "GroupName": "default", "Target": {"Arn": ARN}}]
    },
    "get_schedule": {"Target": {"Arn": ARN}},
    "get_rest_apis": {"items": [{"id": "abc", "name": "shop"}]},
    "get_stages": {"item": [{"stageName": "v1"}]},
    "get_resources": {
        "items": [
            {
                "id": "r1",
                "path": "/orders/{id}",
                "resourceMethods": {
                    "GET": {
                        "methodIntegration": {
                            "uri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions"
                            f"/{ARN}/invocations"
                        }
                    }
                },
            }
        ]
    },
    "get_function_url_config": {"FunctionUrl": "https://xyz.lambda-url.us-east-1.on.aws/"},
}


class FakeAws:
    """Every service, with one answer for each operation."""

    def __getattr__(self, name: str) -> Any:
        if name in ANSWERS:
            return lambda **_: ANSWERS[name]
        return self

    def client(self, _service: str) -> FakeAws:
        return self

    def get_paginator(self, operation: str) -> Any:
        class Pages:
            def paginate(self, **_: Any) -> list[Any]:
                return [ANSWERS[operation]]

        return Pages()


@pytest.mark.parametrize(
    ("sample", "title", "values"),
    [
        ("sqs", "queue orders", {"queue": "orders"}),
        ("sqs-from-sns", "queue orders", {"queue": "orders"}),
        ("sqs-fifo", "queue orders.fifo", {"queue": "orders.fifo"}),
        ("sns", "topic news", {"topic": "news", "subscription": "12-34"}),
        (
            "s3",
            "bucket files",
            {"bucket": "files", "configuration": "made", "key": "in/my file.txt"},
        ),
        ("schedule", "rule daily", {"rule": "daily"}),
        ("eventbridge", "rule placed", {"source": "shop"}),
        ("scheduler", "schedule hourly", {"schedule": "default/hourly"}),
        (
            "api",
            "REST API shop, GET /orders/{id}",
            {
                "api": "abc",
                "stage": "v1",
                "resource": "/orders/{id}",
                "resource_id": "r1",
                "path": "/orders/id",
                "httpMethod": "GET",
                "pathParameters": {"id": "id"},
            },
        ),
        ("function-url", "function URL https://xyz.lambda-url.us-east-1.on.aws/", {"api": "xyz"}),
    ],
)
def test_source(sample: str, title: str, values: dict[str, Any]) -> None:
    found = find_source(cast(Aws, FakeAws()), ARN, sample)
    assert isinstance(found, Source)
    assert (found.title, found.values) == (title, values)
    assert found.values.keys() <= find_sample(sample).variables.keys()
    make_event(find_sample(sample), sources=found.values)


def test_input_of_a_target_is_mentioned() -> None:
    found = find_source(cast(Aws, FakeAws()), ARN, "schedule")
    assert found is not None
    assert found.note == "The target has its own Input, which the function receives instead."


@pytest.mark.parametrize("sample", ["s3-delete", "ses", "kinesis"])
def test_no_source(sample: str) -> None:
    assert find_source(cast(Aws, FakeAws()), ARN, sample) is None


def test_other_function() -> None:
    other = ARN.replace("monitor", "moni")
    for sample in ("sns", "s3", "schedule", "scheduler", "api"):
        assert find_source(cast(Aws, FakeAws()), other, sample) is None


def test_service_that_the_emulator_lacks() -> None:
    class Failing:
        def __getattr__(self, _name: str) -> Any:
            raise ClientError({"Error": {"Code": "NotImplemented", "Message": ""}}, "ListRules")

    assert find_source(cast(Aws, Failing()), ARN, "schedule") is None
