"""Resource types of EventBridge.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Events.html
"""

import json
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from localstack_testbed.cloudformation.resources.helpers import (
    NOT_HERE,
    changed,
    exists,
    json_text,
    tag_list,
    tag_map,
    unavailable,
    update_tags,
    without,
)
from localstack_testbed.cloudformation.resources.model import (
    AlreadyExistsError,
    Context,
    Properties,
    ResourceError,
    ResourceType,
)

DEFAULT_BUS = "default"

_LONGEST_NAME = 64

# The quota of targets of a rule, which can be raised on AWS, but not here.
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
_MOST_TARGETS = 5


def _update_tags(client: Any, arn: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    update_tags(
        old,
        new,
        tag=lambda tags: client.tag_resource(ResourceARN=arn, Tags=tag_list(tags)),
        untag=lambda keys: client.untag_resource(ResourceARN=arn, TagKeys=keys),
    )


def _check_pattern(client: Any, properties: Mapping[str, Any]) -> None:
    """Reject an invalid event pattern; LocalStack finds it only when an event arrives.

    Raises
    ------
    ClientError
        InvalidEventPatternException, as PutRule on AWS.
    """
    if "EventPattern" in properties:
        client.test_event_pattern(Event=_EVENT, EventPattern=json_text(properties["EventPattern"]))


_EVENT = json.dumps(
    {
        "id": "1",
        "account": "123456789012",
        "source": "testbed",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "detail-type": "Test",
        "resources": [],
    }
)


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

    def unsupported(self, properties: Properties) -> str | None:
        return _unavailable_target(properties)

    def create(self, context: Context, properties: Properties) -> str:
        client = context.client("events")
        name = properties.get("Name") or context.generated_name(_LONGEST_NAME)
        bus = _bus_name(properties)
        if exists(client.describe_rule, Name=name, EventBusName=bus):
            raise AlreadyExistsError(context.type_name, name)
        _check_pattern(client, properties)
        tags = tag_list(tag_map(properties))
        client.put_rule(
            Name=name, EventBusName=bus, **_rule(properties), **({"Tags": tags} if tags else {})
        )
        physical_id = str(name) if bus == DEFAULT_BUS else f"{bus}|{name}"
        context.created(physical_id)
        _put_targets(client, name, bus, properties.get("Targets") or [])
        return physical_id

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        client = context.client("events")
        bus, name = _rule_name(physical_id)
        _check_pattern(client, new)
        arn = client.put_rule(Name=name, EventBusName=bus, **_rule(new))["RuleArn"]
        targets = new.get("Targets") or []
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
        given["EventPattern"] = json_text(properties["EventPattern"])
    return given


_TARGETS = {
    "events",
    "execute-api",
    "lambda",
    "logs",
    "sns",
    "sqs",
}
"""The services to which events are delivered here."""

_TARGETS_ELSEWHERE = (
    "AppSyncParameters",
    "BatchParameters",
    "EcsParameters",
    "KinesisParameters",
    "RedshiftDataParameters",
    "RunCommandParameters",
    "SageMakerPipelineParameters",
)
"""Parameters of targets of other services."""


def _unavailable_target(properties: Mapping[str, Any]) -> str | None:
    """Return a sentence about a target to which nothing would ever be delivered."""
    targets = properties.get("Targets")
    for target in targets if isinstance(targets, list) else ():
        if isinstance(target, dict):
            service = (str(target.get("Arn")).split(":") + [""] * 3)[2]
            if service and service not in _TARGETS:
                return f"Target {target.get('Id')}: a target of the service {service} {NOT_HERE}"
            if reason := unavailable(target, *_TARGETS_ELSEWHERE):
                return f"Target {target.get('Id')}: {reason}"
    return None


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


class EventBus(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbus.html"""

    name_property = "Name"

    def unsupported(self, properties: Properties) -> str | None:
        return unavailable(
            properties, "DeadLetterConfig", "EventSourceName", "KmsKeyIdentifier", "LogConfig"
        )

    def create(self, context: Context, properties: Properties) -> str:
        client = context.client("events")
        name = properties["Name"]
        given = {"Description": properties["Description"]} if "Description" in properties else {}
        client.create_event_bus(Name=name, Tags=tag_list(tag_map(properties)), **given)
        context.created(name)
        _set_policy(client, name, {}, properties)
        return str(name)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        client = context.client("events")
        if changed(old, new, "Description"):
            client.update_event_bus(Name=physical_id, Description=new.get("Description") or "")
        _set_policy(client, physical_id, old, new)
        if changed(old, new, "Tags"):
            arn = client.describe_event_bus(Name=physical_id)["Arn"]
            _update_tags(client, arn, old, new)

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        client = context.client("events")
        # DeleteEventBus succeeds even if there is no bus; this call does not.
        client.describe_event_bus(Name=physical_id)
        client.delete_event_bus(Name=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        found = context.client("events").describe_event_bus(Name=physical_id)
        return {"Arn": found["Arn"], "Name": physical_id, "Policy": found.get("Policy", "")}


_policies = threading.Lock()
"""Held while a bus's policy is read, changed and written."""


def _set_policy(client: Any, bus: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    if changed(old, new, "Policy"):
        policy = new.get("Policy")
        with _policies:
            if policy:
                client.put_permission(EventBusName=bus, Policy=json_text(policy))
            else:
                client.remove_permission(EventBusName=bus, RemoveAllPermissions=True)


class EventBusPolicy(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbuspolicy.html

    It is one statement of the bus's policy.
    """

    def create(self, context: Context, properties: Properties) -> str:
        client = context.client("events")
        bus, statement_id = _bus_name(properties), properties["StatementId"]
        physical_id = f"{bus}|{statement_id}"
        with _policies:
            statements = _statements(client, bus)
            if any(each.get("Sid") == statement_id for each in statements):
                raise AlreadyExistsError(context.type_name, physical_id)
            statement = _statement(context, bus, properties)
            _put_statements(client, bus, [*statements, statement])
        return physical_id

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        client = context.client("events")
        bus, _, statement_id = physical_id.rpartition("|")
        with _policies:
            others = [each for each in _statements(client, bus) if each.get("Sid") != statement_id]
            _put_statements(client, bus, [*others, _statement(context, bus, new)])

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        client = context.client("events")
        bus, _, statement_id = physical_id.rpartition("|")
        with _policies:
            statements = _statements(client, bus)
            if all(each.get("Sid") == statement_id for each in statements):
                # Without the last statement there is no policy.
                client.remove_permission(EventBusName=bus, RemoveAllPermissions=True)
            else:
                client.remove_permission(EventBusName=bus, StatementId=statement_id)


def _statements(client: Any, bus: str) -> list[dict[str, Any]]:
    policy = client.describe_event_bus(Name=bus).get("Policy")
    return list(json.loads(policy)["Statement"]) if policy else []


def _put_statements(client: Any, bus: str, statements: list[dict[str, Any]]) -> None:
    policy = {"Version": "2012-10-17", "Statement": statements}
    client.put_permission(EventBusName=bus, Policy=json.dumps(policy))


def _statement(context: Context, bus: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return a policy's statement, which a template may also have in parts."""
    sid = {"Sid": properties["StatementId"]}
    if "Statement" in properties:
        given = properties["Statement"]
        return {**sid, **(json.loads(given) if isinstance(given, str) else given)}
    if "Action" not in properties or "Principal" not in properties:
        raise ResourceError("Statement is required, or Action and Principal.")
    principal = properties["Principal"]
    statement = {
        **sid,
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
        "Action": properties["Action"],
        "Resource": f"arn:aws:events:{context.region}:{context.account}:event-bus/{bus}",
    }
    if condition := properties.get("Condition"):
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return statement


class Archive(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-archive.html"""

    name_property = "ArchiveName"

    def unsupported(self, properties: Properties) -> str | None:
        return unavailable(properties, "KmsKeyIdentifier")

    def create(self, context: Context, properties: Properties) -> str:
        client = context.client("events")
        _check_pattern(client, properties)
        name = properties.get("ArchiveName") or context.generated_name(_LONGEST_ARCHIVE_NAME)
        client.create_archive(
            ArchiveName=name, EventSourceArn=properties["SourceArn"], **_archive(properties)
        )
        return str(name)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        client = context.client("events")
        _check_pattern(client, new)
        defaults = {"Description": "", "EventPattern": ""}
        client.update_archive(ArchiveName=physical_id, **{**defaults, **_archive(new)})

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        context.client("events").delete_archive(ArchiveName=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        found = context.client("events").describe_archive(ArchiveName=physical_id)
        return {"Arn": found["ArchiveArn"]}


_LONGEST_ARCHIVE_NAME = 48


def _archive(properties: Mapping[str, Any]) -> dict[str, Any]:
    # Events are kept forever by default: 0 days.
    given: dict[str, Any] = {"RetentionDays": properties.get("RetentionDays") or 0}
    if "Description" in properties:
        given["Description"] = properties["Description"]
    if "EventPattern" in properties:
        given["EventPattern"] = json_text(properties["EventPattern"])
    return given


class Connection(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-connection.html"""

    name_property = "Name"

    def unsupported(self, properties: Properties) -> str | None:
        return unavailable(
            properties, "InvocationConnectivityParameters", "KmsKeyIdentifier"
        ) or unavailable(properties.get("AuthParameters"), "ConnectivityParameters")

    def create(self, context: Context, properties: Properties) -> str:
        _check_connection(properties)
        name = properties.get("Name") or context.generated_name(_LONGEST_NAME)
        given = {"Description": properties["Description"]} if "Description" in properties else {}
        context.client("events").create_connection(
            Name=name,
            AuthorizationType=properties["AuthorizationType"],
            AuthParameters=_authorization(properties),
            **given,
        )
        return str(name)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        _check_connection(new)
        context.client("events").update_connection(
            Name=physical_id,
            AuthorizationType=new["AuthorizationType"],
            AuthParameters=_authorization(new),
            Description=new.get("Description") or "",
        )

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        context.client("events").delete_connection(Name=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        found = context.client("events").describe_connection(Name=physical_id)
        arn = found["ConnectionArn"]
        return {
            "Arn": arn,
            "ArnForPolicy": _arn_for_policy(arn),
            "SecretArn": found.get("SecretArn", ""),
        }


def _check_connection(properties: Mapping[str, Any]) -> None:
    for name in ("AuthorizationType", "AuthParameters"):
        if name not in properties:
            raise ResourceError(f"{name} is required.")


def _authorization(properties: Mapping[str, Any]) -> dict[str, Any]:
    return without(properties["AuthParameters"], "ConnectivityParameters")


def _arn_for_policy(arn: str) -> str:
    """Return the ARN without the id at its end, which changes when the resource is replaced."""
    return arn.rpartition("/")[0]


class ApiDestination(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-apidestination.html"""

    name_property = "Name"

    def create(self, context: Context, properties: Properties) -> str:
        name = properties.get("Name") or context.generated_name(_LONGEST_NAME)
        given = {"Description": properties["Description"]} if "Description" in properties else {}
        context.client("events").create_api_destination(
            Name=name, **_api_destination(properties), **given
        )
        return str(name)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        context.client("events").update_api_destination(
            Name=physical_id,
            Description=new.get("Description") or "",
            **_api_destination(new),
        )

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        context.client("events").delete_api_destination(Name=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        found = context.client("events").describe_api_destination(Name=physical_id)
        arn = found["ApiDestinationArn"]
        return {"Arn": arn, "ArnForPolicy": _arn_for_policy(arn)}


_CALLS_PER_SECOND = 300
"""https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateApiDestination.html"""


def _api_destination(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "ConnectionArn": properties["ConnectionArn"],
        "HttpMethod": properties["HttpMethod"],
        "InvocationEndpoint": properties["InvocationEndpoint"],
        "InvocationRateLimitPerSecond": properties.get("InvocationRateLimitPerSecond")
        or _CALLS_PER_SECOND,
    }


TYPES: dict[str, type[ResourceType]] = {
    "AWS::Events::ApiDestination": ApiDestination,
    "AWS::Events::Archive": Archive,
    "AWS::Events::Connection": Connection,
    "AWS::Events::EventBus": EventBus,
    "AWS::Events::EventBusPolicy": EventBusPolicy,
    "AWS::Events::Rule": Rule,
}
