"""The operations of EventBridge Scheduler that change schedules and schedule groups.

As in LocalStack, moto stores them; in addition, they are validated and put into the engine.

https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Operations.html
"""

from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.scheduler import (
    ConflictException,
    ResourceNotFoundException,
    ValidationException,
)
from localstack.services.moto import call_moto
from localstack.services.scheduler import provider
from localstack.services.scheduler.provider import SchedulerProvider
from moto.scheduler.models import (
    EventBridgeSchedulerBackend,
    Schedule,
    ScheduleGroup,
    scheduler_backends,
)

from localstack_testbed.hooks.patching import patch, replace
from localstack_testbed.limits.model import check_limits
from localstack_testbed.schedules.registry import Schedules
from localstack_testbed.schedules.scheduler_schedules import ENABLED, SchedulerSchedules
from localstack_testbed.schedules.scheduler_validation import check_schedule

DEFAULT_GROUP = "default"


def fire_schedules(schedules: Schedules) -> None:
    """Replace the operations of LocalStack's provider."""
    scheduled = SchedulerSchedules(schedules)
    schedules.sources.append(scheduled)
    # LocalStack's validation, which runs after ours, rejects expressions that AWS accepts.
    patch(provider._validate_schedule_expression, pass_target=False)(lambda expression: None)
    operations = _Operations(scheduled)
    for name, function in (
        ("CreateSchedule", operations.create_schedule),
        ("UpdateSchedule", operations.update_schedule),
        ("DeleteSchedule", operations.delete_schedule),
        ("CreateScheduleGroup", operations.create_schedule_group),
        ("DeleteScheduleGroup", operations.delete_schedule_group),
    ):
        replace(SchedulerProvider, function.__name__, _handler(name, function))


def _handler(operation: str, function: Any) -> Any:
    def handle(self: Any, context: RequestContext, request: Any) -> Any:
        assert context.operation is not None
        check_limits(request, context.operation.input_shape)
        return function(context, request)

    handle.__name__ = function.__name__
    return handler(operation, expand=False)(handle)


class _Operations:
    def __init__(self, scheduled: SchedulerSchedules) -> None:
        self._scheduled = scheduled

    def create_schedule(self, context: RequestContext, request: Any) -> Any:
        check_schedule(request, self._scheduled.now)
        group = _group(context, request.get("GroupName"))
        if request["Name"] in group.schedules:
            raise ConflictException(f"Schedule {request['Name']} already exists.")
        response = call_moto(context)
        self._changed(group, request)
        return response

    def update_schedule(self, context: RequestContext, request: Any) -> Any:
        check_schedule(request, self._scheduled.now)
        group = _group(context, request.get("GroupName"))
        _schedule(group, request["Name"])
        response = call_moto(context)
        self._changed(group, request)
        return response

    def delete_schedule(self, context: RequestContext, request: Any) -> Any:
        group = _group(context, request.get("GroupName"))
        arn = _schedule(group, request["Name"]).arn
        response = call_moto(context)
        self._scheduled.deleted(arn)
        return response

    def create_schedule_group(self, context: RequestContext, request: Any) -> Any:
        if request["Name"] in _backend(context).schedule_groups:
            raise ConflictException(f"Schedule group {request['Name']} already exists.")
        return call_moto(context)

    def delete_schedule_group(self, context: RequestContext, request: Any) -> Any:
        if request["Name"] == DEFAULT_GROUP:
            raise ValidationException("The default schedule group cannot be deleted.")
        group = _group(context, request["Name"])
        response = call_moto(context)
        for schedule in list(group.schedules.values()):
            self._scheduled.deleted(schedule.arn)
        return response

    def _changed(self, group: ScheduleGroup, request: Any) -> None:
        """Set the properties that moto ignores, and update the engine."""
        schedule = _schedule(group, request["Name"])
        # An update resets missing properties to their defaults.
        schedule.state = request.get("State") or ENABLED
        schedule.action_after_completion = request.get("ActionAfterCompletion") or "NONE"

        def delete() -> None:
            group.schedules.pop(schedule.name, None)

        self._scheduled.changed(schedule, delete)


def _backend(context: RequestContext) -> EventBridgeSchedulerBackend:
    return scheduler_backends[context.account_id][context.region]


def _group(context: RequestContext, name: str | None) -> ScheduleGroup:
    group = _backend(context).schedule_groups.get(name or DEFAULT_GROUP)
    if group is None:
        raise ResourceNotFoundException(f"Schedule group {name} does not exist.")
    return group


def _schedule(group: ScheduleGroup, name: str) -> Schedule:
    schedule = group.schedules.get(name)
    if schedule is None:
        raise ResourceNotFoundException(f"Schedule {name} does not exist.")
    return schedule
