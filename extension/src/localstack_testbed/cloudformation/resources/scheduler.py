"""Resource types of EventBridge Scheduler.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Scheduler.html
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from localstack_testbed.cloudformation.resources.helpers import (
    NOT_HERE,
    changed,
    exists,
    tag_list,
    tag_map,
    unavailable,
    update_tags,
    without,
)
from localstack_testbed.cloudformation.resources.model import (
    Context,
    Properties,
    ResourceError,
    ResourceType,
)

DEFAULT_GROUP = "default"

_LONGEST_NAME = 64


class Schedule(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedule.html"""

    name_property = "Name"

    def unsupported(self, properties: Properties) -> str | None:
        return _unavailable_target(properties)

    def create(self, context: Context, properties: Properties) -> str:
        name = properties.get("Name") or context.generated_name(_LONGEST_NAME)
        context.client("scheduler").create_schedule(Name=name, **_schedule(properties))
        return str(name)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        client = context.client("scheduler")
        given = _schedule(new)
        before, after = (
            {"Name": physical_id, "GroupName": _group(properties)} for properties in (old, new)
        )
        # A schedule cannot be moved: with another group it is another one of the same name.
        if before == after or exists(client.get_schedule, **after):
            client.update_schedule(**after, **without(given, "GroupName"))
        else:
            client.create_schedule(**after, **without(given, "GroupName"))
        if before != after and exists(client.get_schedule, **before):
            client.delete_schedule(**before)

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        context.client("scheduler").delete_schedule(Name=physical_id, GroupName=_group(properties))

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        found = context.client("scheduler").get_schedule(
            Name=physical_id, GroupName=_group(properties)
        )
        return {"Arn": found["Arn"]}


def _group(properties: Mapping[str, Any]) -> str:
    return properties.get("GroupName") or DEFAULT_GROUP


def _schedule(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of CreateSchedule and UpdateSchedule but for the name.

    UpdateSchedule returns those that are absent to their defaults.
    """
    given: dict[str, Any] = _whole(without(properties, "Name"))
    for name in ("StartDate", "EndDate"):
        if name in given:
            given[name] = _time(name, given[name])
    return given


def _unavailable_target(properties: Mapping[str, Any]) -> str | None:
    """Return a sentence about a target that would never be called."""
    target = properties.get("Target")
    if not isinstance(target, dict):
        return None
    service = (str(target.get("Arn")).split(":") + [""] * 3)[2]
    if service and service not in _TARGETS:
        return f"A target of the service {service} {NOT_HERE}"
    return unavailable(target, "EcsParameters", "KinesisParameters", "SageMakerPipelineParameters")


# Scheduler's own ARNs are those of universal targets, which call any operation.
_TARGETS = {"events", "lambda", "scheduler", "sns", "sqs"}


def _whole(value: Any) -> Any:
    """Return a value in which 3.0 is 3: the schema has numbers where the API has integers."""
    if isinstance(value, dict):
        return {key: _whole(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _time(name: str, text: str) -> datetime:
    """Return a time as the API expects it; without a time zone it is UTC."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ResourceError(f"{name} has to be a time such as 2026-01-31T23:59:00Z.") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


class ScheduleGroup(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedulegroup.html"""

    name_property = "Name"

    def create(self, context: Context, properties: Properties) -> str:
        name = properties.get("Name") or context.generated_name(_LONGEST_NAME)
        context.client("scheduler").create_schedule_group(
            Name=name, Tags=tag_list(tag_map(properties))
        )
        return str(name)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        if not changed(old, new, "Tags"):
            return
        client = context.client("scheduler")
        arn = client.get_schedule_group(Name=physical_id)["Arn"]
        update_tags(
            old,
            new,
            tag=lambda tags: client.tag_resource(ResourceArn=arn, Tags=tag_list(tags)),
            untag=lambda keys: client.untag_resource(ResourceArn=arn, TagKeys=keys),
        )

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        context.client("scheduler").delete_schedule_group(Name=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        found = context.client("scheduler").get_schedule_group(Name=physical_id)
        return {
            "Arn": found["Arn"],
            "CreationDate": found["CreationDate"].isoformat(),
            "LastModificationDate": found["LastModificationDate"].isoformat(),
            "State": found["State"],
        }


TYPES: dict[str, type[ResourceType]] = {
    "AWS::Scheduler::Schedule": Schedule,
    "AWS::Scheduler::ScheduleGroup": ScheduleGroup,
}
