"""Stacks, resources and events as the API describes them."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from localstack_testbed.cloudformation.engine.resource_operations import left_out
from localstack_testbed.cloudformation.model import (
    ChangeSet,
    Deployment,
    Event,
    Resource,
    Stack,
    secret_texts,
)
from localstack_testbed.cloudformation.template.parameters import ParameterValue

type Description = dict[str, Any]

_NOT_CHECKED = {"StackDriftStatus": "NOT_CHECKED"}
_RESOURCE_NOT_CHECKED = {"StackResourceDriftStatus": "NOT_CHECKED"}
_HIDDEN = "****"


def describe_stack(stack: Stack) -> Description:
    """Return an entry of DescribeStacks.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Stack.html
    """
    deployment = stack.deployment
    protection = None if stack.parent_id else stack.termination_protection
    return _present(
        {
            "StackId": stack.id,
            "StackName": stack.name,
            "ChangeSetId": stack.change_set_id,
            "Description": deployment.template.description if deployment else None,
            "Parameters": parameters(deployment.parameters) if deployment else [],
            "CreationTime": stack.created,
            "DeletionTime": stack.deleted,
            "LastUpdatedTime": stack.updated,
            "StackStatus": stack.status,
            "StackStatusReason": stack.reason,
            "TimeoutInMinutes": stack.timeout_minutes,
            "Capabilities": list(deployment.capabilities) if deployment else [],
            "Outputs": [
                _present(
                    {
                        "OutputKey": output.key,
                        "OutputValue": output.value,
                        "Description": output.description,
                        "ExportName": output.export,
                    }
                )
                for output in stack.outputs
            ],
            "RoleARN": deployment.role_arn if deployment else None,
            "ParentId": stack.parent_id,
            "RootId": stack.root_id,
        }
    ) | _present(
        {
            "DisableRollback": stack.disable_rollback,
            "RollbackConfiguration": {},
            "NotificationARNs": list(deployment.notification_arns) if deployment else [],
            "Tags": tags(deployment),
            "EnableTerminationProtection": protection,
            "DriftInformation": _NOT_CHECKED,
            "RetainExceptOnCreate": stack.retain_except_on_create or None,
        },
        keep_empty=True,
    )


def summarize_stack(stack: Stack) -> Description:
    """Return an entry of ListStacks."""
    deployment = stack.deployment
    return _present(
        {
            "StackId": stack.id,
            "StackName": stack.name,
            "TemplateDescription": deployment.template.description if deployment else None,
            "CreationTime": stack.created,
            "LastUpdatedTime": stack.updated,
            "DeletionTime": stack.deleted,
            "StackStatus": stack.status,
            "StackStatusReason": stack.reason,
            "ParentId": stack.parent_id,
            "RootId": stack.root_id,
            "DriftInformation": _NOT_CHECKED,
        }
    )


def describe_resource(stack: Stack, resource: Resource) -> Description:
    """Return an entry of DescribeStackResources."""
    return {
        "StackName": stack.name,
        "StackId": stack.id,
        **_resource(resource),
        "Timestamp": resource.updated,
    }


def detail_resource(stack: Stack, resource: Resource) -> Description:
    """Return the answer of DescribeStackResource, which has the resource's metadata."""
    metadata = {} if resource.metadata is None else resource.metadata
    return {
        "StackName": stack.name,
        "StackId": stack.id,
        **_resource(resource),
        "LastUpdatedTimestamp": resource.updated,
        "Metadata": json.dumps(metadata, default=str),
    }


def summarize_resource(resource: Resource) -> Description:
    """Return an entry of ListStackResources."""
    return {**_resource(resource), "LastUpdatedTimestamp": resource.updated}


def _resource(resource: Resource) -> Description:
    return _present(
        {
            "LogicalResourceId": resource.logical_id,
            "PhysicalResourceId": resource.physical_id,
            "ResourceType": resource.type,
            "ResourceStatus": resource.status,
            "ResourceStatusReason": left_out(resource) or resource.reason,
            "DriftInformation": _RESOURCE_NOT_CHECKED,
        }
    )


