"""Which queues functions read, and how often Lambda retries asynchronous invocations."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from testbed.aws.clients import Aws

# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
_USUAL_RETRIES = 2


class Consumers:
    """The functions that process messages and events later; read on first use, and then kept."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._retries: dict[str, int] = {}

    def has_consumer(self, queue: str) -> bool:
        """Return whether a function reads a queue, given by its name."""
        return queue in self._queues

    def retries(self, function: str) -> int:
        """Return how often Lambda retries a failed asynchronous invocation of a function."""
        if function not in self._retries:
            try:
                found = self._aws.lambda_.get_function_event_invoke_config(FunctionName=function)
                self._retries[function] = found.get("MaximumRetryAttempts", _USUAL_RETRIES)
            except ClientError:
                self._retries[function] = _USUAL_RETRIES
        return self._retries[function]

    @cached_property
    def _queues(self) -> set[str]:
        pages = self._aws.lambda_.get_paginator("list_event_source_mappings").paginate()
        return {
            mapping["EventSourceArn"].rpartition(":")[2]
            for page in pages
            for mapping in page["EventSourceMappings"]
            if mapping.get("State") in ("Enabled", "Enabling", "Creating", "Updating")
            and "EventSourceArn" in mapping
        }
