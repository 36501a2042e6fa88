"""What CloudFormation knows about stacks that are nested in one another."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from testbed.aws.clients import Aws
from testbed.aws.functions import stack_functions
from testbed.aws.stacks import nested_stacks, physical_ids

STACK, FUNCTION, QUEUE = "AWS::CloudFormation::Stack", "AWS::Lambda::Function", "AWS::SQS::Queue"
RESOURCES: dict[str, list[tuple[str, str | None]]] = {
    "shop": [(FUNCTION, "front"), (STACK, "arn:child"), (STACK, "arn:empty"), (QUEUE, None)],
    "arn:child": [(FUNCTION, "inner"), (STACK, "arn:grandchild")],
    "arn:grandchild": [(FUNCTION, "innermost"), (QUEUE, "http://queue")],
    "arn:empty": [],
}


class Pages:
    def paginate(self, *, StackName: str) -> list[dict[str, Any]]:
        found = [
            {"LogicalResourceId": f"R{number}", "ResourceType": kind, "PhysicalResourceId": name}
            for number, (kind, name) in enumerate(RESOURCES[StackName])
        ]
        return [{"StackResourceSummaries": found[:1]}, {"StackResourceSummaries": found[1:]}]


AWS = cast(
    Aws, SimpleNamespace(cloudformation=SimpleNamespace(get_paginator=lambda _name: Pages()))
)


def test_nested_stacks_are_found_at_any_depth() -> None:
    assert nested_stacks(AWS, "shop") == ["arn:child", "arn:grandchild", "arn:empty"]
    assert nested_stacks(AWS, "arn:empty") == []


def test_resources_of_nested_stacks_are_included() -> None:
    assert stack_functions(AWS, "shop") == ["front", "inner", "innermost"]
    assert physical_ids(AWS, "shop", QUEUE) == ["http://queue"]
