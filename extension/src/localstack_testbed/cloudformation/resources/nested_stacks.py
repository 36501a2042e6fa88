"""Nested stacks.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html
"""

from typing import Any

from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from localstack_testbed.cloudformation.resources.model import (
    Context,
    Properties,
    ResourceError,
    ResourceType,
)

_TIMEOUT = 3600
"""Seconds that an operation on a nested stack may take."""


class NestedStack(ResourceType):
    """AWS::CloudFormation::Stack."""

    def create(self, context: Context, properties: Properties) -> str:
        request = _request(context, properties)
        if "TimeoutInMinutes" in properties:
            request["TimeoutInMinutes"] = properties["TimeoutInMinutes"]
        # Rolled back with the stack that it belongs to.
        stack_id: str = context.client("cloudformation").create_stack(
            **request, StackName=context.generated_name(128), DisableRollback=True
        )["StackId"]
        context.created(stack_id)
        status, reason = _wait(context, stack_id)
        if status != "CREATE_COMPLETE":
            raise ResourceError(f"Embedded stack {stack_id} was not successfully created: {reason}")
        return stack_id

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        try:
            context.client("cloudformation").update_stack(
                **_request(context, new), StackName=physical_id
            )
        except ClientError as error:
            if "No updates are to be performed" in str(error):
                return None
            raise
        status, reason = _wait(context, physical_id)
        if status != "UPDATE_COMPLETE":
            raise ResourceError(
                f"Embedded stack {physical_id} was not successfully updated: {reason}"
            )
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        context.client("cloudformation").delete_stack(StackName=physical_id)
        status, reason = _wait(context, physical_id)
        if status != "DELETE_COMPLETE":
            raise ResourceError(
                f"Embedded stack {physical_id} was not successfully deleted: {reason}"
            )

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        outputs = _describe(context, physical_id).get("Outputs", [])
        return {f"Outputs.{each['OutputKey']}": each["OutputValue"] for each in outputs}


def _request(context: Context, properties: Properties) -> dict[str, Any]:
    parameters = properties.get("Parameters", {})
    parent = _describe(context, context.stack_id)
    return {
        "TemplateURL": properties["TemplateURL"],
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": _text(value)}
            for name, value in parameters.items()
        ],
        "Tags": properties.get("Tags", []),
        "NotificationARNs": properties.get("NotificationARNs", []),
        "Capabilities": parent.get("Capabilities", []),
    }


def _text(value: Any) -> str:
    """Return a parameter as text; lists are joined by commas."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _describe(context: Context, stack_id: str) -> dict[str, Any]:
    found = context.client("cloudformation").describe_stacks(StackName=stack_id)["Stacks"]
    described: dict[str, Any] = found[0]
    return described


def _wait(context: Context, stack_id: str) -> tuple[str, str]:
    """Wait until the stack's operation is over; return its status, and why it failed."""
    described: dict[str, Any] = {}

    def is_over() -> bool:
        nonlocal described
        described = _describe(context, stack_id)
        return not described["StackStatus"].endswith("_IN_PROGRESS")

    context.wait_until(is_over, f"the nested stack {stack_id}", _TIMEOUT)
    reason = described.get("StackStatusReason") or _first_failure(context, stack_id)
    return described["StackStatus"], reason


def _first_failure(context: Context, stack_id: str) -> str:
    """Return why the first resource failed in the stack's last operation."""
    first = ""
    pages = context.client("cloudformation").get_paginator("describe_stack_events")
    for page in pages.paginate(StackName=stack_id):
        for event in page["StackEvents"]:
            reason = event.get("ResourceStatusReason", "")
            if reason == "User Initiated":
                return first
            if event["ResourceStatus"].endswith("_FAILED"):
                first = reason
    return first