def describe_event(stack: Stack, event: Event) -> Description:
    """Return an entry of DescribeStackEvents."""
    properties = None
    if event.properties is not None:
        properties = json.dumps(_hide(event.properties, tuple(stack.secrets)), default=str)
    return _present(
        {
            "StackId": stack.id,
            "EventId": event.id,
            "StackName": stack.name,
            "LogicalResourceId": event.logical_id,
            "ResourceType": event.type,
            "Timestamp": event.time,
            "ResourceStatus": event.status,
            "ResourceStatusReason": event.reason,
            "ResourceProperties": properties,
            "ClientRequestToken": event.token,
        }
    ) | {"PhysicalResourceId": event.physical_id}


def without_secrets(value: Any, stack: Stack, deployment: Deployment) -> Any:
    """Return a value of a stack or a deployment to it in which texts with secrets are hidden."""
    secrets = {
        text
        for parameter in deployment.parameters.values()
        if parameter.no_echo
        for text in secret_texts(parameter)
    }
    return _hide(value, secrets.union(tuple(stack.secrets)))


def _hide(value: Any, secrets: Collection[str]) -> Any:
    if not secrets:
        return value
    if isinstance(value, Mapping):
        return {key: _hide(each, secrets) for key, each in value.items()}
    if isinstance(value, list):
        return [_hide(each, secrets) for each in value]
    if isinstance(value, str) and any(secret in value for secret in secrets):
        return _HIDDEN
    return value


def describe_change_set(stack: Stack, change_set: ChangeSet) -> Description:
    """Return the answer of DescribeChangeSet, without its changes."""
    deployment = change_set.deployment
    return _present(
        {
            **_change_set(stack, change_set),
            "Parameters": parameters(deployment.parameters) or None,
            "NotificationARNs": list(deployment.notification_arns),
            "RollbackConfiguration": {},
            "Capabilities": list(deployment.capabilities),
            "Tags": tags(deployment) or None,
            "OnStackFailure": change_set.on_stack_failure,
        },
        keep_empty=True,
    )


def summarize_change_set(stack: Stack, change_set: ChangeSet) -> Description:
    """Return an entry of ListChangeSets."""
    return _present(_change_set(stack, change_set), keep_empty=True)


def _change_set(stack: Stack, change_set: ChangeSet) -> Description:
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "ChangeSetId": change_set.id,
        "ChangeSetName": change_set.name,
        "ExecutionStatus": change_set.execution_status,
        "Status": change_set.status,
        "StatusReason": change_set.reason,
        "CreationTime": change_set.created,
        "Description": change_set.description,
        "IncludeNestedStacks": change_set.include_nested_stacks,
        "ImportExistingResources": change_set.import_existing_resources,
    }


def parameters(values: Mapping[str, ParameterValue]) -> list[Description]:
    """Return the parameters of a stack; values that must not be shown are hidden."""
    return [_parameter(name, value) for name, value in values.items()]


def _parameter(name: str, value: ParameterValue) -> Description:
    described = {
        "ParameterKey": name,
        "ParameterValue": _HIDDEN if value.no_echo else value.given,
    }
    if value.is_ssm:
        resolved = value.resolved
        text = ",".join(map(str, resolved)) if isinstance(resolved, list) else str(resolved)
        described["ResolvedValue"] = _HIDDEN if value.no_echo else text
    return described


def tags(deployment: Deployment | None) -> list[Description]:
    """Return the tags of a deployment."""
    given = deployment.tags if deployment else {}
    return [{"Key": key, "Value": value} for key, value in given.items()]


def _present(description: Description, *, keep_empty: bool = False) -> Description:
    return {
        key: value
        for key, value in description.items()
        if value is not None and (keep_empty or (value != [] and value != ""))
    }
