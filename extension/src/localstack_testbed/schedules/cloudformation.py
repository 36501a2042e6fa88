"""CloudFormation updates of rules, schedules and schedule groups.

LocalStack creates and deletes these resources, and ignores changes in stack updates.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedule.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html
"""

import json
from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch

SCHEDULER = "localstack.services.scheduler.resource_providers"
EVENTS = "localstack.services.events.resource_providers"

SCHEDULE_PROPERTIES = (
    "Description",
    "EndDate",
    "FlexibleTimeWindow",
    "GroupName",
    "KmsKeyArn",
    "Name",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "State",
    "Target",
)
RULE_PROPERTIES = ("Description", "EventBusName", "RoleArn", "ScheduleExpression", "State")


def patch_schedules() -> None:
    """Update schedules in place."""
    from localstack.services.scheduler.resource_providers.aws_scheduler_schedule import (
        SchedulerScheduleProvider,
    )

    @patch(SchedulerScheduleProvider.create)
    def create(original: Callable[..., Any], self: Any, request: Any) -> Any:
        scheduler = request.aws_client_factory.scheduler
        request.desired_state.update(_parameters(scheduler, "CreateSchedule", request))
        return original(self, request)

    @patch(SchedulerScheduleProvider.update, pass_target=False)
    def update(self: Any, request: Any) -> Any:
        scheduler = request.aws_client_factory.scheduler
        before, model = request.previous_state, request.desired_state
        model["Name"] = before["Name"]
        parameters = _parameters(scheduler, "UpdateSchedule", request)
        if model.get("GroupName") == before.get("GroupName"):
            model["Arn"] = scheduler.update_schedule(**parameters)["ScheduleArn"]
        else:
            model["Arn"] = scheduler.create_schedule(**parameters)["ScheduleArn"]
            scheduler.delete_schedule(
                Name=before["Name"],
                **({"GroupName": group} if (group := before.get("GroupName")) else {}),
            )
        return _success(model)


def _parameters(scheduler: Any, operation: str, request: Any) -> dict[str, Any]:
    """Convert a schedule's properties to an operation's parameters, with their types."""
    import localstack.services.cloudformation.provider_utils as util

    given = util.select_attributes(request.desired_state, list(SCHEDULE_PROPERTIES))
    shape = scheduler.meta.service_model.operation_model(operation).input_shape
    return util.convert_request_kwargs(given, shape)


def patch_schedule_groups() -> None:
    """Update schedule groups in place."""
    from localstack.services.scheduler.resource_providers.aws_scheduler_schedulegroup import (
        SchedulerScheduleGroupProvider,
    )

    @patch(SchedulerScheduleGroupProvider.update, pass_target=False)
    def update(self: Any, request: Any) -> Any:
        scheduler = request.aws_client_factory.scheduler
        before, model = request.previous_state, request.desired_state
        model.update(Name=before["Name"], Arn=before["Arn"])
        tags = model.get("Tags") or []
        kept = {tag["Key"] for tag in tags}
        dropped = [tag["Key"] for tag in before.get("Tags") or [] if tag["Key"] not in kept]
        if dropped:
            scheduler.untag_resource(ResourceArn=model["Arn"], TagKeys=dropped)
        if tags:
            scheduler.tag_resource(ResourceArn=model["Arn"], Tags=tags)
        return _success(model)


def patch_rules() -> None:
    """Update rules in place."""
    from localstack.services.cloudformation.provider_utils import (
        convert_request_kwargs,
        select_attributes,
    )
    from localstack.services.events.resource_providers.aws_events_rule import (
        EventsRuleProvider,
        extract_rule_name,
    )

    @patch(EventsRuleProvider.update, pass_target=False)
    def update(self: Any, request: Any) -> Any:
        events = request.aws_client_factory.events
        before, model = request.previous_state, request.desired_state
        name = extract_rule_name(before["Id"])
        bus = {"EventBusName": model["EventBusName"]} if model.get("EventBusName") else {}
        parameters = select_attributes(model, list(RULE_PROPERTIES))
        if pattern := model.get("EventPattern"):
            parameters["EventPattern"] = (
                pattern if isinstance(pattern, str) else json.dumps(pattern)
            )
        model.update(Id=before["Id"], Arn=events.put_rule(Name=name, **parameters)["RuleArn"])
        targets = model.get("Targets") or []
        kept = {target["Id"] for target in targets}
        dropped = [each["Id"] for each in before.get("Targets") or [] if each["Id"] not in kept]
        if dropped:
            events.remove_targets(Rule=name, Ids=dropped, **bus)
        if targets:
            shape = events.meta.service_model.operation_model("PutTargets").input_shape
            given = {"Rule": name, "Targets": targets, **bus}
            events.put_targets(**convert_request_kwargs(given, shape))
        return _success(model)


def _success(model: dict[str, Any]) -> Any:
    from localstack.services.cloudformation.resource_provider import (
        OperationStatus,
        ProgressEvent,
    )

    return ProgressEvent(status=OperationStatus.SUCCESS, resource_model=model)
