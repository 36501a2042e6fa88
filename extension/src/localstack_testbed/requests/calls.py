"""What a request to LocalStack is, in the terms of rules."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from localstack_testbed.faults.rules import CLIENTS, Call
from localstack_testbed.requests.callers import internal_parameters_of

# The parameters by which operations name what they work on.
PARAMETERS = (
    "FunctionName",
    "QueueUrl",
    "QueueName",
    "TopicArn",
    "TargetArn",
    "Bucket",
    "EventBusName",
    "TableName",
    "StreamName",
    "StreamARN",
    "DeliveryStreamName",
    "logGroupName",
    "Namespace",
    "stateMachineArn",
    "StackName",
    "SecretId",
    "RoleArn",
    "Name",
)

# Of an internal call that does not say on behalf of which service it is made.
INTERNAL = "internal"


def call_of(context: Any, function: str | None) -> Call:
    """Describe a request of LocalStack's handler chain, made by a function or by others."""
    request = context.service_request or {}
    return Call(
        # The same service, by the protocol that it had first.
        service=context.service.service_name.removesuffix("-query"),
        operation=context.operation.name,
        resources=tuple(resources(request)),
        caller=function or _service_or_clients(context),
        by_function=function is not None,
    )


def resources(request: Mapping[str, Any]) -> Iterator[str]:
    """Return the names of what a request is about, each whole and as short as it can be."""
    for parameter in PARAMETERS:
        value = request.get(parameter)
        if isinstance(value, str) and value:
            yield value
            yield from _short(value)
    if "Bucket" in request and isinstance(request.get("Key"), str):
        yield f"{request['Bucket']}/{request['Key']}"
    for entry in request.get("Entries") or []:
        if isinstance(entry, Mapping) and "DetailType" in entry:
            bus = entry.get("EventBusName") or "default"
            yield bus
            yield from _short(bus)


def _short(value: str) -> Iterator[str]:
    """Return the name in an ARN or a queue's URL; of a function, without its qualifier."""
    if function := re.search(r"(?:^|:)function:([^:]+)", value):
        yield function[1]
    elif value.startswith("arn:") or "://" in value:
        yield re.split("[:/]", value.rstrip("/"))[-1]


def _service_or_clients(context: Any) -> str:
    internal = internal_parameters_of(context)
    if internal is None:
        return CLIENTS
    return str(internal.get("service_principal") or INTERNAL)
