"""Resource types of Amazon CloudWatch."""

import json
import re
from typing import Any, ClassVar

from localstack_testbed.cloudformation.resources.helpers import (
    tag_list,
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


class _AnyAlarm(ResourceType):
    """An alarm. The physical id is its name."""

    name_property = "AlarmName"
    operation: ClassVar[str]
    """The SDK's method that creates and overwrites such an alarm."""

    def create(self, context: Context, properties: Properties) -> str:
        """Create the alarm."""
        cloudwatch = context.client("cloudwatch")
        name = str(properties.get("AlarmName") or context.generated_name(255))
        if _alarm(cloudwatch, name):
            raise AlreadyExistsError(context.type_name, name)
        self._put(cloudwatch, {**properties, "AlarmName": name})
        return name

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        """Overwrite the alarm, and set its tags."""
        cloudwatch = context.client("cloudwatch")
        # PutMetricAlarm sets tags only if it creates the alarm.
        self._put(cloudwatch, {**without(new, "Tags"), "AlarmName": physical_id})
        arn = self.attributes(context, physical_id, new)["Arn"]
        update_tags(
            old,
            new,
            tag=lambda tags: cloudwatch.tag_resource(ResourceARN=arn, Tags=tag_list(tags)),
            untag=lambda keys: cloudwatch.untag_resource(ResourceARN=arn, TagKeys=keys),
        )

    def _put(self, cloudwatch: Any, request: Properties) -> None:
        getattr(cloudwatch, self.operation)(**request)

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        """Delete the alarm."""
        context.client("cloudwatch").delete_alarms(AlarmNames=[physical_id])

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        """Return the alarm's ARN."""
        alarm = _alarm(context.client("cloudwatch"), physical_id)
        if alarm is None:
            raise ResourceError(f"The alarm {physical_id} does not exist")
        return {"Arn": alarm["AlarmArn"]}


def _alarm(cloudwatch: Any, name: str) -> Any:
    """Return the alarm with this name, or None. All kinds of alarms share their names."""
    found = cloudwatch.describe_alarms(
        AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    return next(iter([*found["MetricAlarms"], *found["CompositeAlarms"]]), None)


class Alarm(_AnyAlarm):
    """AWS::CloudWatch::Alarm."""

    operation = "put_metric_alarm"


class CompositeAlarm(_AnyAlarm):
    """AWS::CloudWatch::CompositeAlarm."""

    operation = "put_composite_alarm"

    def _put(self, cloudwatch: Any, request: Properties) -> None:
        # LocalStack accepts a rule with alarms that do not exist.
        missing = [
            name for name in _alarms_in(request["AlarmRule"]) if _alarm(cloudwatch, name) is None
        ]
        if missing:
            raise ResourceError(
                f"Could not save the composite alarm as alarms [{', '.join(missing)}] in the alarm "
                "rule do not exist"
            )
        super()._put(cloudwatch, request)


def _alarms_in(rule: str) -> list[str]:
    """Return the names of the alarms in an alarm rule, which may give them by their ARNs.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
    """
    found = re.findall(r"""\b(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(["']?)(.+?)\1\s*\)""", rule)
    return [name.partition(":alarm:")[2] if name.startswith("arn:") else name for _, name in found]


class Dashboard(ResourceType):
    """AWS::CloudWatch::Dashboard. The physical id is the dashboard's name."""

    name_property = "DashboardName"

    def create(self, context: Context, properties: Properties) -> str:
        """Create the dashboard."""
        cloudwatch = context.client("cloudwatch")
        name = str(properties.get("DashboardName") or context.generated_name(255))
        entries = cloudwatch.list_dashboards(DashboardNamePrefix=name)["DashboardEntries"]
        if any(entry["DashboardName"] == name for entry in entries):
            raise AlreadyExistsError(context.type_name, name)
        _put_dashboard(cloudwatch, name, properties)
        return name

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        """Replace the dashboard's body."""
        _put_dashboard(context.client("cloudwatch"), physical_id, new)

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        """Delete the dashboard."""
        context.client("cloudwatch").delete_dashboards(DashboardNames=[physical_id])


def _put_dashboard(cloudwatch: Any, name: str, properties: Properties) -> None:
    """Set a dashboard's body.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html
    """
    body = str(properties["DashboardBody"])
    try:
        valid = isinstance(json.loads(body), dict)
    except ValueError:
        valid = False
    if not valid:
        raise ResourceError("The field DashboardBody must be a valid JSON object")
    cloudwatch.put_dashboard(DashboardName=name, DashboardBody=body)


TYPES: dict[str, type[ResourceType]] = {
    "AWS::CloudWatch::Alarm": Alarm,
    "AWS::CloudWatch::CompositeAlarm": CompositeAlarm,
    "AWS::CloudWatch::Dashboard": Dashboard,
}
