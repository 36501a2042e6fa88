"""Calls of AWS APIs, as fault rules and the journal describe them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from localstack_testbed.requests.callers import internal_parameters_of

CLIENTS = "clients"
"""The caller of requests from outside LocalStack."""

INTERNAL = "internal"
"""The caller of internal calls that do not name the service that makes them."""

# The parameters by which operations name the resource that they are about.
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


@dataclass(frozen=True)
class Call:
    """A call of an operation.

    Parameters
    ----------
    resources
        All names of the resources that it is about: ARNs, URLs, short names.
    caller
        The name of a function, :data:`CLIENTS`, or a service such as ``sns``.
    by_function
        Whether the caller is a function.
    """

    service: str
    operation: str
    resources: tuple[str, ...] = ()
    caller: str = ""
    by_function: bool = False


def call_of(context: Any, function: str | None) -> Call:
    """Describe a request in LocalStack's handler chain; ``function`` is the one that made it."""
    request = context.service_request or {}
    return Call(
        # LocalStack calls a service with an older protocol by another name.
        service=context.service.service_name.removesuffix("-query"),
        operation=context.operation.name,
        resources=tuple(resources(request)),
        caller=function or _service_or_clients(context),
        by_function=function is not None,
    )


def resources(request: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the resources in a request, each as given and in its short form."""
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
    """Yield the name in an ARN or a queue URL; of a function, without its qualifier."""
    if function := re.search(r"(?:^|:)function:([^:]+)", value):
        yield function[1]
    elif value.startswith("arn:") or "://" in value:
        yield re.split("[:/]", value.rstrip("/"))[-1]


def _service_or_clients(context: Any) -> str:
    internal = internal_parameters_of(context)
    if internal is None:
        return CLIENTS
    return str(internal.get("service_principal") or INTERNAL)
