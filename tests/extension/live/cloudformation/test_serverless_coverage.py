"""Each property that SAM documents is in a template that a test deploys, or sees rejected.

The properties are those of the schema that SAM's own developers maintain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from samtranslator.internal.schema_source import (  # type: ignore[import-untyped]
    aws_serverless_api,
    aws_serverless_application,
    aws_serverless_connector,
    aws_serverless_function,
    aws_serverless_layerversion,
)
from samtranslator.model.connector_profiles import profile  # type: ignore[import-untyped]

from tests.extension.live.cloudformation.test_serverless import REJECTED, rejected, template

DEPLOYED = ("apis", "applications", "connectors", "events", "functions")

RESOURCES = {
    "AWS::Serverless::Api": aws_serverless_api,
    "AWS::Serverless::Application": aws_serverless_application,
    "AWS::Serverless::Connector": aws_serverless_connector,
    "AWS::Serverless::Function": aws_serverless_function,
    "AWS::Serverless::LayerVersion": aws_serverless_layerversion,
}
"""What the testbed has; of the other types, there is nothing to deploy."""

EVENTS = {
    "Api": aws_serverless_function.ApiEventProperties,
    "CloudWatchEvent": aws_serverless_function.CloudWatchEventProperties,
    "CloudWatchLogs": aws_serverless_function.CloudWatchLogsEventProperties,
    "EventBridgeRule": aws_serverless_function.EventBridgeRuleEventProperties,
    "S3": aws_serverless_function.S3EventProperties,
    "SNS": aws_serverless_function.SNSEventProperties,
    "SQS": aws_serverless_function.SQSEventProperties,
    "Schedule": aws_serverless_function.EventsScheduleProperties,
    "ScheduleV2": aws_serverless_function.ScheduleV2EventProperties,
}

PARTS = {
    "Auth": aws_serverless_api.Auth,
    "Cors": aws_serverless_api.Cors,
    "UsagePlan": aws_serverless_api.UsagePlan,
    "EventInvokeConfig": aws_serverless_function.EventInvokeConfig,
    "SqsSubscription": aws_serverless_function.SqsSubscription,
    "RequestModel": aws_serverless_function.RequestModel,
}

GENERATED = {
    "AWS::Serverless::Api": "AWS::ApiGateway::RestApi",
    "AWS::Serverless::Function": "AWS::Lambda::Function",
}

CACHE = {"CacheClusterSize": "only for a cache, which the testbed does not have"}


def subjects() -> Iterator[Mapping[str, Any]]:
    """Yield the resources of SAM in all templates."""
    templates = [template(name) for name in DEPLOYED] + [
        rejected(each) for each in REJECTED.values()
    ]
    for each in templates:
        for resource in each["Resources"].values():
            if resource["Type"].startswith("AWS::Serverless::"):
                yield resource


def values(value: Any, key: str) -> Iterator[Mapping[str, Any]]:
    """Yield the objects with this key anywhere in a value."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            if name == key and isinstance(part, Mapping):
                yield part
            yield from values(part, key)
    elif isinstance(value, list):
        for part in value:
            yield from values(part, key)


def names(model: Any) -> set[str]:
    return set(model.__fields__)


@pytest.mark.parametrize("type_name", RESOURCES)
def test_properties_of_resources(type_name: str) -> None:
    used = {
        name
        for resource in subjects()
        if resource["Type"] == type_name
        for name in resource.get("Properties", {})
    }
    assert names(RESOURCES[type_name].Properties) - used - CACHE.keys() == set()


@pytest.mark.parametrize("event", EVENTS)
def test_properties_of_events(event: str) -> None:
    used = {
        name
        for each in values([*subjects()], "Events")
        for source in each.values()
        if source["Type"] == event
        for name in source["Properties"]
    }
    assert names(EVENTS[event]) - used == set()


@pytest.mark.parametrize("part", PARTS)
def test_parts_of_properties(part: str) -> None:
    used = {name for each in values([*subjects()], part) for name in each}
    assert names(PARTS[part]) - used == set()


def test_event_sources() -> None:
    found = {
        getattr(aws_serverless_function, name).__fields__["Type"].type_.__args__[0]
        for name in dir(aws_serverless_function)
        if name.endswith("Event") and not name.startswith("_")
    }
    used = {source["Type"] for each in values([*subjects()], "Events") for source in each.values()}
    assert found - used == set()


def test_connectors() -> None:
    """Each pair of types of which the testbed has both."""
    here = ("ApiGateway", "Events", "Lambda", "S3", "SNS", "SQS")
    pairs = {
        (source, target)
        for source, targets in profile.PROFILE["Permissions"].items()
        for target in targets
        if source.split("::")[1] in here and target.split("::")[1] in here
    }
    resources = template("connectors")["Resources"]
    ends = [
        (each["Source"], each["Destination"])
        for resource in resources.values()
        if resource["Type"] == "AWS::Serverless::Connector"
        for each in [resource["Properties"]]
    ]
    for name, resource in resources.items():
        for each in resource.get("Connectors", {}).values():
            ends.append(({"Id": name}, each["Properties"]["Destination"]))

    def type_of(end: Mapping[str, str]) -> str:
        name = end["Type"] if "Type" in end else resources[end["Id"]]["Type"]
        return GENERATED.get(name, name)

    assert pairs - {(type_of(source), type_of(target)) for source, target in ends} == set()
