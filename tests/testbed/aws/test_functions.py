"""Functions by name, with stacks of a few resources."""

from __future__ import annotations

from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from testbed.aws.clients import Aws
from testbed.aws.functions import KnownFunction, find_function, stack_functions
from testbed.errors import TestbedError

FUNCTION, STACK = "AWS::Lambda::Function", "AWS::CloudFormation::Stack"


class FakeAws:
    """CloudFormation and Lambda with fixed answers."""

    region = "us-east-1"

    def __init__(
        self, stacks: dict[str, list[tuple[str, str, str]]], others: tuple[str, ...] = ()
    ) -> None:
        self._stacks = stacks
        self._names = [
            physical
            for resources in stacks.values()
            for _, physical, kind in resources
            if kind == FUNCTION
        ] + list(others)
        self.cloudformation = self.lambda_ = self

    def get_paginator(self, _operation: str) -> FakeAws:
        return self

    def paginate(self, StackName: str | None = None) -> list[dict[str, Any]]:
        if StackName is None:
            return [{"Functions": [{"FunctionName": name}]} for name in self._names]
        if StackName not in self._stacks:
            error = {"Error": {"Code": "ValidationError", "Message": "does not exist"}}
            raise ClientError(cast(Any, error), "ListStackResources")
        return [
            {
                "StackResourceSummaries": [
                    {
                        "LogicalResourceId": logical,
                        "PhysicalResourceId": physical,
                        "ResourceType": kind,
                    }
                ]
            }
            for logical, physical, kind in self._stacks[StackName]
        ]


@pytest.fixture
def aws() -> Aws:
    stacks = {
        "shop": [
            ("Orders", "shop-orders-1A", FUNCTION),
            ("Deleted", "", FUNCTION),
            ("Queue", "orders", "AWS::SQS::Queue"),
            ("Inner", "arn:inner", STACK),
        ],
        "arn:inner": [("Mailer", "shop-mailer-2B", FUNCTION)],
        "other": [("Orders", "other-orders-3C", FUNCTION)],
    }
    return cast(Aws, FakeAws(stacks, ("website-monitor",)))


def test_functions_of_a_stack_and_its_nested_stacks(aws: Aws) -> None:
    assert stack_functions(aws, "shop") == ["shop-orders-1A", "shop-mailer-2B"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("shop-orders-1A", KnownFunction("shop-orders-1A", "shop", "Orders")),
        ("Orders", KnownFunction("shop-orders-1A", "shop", "Orders")),
        ("Orders:live", KnownFunction("shop-orders-1A", "shop", "Orders", "live")),
        ("Mailer", KnownFunction("shop-mailer-2B", "shop", "Inner/Mailer")),
        ("Inner/Mailer", KnownFunction("shop-mailer-2B", "shop", "Inner/Mailer")),
        ("website-monitor", KnownFunction("website-monitor")),
        ("website-monitor:$LATEST", KnownFunction("website-monitor", qualifier="$LATEST")),
        (
            "arn:aws:lambda:us-east-1:000000000000:function:website-monitor:2",
            KnownFunction("website-monitor", qualifier="2"),
        ),
        ("000000000000:function:website-monitor", KnownFunction("website-monitor")),
    ],
)
def test_name_logical_id_or_arn(aws: Aws, text: str, found: KnownFunction) -> None:
    assert find_function(aws, text, ["shop"]) == found


def test_qualifier_apart(aws: Aws) -> None:
    assert find_function(aws, "Orders", ["shop"], "2").qualifier == "2"
    assert find_function(aws, "Orders:2", ["shop"], "2").qualifier == "2"
    with pytest.raises(TestbedError, match="already has a qualifier"):
        find_function(aws, "Orders:1", ["shop"], "2")


def test_without_stacks_all_functions_are_known_by_name(aws: Aws) -> None:
    assert find_function(aws, "shop-mailer-2B") == KnownFunction("shop-mailer-2B")
    assert find_function(aws, "shop-mailer-2B", ["no-such-stack"]).stack == ""
    with pytest.raises(TestbedError) as raised:
        find_function(aws, "website-monitr")
    assert raised.value.advice.startswith("Did you mean website-monitor? The functions are: ")


def test_logical_id_of_several_stacks(aws: Aws) -> None:
    with pytest.raises(TestbedError, match="Several functions have the logical ID") as raised:
        find_function(aws, "Orders", ["shop", "other"])
    assert "shop-orders-1A, other-orders-3C" in raised.value.advice


def test_suggestion_for_a_logical_id(aws: Aws) -> None:
    with pytest.raises(TestbedError, match="There is no function named orderz") as raised:
        find_function(aws, "orderz", ["shop"])
    assert raised.value.advice == (
        "Did you mean shop-orders-1A? The functions are: shop-mailer-2B, shop-orders-1A."
    )


def test_other_region(aws: Aws) -> None:
    with pytest.raises(TestbedError, match="is in the region eu-west-1"):
        find_function(aws, "arn:aws:lambda:eu-west-1:000000000000:function:website-monitor")


def test_no_functions_at_all() -> None:
    with pytest.raises(TestbedError) as raised:
        find_function(cast(Aws, FakeAws({})), "anything")
    assert "There are no functions" in raised.value.advice
