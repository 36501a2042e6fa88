"""Resource types of Amazon CloudWatch Logs."""

from typing import Any

from localstack_testbed.cloudformation.resources.helpers import (
    NOT_HERE,
    changed,
    tag_map,
    unavailable,
    update_tags,
)
from localstack_testbed.cloudformation.resources.model import (
    AlreadyExistsError,
    Context,
    Properties,
    ResourceError,
    ResourceType,
)


class LogGroup(ResourceType):
    """AWS::Logs::LogGroup. The physical id is the log group's name.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-logs-loggroup.html
    """

    name_property = "LogGroupName"

    def create(self, context: Context, properties: Properties) -> str:
        """Create the log group, and set its retention."""
        logs = context.client("logs")
        name = str(properties.get("LogGroupName") or context.generated_name(512))
        request: dict[str, Any] = {"logGroupName": name}
        if "KmsKeyId" in properties:
            request["kmsKeyId"] = properties["KmsKeyId"]
        if tags := tag_map(properties):
            request["tags"] = tags
        try:
            logs.create_log_group(**request)
        except logs.exceptions.ResourceAlreadyExistsException as error:
            raise AlreadyExistsError(context.type_name, name) from error
        context.created(name)
        if "RetentionInDays" in properties:
            _set_retention(logs, name, properties)
        return name

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        """Set the retention, the key and the tags; the events stay."""
        logs = context.client("logs")
        if changed(old, new, "RetentionInDays"):
            _set_retention(logs, physical_id, new)
        if changed(old, new, "KmsKeyId"):
            if "KmsKeyId" in new:
                logs.associate_kms_key(logGroupName=physical_id, kmsKeyId=new["KmsKeyId"])
            else:
                logs.disassociate_kms_key(logGroupName=physical_id)
        arn = _arn(context, physical_id)
        update_tags(
            old,
            new,
            tag=lambda tags: logs.tag_resource(resourceArn=arn, tags=tags),
            untag=lambda keys: logs.untag_resource(resourceArn=arn, tagKeys=keys),
        )

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        """Delete the log group and its events."""
        context.client("logs").delete_log_group(logGroupName=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        """Return the log group's ARN, which ends with ``:*`` as on AWS."""
        return {"Arn": f"{_arn(context, physical_id)}:*"}

    def unsupported(self, properties: Properties) -> str | None:
        """Return what LocalStack would ignore."""
        return unavailable(
            properties,
            "DataProtectionPolicy",
            "DeletionProtectionEnabled",
            "FieldIndexPolicies",
            "ResourcePolicyDocument",
        ) or _unavailable_value(properties, "LogGroupClass", "STANDARD")


def _unavailable_value(properties: Properties, name: str, only: str) -> str | None:
    """Return a sentence about a property that has another value than the only one here."""
    value = properties.get(name)
    return f"The {name} {value} {NOT_HERE}" if isinstance(value, str) and value != only else None


def _arn(context: Context, name: str) -> str:
    return f"arn:aws:logs:{context.region}:{context.account}:log-group:{name}"


def _set_retention(logs: Any, name: str, properties: Properties) -> None:
    if "RetentionInDays" in properties:
        logs.put_retention_policy(logGroupName=name, retentionInDays=properties["RetentionInDays"])
    else:
        logs.delete_retention_policy(logGroupName=name)


class LogStream(ResourceType):
    """AWS::Logs::LogStream. The physical id is the log stream's name."""

    name_property = "LogStreamName"

    def create(self, context: Context, properties: Properties) -> str:
        """Create the log stream."""
        logs = context.client("logs")
        name = str(properties.get("LogStreamName") or context.generated_name(512))
        try:
            logs.create_log_stream(logGroupName=properties["LogGroupName"], logStreamName=name)
        except logs.exceptions.ResourceAlreadyExistsException as error:
            raise AlreadyExistsError(context.type_name, name) from error
        return name

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        """Delete the log stream and its events."""
        context.client("logs").delete_log_stream(
            logGroupName=properties["LogGroupName"], logStreamName=physical_id
        )


class MetricFilter(ResourceType):
    """AWS::Logs::MetricFilter. The physical id is the filter's name."""

    name_property = "FilterName"

    def create(self, context: Context, properties: Properties) -> str:
        """Create the filter."""
        logs = context.client("logs")
        name = str(properties.get("FilterName") or context.generated_name(512))
        if _metric_filter_exists(logs, name, properties):
            raise AlreadyExistsError(context.type_name, name)
        _put_metric_filter(logs, name, properties)
        return name

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        """Replace the filter's pattern and transformations."""
        logs = context.client("logs")
        # LocalStack's PutMetricFilter adds a second filter with the name.
        if _metric_filter_exists(logs, physical_id, new):
            logs.delete_metric_filter(logGroupName=new["LogGroupName"], filterName=physical_id)
        logs.put_metric_filter(**_metric_filter(physical_id, new))

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        """Delete the filter."""
        context.client("logs").delete_metric_filter(
            logGroupName=properties["LogGroupName"], filterName=physical_id
        )

    def unsupported(self, properties: Properties) -> str | None:
        """Return what LocalStack would ignore."""
        return unavailable(
            properties,
            "ApplyOnTransformedLogs",
            "EmitSystemFieldDimensions",
            "FieldSelectionCriteria",
        )


def _metric_filter_exists(logs: Any, name: str, properties: Properties) -> bool:
    found = logs.describe_metric_filters(
        logGroupName=properties["LogGroupName"], filterNamePrefix=name
    )["metricFilters"]
    return any(each["filterName"] == name for each in found)


def _put_metric_filter(logs: Any, name: str, properties: Properties) -> None:
    # LocalStack's PutMetricFilter accepts log groups that do not exist.
    _check_log_group_exists(logs, properties["LogGroupName"])
    logs.put_metric_filter(**_metric_filter(name, properties))


def _check_log_group_exists(logs: Any, name: str) -> None:
    found = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    if all(group["logGroupName"] != name for group in found):
        raise ResourceError("The specified log group does not exist.")


def _metric_filter(name: str, properties: Properties) -> dict[str, Any]:
    """Return the request that sets a filter.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
    """
    transformations = [
        {
            **{f"{key[0].lower()}{key[1:]}": value for key, value in each.items()},
            **(
                {"dimensions": {part["Key"]: part["Value"] for part in each["Dimensions"]}}
                if "Dimensions" in each
                else {}
            ),
        }
        for each in properties["MetricTransformations"]
    ]
    return {
        "logGroupName": properties["LogGroupName"],
        "filterName": name,
        "filterPattern": properties["FilterPattern"],
        "metricTransformations": transformations,
    }


class SubscriptionFilter(ResourceType):
    """AWS::Logs::SubscriptionFilter. The physical id is the filter's name."""

    name_property = "FilterName"

    def create(self, context: Context, properties: Properties) -> str:
        """Create the filter."""
        logs = context.client("logs")
        name = str(properties.get("FilterName") or context.generated_name(512))
        found = logs.describe_subscription_filters(logGroupName=properties["LogGroupName"])
        if any(each["filterName"] == name for each in found["subscriptionFilters"]):
            raise AlreadyExistsError(context.type_name, name)
        logs.put_subscription_filter(**_subscription_filter(name, properties))
        return name

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        """Replace the filter's pattern and destination."""
        logs = context.client("logs")
        request = _subscription_filter(physical_id, new)
        try:
            logs.put_subscription_filter(**request)
        except logs.exceptions.LimitExceededException:
            # LocalStack does not see that it is an update if the log group has two filters, which
            # is the limit.
            self.delete(context, physical_id, new)
            logs.put_subscription_filter(**request)

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        """Delete the filter."""
        context.client("logs").delete_subscription_filter(
            logGroupName=properties["LogGroupName"], filterName=physical_id
        )

    def unsupported(self, properties: Properties) -> str | None:
        """Return what LocalStack would ignore."""
        return unavailable(
            properties, "ApplyOnTransformedLogs", "EmitSystemFields", "FieldSelectionCriteria"
        ) or _unavailable_value(properties, "Distribution", "ByLogStream")


def _subscription_filter(name: str, properties: Properties) -> dict[str, Any]:
    request = {
        "logGroupName": properties["LogGroupName"],
        "filterName": name,
        "filterPattern": properties["FilterPattern"],
        "destinationArn": properties["DestinationArn"],
    }
    if "RoleArn" in properties:
        request["roleArn"] = properties["RoleArn"]
    return request


class ResourcePolicy(ResourceType):
    """AWS::Logs::ResourcePolicy. The physical id is the policy's name."""

    name_property = "PolicyName"

    def create(self, context: Context, properties: Properties) -> str:
        """Create the policy."""
        logs = context.client("logs")
        name = str(properties["PolicyName"])
        found = logs.describe_resource_policies()["resourcePolicies"]
        if any(policy["policyName"] == name for policy in found):
            raise AlreadyExistsError(context.type_name, name)
        logs.put_resource_policy(policyName=name, policyDocument=properties["PolicyDocument"])
        return name

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        """Replace the policy's document."""
        context.client("logs").put_resource_policy(
            policyName=physical_id, policyDocument=new["PolicyDocument"]
        )

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        """Delete the policy."""
        context.client("logs").delete_resource_policy(policyName=physical_id)


# AWS::Logs::QueryDefinition is not here: LocalStack does not have query definitions.
TYPES: dict[str, type[ResourceType]] = {
    "AWS::Logs::LogGroup": LogGroup,
    "AWS::Logs::LogStream": LogStream,
    "AWS::Logs::MetricFilter": MetricFilter,
    "AWS::Logs::ResourcePolicy": ResourcePolicy,
    "AWS::Logs::SubscriptionFilter": SubscriptionFilter,
}
