"""Stacks that tests deploy in one call, and the questions that they ask about them."""

import itertools
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from testbed.machine.waiting import until
from tests.extension.conftest import Clients

CAPABILITIES = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
LIMIT = 60.0

_NUMBERS = itertools.count()
_GENERATED = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.+:Z]*"), "<time>"),
)


class Deployed:
    """A stack of a test."""

    def __init__(self, aws: Clients, name: str) -> None:
        self.client = aws["cloudformation"]
        self.name = name
        self.id = ""

    def create(self, template: Mapping[str, Any], **request: Any) -> str:
        """Create the stack, and return its status when the operation is over."""
        made = self.client.create_stack(
            StackName=self.name,
            TemplateBody=json.dumps(template),
            Capabilities=CAPABILITIES,
            **request,
        )
        self.id = made["StackId"]
        return self.settled()

    def update(self, template: Mapping[str, Any], **request: Any) -> str:
        """Update the stack, and return its status when the operation is over."""
        self.client.update_stack(
            StackName=self.name,
            TemplateBody=json.dumps(template),
            Capabilities=CAPABILITIES,
            **request,
        )
        return self.settled()

    def delete(self) -> str:
        """Delete the stack, and return its status when the operation is over."""
        self.client.delete_stack(StackName=self.id)
        return self.settled()

    def settled(self) -> str:
        """Wait until no operation runs, and return the stack's status."""
        return until(
            lambda: None if (status := self.status()).endswith("_IN_PROGRESS") else status,
            within=LIMIT,
            what=f"end of the operation on {self.name}",
        )

    def status(self) -> str:
        status: str = self.describe()["StackStatus"]
        return status

    def describe(self) -> dict[str, Any]:
        [stack] = self.client.describe_stacks(StackName=self.id)["Stacks"]
        return dict(stack)

    def outputs(self) -> dict[str, str]:
        return {each["OutputKey"]: each["OutputValue"] for each in self.describe()["Outputs"]}

    def events(self) -> list[dict[str, Any]]:
        """Return the stack's events, the first one first."""
        pages = self.client.get_paginator("describe_stack_events").paginate(StackName=self.id)
        return [event for page in pages for event in page["StackEvents"]][::-1]

    def last_operation(self) -> list[dict[str, Any]]:
        """Return the events since the last operation began."""
        events = self.events()
        begins = [
            number
            for number, event in enumerate(events)
            if event["PhysicalResourceId"] == self.id
            and event["ResourceStatus"] in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS")
        ]
        return events[begins[-1] :]

    def first_failure(self) -> str:
        """Return the logical id of what failed first in the last operation."""
        for event in self.last_operation():
            if event["ResourceStatus"].endswith("_FAILED"):
                return str(event["LogicalResourceId"])
        return ""

    def was_replaced(self, logical_id: str) -> bool:
        """Return whether the last update created a new resource in place of one."""
        return any(
            event["LogicalResourceId"] == logical_id
            and "creation of a new physical resource" in event.get("ResourceStatusReason", "")
            for event in self.last_operation()
        )

    def physical_ids(self) -> dict[str, str]:
        """Return the physical ids of the resources, by logical id."""
        found = self.client.describe_stack_resources(StackName=self.id)["StackResources"]
        return {each["LogicalResourceId"]: each.get("PhysicalResourceId", "") for each in found}

    def normalized(self, value: Any, physical_ids: Mapping[str, str]) -> Any:
        """Return a value in which the stack's generated names and ids and all times are replaced.

        Answers to requests lose their metadata.
        """
        names = {
            part: f"<{logical_id}>"
            for logical_id, physical_id in physical_ids.items()
            for part in (
                physical_id,
                physical_id.rpartition("/")[2],
                physical_id.rpartition(":")[2],
            )
            if len(part) > 5
        }
        ordered = sorted(names.items(), key=lambda item: -len(item[0]))

        def text(value: str) -> str:
            for part, name in ordered:
                value = value.replace(part, name)
            for pattern, name in _GENERATED:
                value = pattern.sub(name, value)
            return value.replace(self.id, "<stack>").replace(self.name, "<stack>")

        def walk(value: Any) -> Any:
            match value:
                case dict():
                    rest = {key: each for key, each in value.items() if key != "ResponseMetadata"}
                    return {text(str(key)): walk(each) for key, each in rest.items()}
                case list() | tuple():
                    return [walk(each) for each in value]
                case datetime():
                    return "<time>"
                case str():
                    return text(value)
            return value

        return walk(value)

    def report(self) -> str:
        """Return the events of the last operation, for a failed test."""
        return "\n".join(
            f"{event['LogicalResourceId']} {event['ResourceStatus']}"
            f" {event.get('ResourceStatusReason', '')}"
            for event in self.last_operation()
        )


@contextmanager
def deployed(
    aws: Clients, template: Mapping[str, Any], name: str | None = None, **request: Any
) -> Iterator[Deployed]:
    """Create a stack that must succeed, and delete it afterwards."""
    stack = Deployed(aws, name or f"test-{os.getpid()}-{next(_NUMBERS)}")
    try:
        assert stack.create(template, **request) == "CREATE_COMPLETE", stack.report()
        yield stack
        assert stack.delete() == "DELETE_COMPLETE", stack.report()
    except BaseException:
        _remove(stack)
        raise


def _remove(stack: Deployed) -> None:
    """Delete what a failed test left."""
    try:
        if stack.id and stack.settled() != "DELETE_COMPLETE":
            stack.client.delete_stack(StackName=stack.id, DeletionMode="FORCE_DELETE_STACK")
            stack.settled()
    except ClientError:
        return
