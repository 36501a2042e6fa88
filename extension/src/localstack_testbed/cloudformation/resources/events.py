"""Resource types of EventBridge.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Events.html
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from localstack_testbed.cloudformation.resources.model import (
    AlreadyExistsError,
    Context,
    Properties,
    ResourceError,
    ResourceType,
    changed,
    exists,
    tag_changes,
)

NOT_HERE = "is not available in this testbed"

DEFAULT_BUS = "default"

_LONGEST_NAME = 64

# The quota of targets of a rule, which can be raised on AWS, but not here.
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
_MOST_TARGETS = 5


def _tags(properties: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags") or ()}


def _tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _update_tags(client: Any, arn: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    changes, removed = tag_changes(_tags(old), _tags(new))
    if removed:
        client.untag_resource(ResourceARN=arn, TagKeys=removed)
    if changes:
        client.tag_resource(ResourceARN=arn, Tags=_tag_list(changes))


def _reject(properties: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if name in properties:
            raise ResourceError(f"The property {name} {NOT_HERE}.")


def _text(document: Any) -> str:
    """Return a JSON document, which a template may also have as a string."""
    return document if isinstance(document, str) else json.dumps(document)


def _bus_name(properties: Mapping[str, Any]) -> str:
    """Return the name of a resource's event bus, which may be given by its ARN."""
    name: str = properties.get("EventBusName") or DEFAULT_BUS
    return name.partition(":event-bus/")[2] or name


class Rule(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html

    As on AWS, the physical id is the rule's name, with the bus in front of it if that is not the
    default one: ``orders|shop-Rule-1QX2Y3Z4A5B6``.
    """

    name_property = "Name"

    def create(self, context: Context, properties: Properties) -> str:
        client = context.client("events")
        name = properties.get("Name") or context.generated_name(_LONGEST_NAME)
        bus = _bus_name(properties)
        if exists(client.describe_rule, Name=name, EventBusName=bus):
            raise AlreadyExistsError("AWS::Events::Rule", name)
        tags = _tag_list(_tags(properties))
        client.put_rule(
            Name=name, EventBusName=bus, **_rule(properties), **({"Tags": tags} if tags else {})
        )
        physical_id = str(name) if bus == DEFAULT_BUS else f"{bus}|{name}"
        context.created(physical_id)
        _put_targets(client, name, bus, _targets(properties))
        return physical_id

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        client = context.client("events")
        bus, name = _rule_name(physical_id)
        arn = client.put_rule(Name=name, EventBusName=bus, **_rule(new))["RuleArn"]
        targets = _targets(new)
        unwanted = sorted(_target_ids(client, name, bus) - {target["Id"] for target in targets})
        # New targets come before the others go, so that each event has one, if there is room.
        first = len(unwanted) + len(targets) > _MOST_TARGETS
        if first:
            _remove_targets(client, name, bus, unwanted)
        _put_targets(client, name, bus, targets)
        if not first:
            _remove_targets(client, name, bus, unwanted)
        if changed(old, new, "Tags"):
            _update_tags(client, arn, old, new)

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        client = context.client("events")
        bus, name = _rule_name(physical_id)
        _remove_targets(client, name, bus, sorted(_target_ids(client, name, bus)))
        client.delete_rule(Name=name, EventBusName=bus)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        bus, name = _rule_name(physical_id)
        found = context.client("events").describe_rule(Name=name, EventBusName=bus)
        return {"Arn": found["Arn"]}

    def needs_replacement(self, old: Properties, new: Properties) -> bool:
        # The schema lists EventBusName in conditionalCreateOnlyProperties: PutRule cannot move a
        # rule to another bus.
        return _bus_name(old) != _bus_name(new)


def _rule_name(physical_id: str) -> tuple[str, str]:
    bus, _, name = physical_id.rpartition("|")
    return bus or DEFAULT_BUS, name


def _rule(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return PutRule's parameters; those that are absent return to their defaults."""
    names = ("Description", "RoleArn", "ScheduleExpression", "State")
    given = {name: properties[name] for name in names if name in properties}
    if "EventPattern" in properties:
        given["EventPattern"] = _text(properties["EventPattern"])
    return given


_TARGETS_ELSEWHERE = {
    "AppSyncParameters": "AppSync",
    "BatchParameters": "Batch",
    "EcsParameters": "ECS",
    "RedshiftDataParameters": "Redshift",
    "RunCommandParameters": "Systems Manager",
    "SageMakerPipelineParameters": "SageMaker",
}
"""Services to which LocalStack does not deliver events, by the target's parameters."""

_SERVICES_ELSEWHERE = {
    "appsync": "AppSync",
    "batch": "Batch",
    "codebuild": "CodeBuild",
    "codepipeline": "CodePipeline",
    "ecs": "ECS",
    "inspector": "Inspector",
    "redshift": "Redshift",
    "redshift-serverless": "Redshift",
    "sagemaker": "SageMaker",
    "ssm": "Systems Manager",
    "ssm-incidents": "Incident Manager",
}


def _targets(properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return PutTargets' parameter.

    Raises
    ------
    ResourceError
        If LocalStack would accept a target without ever delivering to it.
    """
    targets: list[dict[str, Any]] = properties.get("Targets") or []
    for target in targets:
        parts = str(target["Arn"]).split(":")
        services = [
            *(name for key, name in _TARGETS_ELSEWHERE.items() if key in target),
            *(name for key, name in _SERVICES_ELSEWHERE.items() if parts[2:3] == [key]),
        ]
        if services:
            raise ResourceError(
                f"Target {target['Id']}: a target of the service {services[0]} {NOT_HERE}."
            )
    return targets


def _put_targets(client: Any, rule: str, bus: str, targets: list[dict[str, Any]]) -> None:
    if targets:
        answer = client.put_targets(Rule=rule, EventBusName=bus, Targets=targets)
        _check_entries(answer)


def _remove_targets(client: Any, rule: str, bus: str, ids: list[str]) -> None:
    if ids:
        _check_entries(client.remove_targets(Rule=rule, EventBusName=bus, Ids=ids))


def _check_entries(answer: Mapping[str, Any]) -> None:
    for failed in answer.get("FailedEntries") or ():
        raise ResourceError(
            f"Target {failed.get('TargetId')}: {failed.get('ErrorMessage')} "
            f"({failed.get('ErrorCode')})"
        )


def _target_ids(client: Any, rule: str, bus: str) -> set[str]:
    return {target["Id"] for target in _list_targets(client, rule, bus)}


def _list_targets(client: Any, rule: str, bus: str) -> Iterator[dict[str, Any]]:
    pages = client.get_paginator("list_targets_by_rule").paginate(Rule=rule, EventBusName=bus)
    for page in pages:
        yield from page["Targets"]


TYPES: dict[str, type[ResourceType]] = {
    "AWS::Events::Rule": Rule,
}
