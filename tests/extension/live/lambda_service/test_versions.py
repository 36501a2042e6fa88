"""Function versions, which are immutable, and aliases.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
"""

from collections import Counter
from typing import Any

import pytest

from tests.extension.conftest import Clients
from tests.extension.lambda_functions import Function, FunctionFactory

WHICH = """
    import os

    def handler(event, context):
        return {{
            "code": {code},
            "variable": os.environ.get("WHICH"),
            "version": context.function_version,
            "variable_version": os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
            "arn": context.invoked_function_arn,
            "environment": context.log_stream_name,
        }}
"""


def variables(which: str) -> dict[str, Any]:
    return {"Environment": {"Variables": {"WHICH": which}}}


@pytest.fixture
def function(functions: FunctionFactory, aws: Clients) -> Function:
    """Version 1 has code and variable 1, version 2 has 2, and ``$LATEST`` has 3."""
    function = functions(WHICH.format(code=1), **variables("1"))
    for number in (2, 3):
        function.publish()
        functions.update(function, WHICH.format(code=number))
        function.wait_until_updated()
        aws["lambda"].update_function_configuration(
            FunctionName=function.name, **variables(str(number))
        )
        function.wait_until_updated()
    return function


def seen_by(function: Function, qualifier: str | None = None) -> dict[str, Any]:
    arguments = {"Qualifier": qualifier} if qualifier else {}
    payload: dict[str, Any] = function.invoke(**arguments).payload
    return payload


def test_version_keeps_code_and_configuration(function: Function) -> None:
    for qualifier in ("1", "2"):
        payload = seen_by(function, qualifier)
        assert payload["code"] == int(qualifier)
        assert payload["variable"] == payload["version"] == qualifier
        assert payload["variable_version"] == qualifier
        assert payload["arn"] == f"{function.arn}:{qualifier}"
    latest = seen_by(function)
    assert (latest["code"], latest["variable"], latest["version"]) == (3, "3", "$LATEST")
    assert latest["arn"] == function.arn
    assert seen_by(function, "$LATEST")["arn"] == f"{function.arn}:$LATEST"


def test_versions_have_separate_environments(function: Function) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
    streams = {qualifier: seen_by(function, qualifier)["environment"] for qualifier in ("1", "2")}

    assert seen_by(function, "1")["environment"] == streams["1"]
    assert "[1]" in streams["1"]
    assert "[2]" in streams["2"]
    assert "[$LATEST]" in seen_by(function)["environment"]


def test_version_is_published_once_for_the_same_code(function: Function) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html"""
    assert function.publish() == function.publish() == "3"


def test_version_is_unaffected_by_changes_of_latest(
    function: Function, functions: FunctionFactory
) -> None:
    before = seen_by(function, "1")

    functions.update(function, WHICH.format(code=4))
    function.wait_until_updated()

    assert seen_by(function, "1") == before
    assert seen_by(function)["code"] == 4


def test_executed_version_in_the_response(function: Function, aws: Clients) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""
    client = aws["lambda"]
    client.create_alias(FunctionName=function.name, Name="live", FunctionVersion="2")

    for qualifier, version in [("$LATEST", "$LATEST"), ("1", "1"), ("live", "2")]:
        response = client.invoke(FunctionName=function.name, Qualifier=qualifier)
        assert response["ExecutedVersion"] == version
    assert client.invoke(FunctionName=f"{function.arn}:live")["ExecutedVersion"] == "2"
    assert client.invoke(FunctionName=f"{function.name}:1")["ExecutedVersion"] == "1"


def test_alias_invokes_its_version_and_shares_its_environments(
    function: Function, aws: Clients
) -> None:
    client = aws["lambda"]
    client.create_alias(FunctionName=function.name, Name="live", FunctionVersion="1")
    through_alias = seen_by(function, "live")
    assert (through_alias["version"], through_alias["code"]) == ("1", 1)
    assert through_alias["arn"] == f"{function.arn}:live"
    assert through_alias["environment"] == seen_by(function, "1")["environment"]

    client.update_alias(FunctionName=function.name, Name="live", FunctionVersion="2")

    assert seen_by(function, "live")["code"] == 2


def test_version_of_an_alias_cannot_be_deleted(function: Function, aws: Clients) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html"""
    client = aws["lambda"]
    client.create_alias(FunctionName=function.name, Name="live", FunctionVersion="1")

    with pytest.raises(client.exceptions.ResourceConflictException):
        client.delete_function(FunctionName=function.name, Qualifier="1")
    client.delete_alias(FunctionName=function.name, Name="live")
    client.delete_function(FunctionName=function.name, Qualifier="1")

    with pytest.raises(client.exceptions.ResourceNotFoundException):
        function.invoke(Qualifier="1")
    assert seen_by(function, "2")["code"] == 2


@pytest.mark.parametrize(("weight", "least", "most"), [(0.0, 0, 0), (0.5, 50, 150)])
def test_weights_of_an_alias(
    function: Function, aws: Clients, weight: float, least: int, most: int
) -> None:
    """With 200 calls and weight 0.5, fewer than 50 or more than 150 occur once in 10^11 runs.

    https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
    """
    aws["lambda"].create_alias(
        FunctionName=function.name,
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": weight}},
    )

    executed: Counter[str] = Counter()
    for _ in range(200):
        invoked = function.invoke(Qualifier="live")
        version = invoked.payload["version"]
        assert f"START RequestId: {invoked.request_id} Version: {version}\n" in invoked.tail
        executed[version] += 1

    assert least <= executed["2"] <= most
    assert executed["1"] + executed["2"] == 200


def test_weighted_version_cannot_be_deleted(function: Function, aws: Clients) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html"""
    client = aws["lambda"]
    client.create_alias(
        FunctionName=function.name,
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}},
    )

    with pytest.raises(client.exceptions.ResourceConflictException):
        client.delete_function(FunctionName=f"{function.name}:2")
