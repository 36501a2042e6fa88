"""What really invokes a function: the queue, topic, bucket, rule, schedule or API in its stack.

A sample event is filled in with the names of these, so that it looks like one that the function
really receives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from testbed.aws.clients import Aws

_PATH_PARAMETER = re.compile(r"\{([\w.-]+)(\+?)\}")


@dataclass(frozen=True)
class Source:
    """A source of a function's events.

    Parameters
    ----------
    title
        What it is, in words: "queue orders".
    values
        The values of the sample's variables.
    note
        How what the function receives from it differs from the sample; empty if it does not.
    """

    title: str
    values: dict[str, Any] = field(default_factory=dict)
    note: str = ""


def find_source(aws: Aws, function_arn: str, sample: str) -> Source | None:
    """Return the first source of a function that sends events like a sample, or None.

    Parameters
    ----------
    function_arn
        The function's unqualified ARN. Sources that name one of its versions or aliases count, too.
    sample
        The sample's name.

    Notes
    -----
    An emulator that does not have the service's API has no such source.
    """
    search = _SEARCHES.get(sample)
    if search is None:
        return None
    try:
        return next(search(aws, function_arn), None)
    except (ClientError, BotoCoreError):
        return None


def _is_function(target: str, function_arn: str) -> bool:
    return target == function_arn or target.startswith(f"{function_arn}:")


def _name(arn: str) -> str:
    return arn.rpartition(":")[2]


def _queues(fifo: bool) -> Callable[[Aws, str], Iterator[Source]]:
    def search(aws: Aws, function_arn: str) -> Iterator[Source]:
        pages = aws.lambda_.get_paginator("list_event_source_mappings").paginate(
            FunctionName=function_arn
        )
        for mapping in (each for page in pages for each in page["EventSourceMappings"]):
            arn = mapping.get("EventSourceArn", "")
            if ":sqs:" in arn and arn.endswith(".fifo") is fifo:
                yield Source(f"queue {_name(arn)}", {"queue": _name(arn)})

    return search


def _topics(aws: Aws, function_arn: str) -> Iterator[Source]:
    pages = aws.sns.get_paginator("list_subscriptions").paginate()
    for subscription in (each for page in pages for each in page["Subscriptions"]):
        if _is_function(subscription.get("Endpoint", ""), function_arn):
            topic, _, identity = subscription["SubscriptionArn"].rpartition(":")
            values = {"topic": _name(topic), "subscription": identity}
            yield Source(f"topic {_name(topic)}", values)


def _buckets(event: str) -> Callable[[Aws, str], Iterator[Source]]:
    def search(aws: Aws, function_arn: str) -> Iterator[Source]:
        for bucket in (each["Name"] for each in aws.s3.list_buckets()["Buckets"]):
            found = aws.s3.get_bucket_notification_configuration(Bucket=bucket)
            for each in found.get("LambdaFunctionConfigurations", []):
                sends = any(kind.startswith(f"s3:{event}") for kind in each["Events"])
                if sends and _is_function(each["LambdaFunctionArn"], function_arn):
                    values = {"bucket": bucket, "configuration": each.get("Id", "")}
                    yield Source(f"bucket {bucket}", {**values, **_key(dict(each))})

    return search


def _key(configuration: dict[str, Any]) -> dict[str, str]:
    """Return a key that a notification's filter lets pass, unless any key does."""
    rules = configuration.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    filters = {rule["Name"].lower(): rule["Value"] for rule in rules}
    if not filters:
        return {}
    return {"key": f"{filters.get('prefix', '')}my file{filters.get('suffix', '.txt')}"}


def _rules(scheduled: bool) -> Callable[[Aws, str], Iterator[Source]]:
    def search(aws: Aws, function_arn: str) -> Iterator[Source]:
        pages = aws.events.get_paginator("list_rules").paginate()
        for rule in (each for page in pages for each in page["Rules"]):
            if ("ScheduleExpression" in rule) is not scheduled:
                continue
            for target in aws.events.list_targets_by_rule(Rule=rule["Name"])["Targets"]:
                if _is_function(target["Arn"], function_arn):
                    values = (
                        {"rule": rule["Name"]}
                        if scheduled
                        else _of_pattern(rule.get("EventPattern", "{}"))
                    )
                    yield Source(f"rule {rule['Name']}", values, _input_note(dict(target)))

    return search


def _input_note(target: dict[str, Any]) -> str:
    own = next((key for key in ("Input", "InputPath", "InputTransformer") if target.get(key)), None)
    return f"The target has its own {own}, which the function receives instead." if own else ""


def _of_pattern(pattern: str) -> dict[str, Any]:
    """Return the first source and detail-type that an event pattern names."""
    wanted = json.loads(pattern)
    return {
        key: values[0]
        for key in ("source", "detail-type")
        if (values := wanted.get(key)) and isinstance(values[0], str)
    }


def _schedules(aws: Aws, function_arn: str) -> Iterator[Source]:
    scheduler = aws.client("scheduler")
    pages = scheduler.get_paginator("list_schedules").paginate()
    for each in (each for page in pages for each in page["Schedules"]):
        if _is_function(each["Target"]["Arn"], function_arn):
            name, group = each["Name"], each["GroupName"]
            target = scheduler.get_schedule(Name=name, GroupName=group)["Target"]
            yield Source(f"schedule {name}", {"schedule": f"{group}/{name}"}, _input_note(target))


def _rest_apis(aws: Aws, function_arn: str) -> Iterator[Source]:
    for api in aws.apigateway.get_rest_apis()["items"]:
        stages = aws.apigateway.get_stages(restApiId=api["id"]).get("item", [])
        found = aws.apigateway.get_resources(restApiId=api["id"], embed=["methods"], limit=500)
        for resource in sorted(found["items"], key=lambda each: each.get("path", "")):
            for method, details in resource.get("resourceMethods", {}).items():
                uri = details.get("methodIntegration", {}).get("uri", "")
                if stages and re.search(rf"{re.escape(function_arn)}[:/]", uri):
                    path = resource["path"]
                    verb = "POST" if method == "ANY" else method
                    yield Source(
                        f"REST API {api['name']}, {verb} {path}",
                        {
                            "api": api["id"],
                            "stage": stages[0]["stageName"],
                            "resource": path,
                            "resource_id": resource["id"],
                            "path": _PATH_PARAMETER.sub(r"\1", path),
                            "httpMethod": verb,
                            "pathParameters": {
                                match[1]: match[1] for match in _PATH_PARAMETER.finditer(path)
                            }
                            or None,
                        },
                    )


def _function_urls(aws: Aws, function_arn: str) -> Iterator[Source]:
    url = aws.lambda_.get_function_url_config(FunctionName=function_arn)["FunctionUrl"]
    identity = url.partition("://")[2].partition(".")[0]
    yield Source(f"function URL {url}", {"api": identity})


_SEARCHES: dict[str, Callable[[Aws, str], Iterator[Source]]] = {
    "api": _rest_apis,
    "eventbridge": _rules(scheduled=False),
    "function-url": _function_urls,
    "s3": _buckets("ObjectCreated:"),
    "s3-delete": _buckets("ObjectRemoved:"),
    "schedule": _rules(scheduled=True),
    "scheduler": _schedules,
    "sns": _topics,
    "sqs": _queues(fifo=False),
    "sqs-fifo": _queues(fifo=True),
    "sqs-from-s3": _queues(fifo=False),
    "sqs-from-sns": _queues(fifo=False),
}
