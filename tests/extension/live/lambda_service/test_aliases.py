"""Updates of aliases, and permissions for function URLs.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.extension.conftest import Clients
from tests.extension.lambda_functions import Function, FunctionFactory

CODE = """
    def handler(event, context):
        return {code}
"""


@pytest.fixture
def function(functions: FunctionFactory, aws: Clients) -> Function:
    """Has two versions, and an alias that references the first one."""
    function = functions(CODE.format(code=1))
    function.publish()
    functions.update(function, CODE.format(code=2))
    function.publish()
    aws["lambda"].create_alias(FunctionName=function.name, Name="live", FunctionVersion="1")
    return function


def test_weights_are_updated(function: Function, aws: Clients) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html"""
    client, which = aws["lambda"], {"FunctionName": function.name, "Name": "live"}
    routing = {"AdditionalVersionWeights": {"2": 0.25}}

    client.update_alias(**which, RoutingConfig=routing)

    assert client.get_alias(**which)["RoutingConfig"] == routing
    client.update_alias(**which, FunctionVersion="2", RoutingConfig={})
    alias = client.get_alias(**which)
    assert (alias["FunctionVersion"], alias.get("RoutingConfig")) == ("2", None)


def test_version_must_exist(function: Function, aws: Clients) -> None:
    client = aws["lambda"]
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.update_alias(FunctionName=function.name, Name="live", FunctionVersion="9")

    alias = client.get_alias(FunctionName=function.name, Name="live")
    assert alias["FunctionVersion"] == "1"


def test_provisioned_concurrency_is_removed(
    function: Function, aws: Clients, eventually: Callable[..., Any]
) -> None:
    client, which = aws["lambda"], {"FunctionName": function.name, "Qualifier": "live"}
    client.put_provisioned_concurrency_config(**which, ProvisionedConcurrentExecutions=1)
    eventually(
        lambda: client.get_provisioned_concurrency_config(**which)["Status"] == "READY",
    )

    client.delete_provisioned_concurrency_config(**which)

    with pytest.raises(client.exceptions.ProvisionedConcurrencyConfigNotFoundException):
        client.get_provisioned_concurrency_config(**which)


def test_permission_only_for_the_url(function: Function, aws: Clients) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"""
    added = aws["lambda"].add_permission(
        FunctionName=function.name,
        StatementId="url",
        Action="lambda:InvokeFunction",
        Principal="*",
        InvokedViaFunctionUrl=True,
    )

    condition = {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}
    assert json.loads(added["Statement"])["Condition"] == condition
    policy = json.loads(aws["lambda"].get_policy(FunctionName=function.name)["Policy"])
    assert [statement["Condition"] for statement in policy["Statement"]] == [condition]
