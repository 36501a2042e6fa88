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
        _adopt(context, stack_id)
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
        stack = context.client("cloudformation").describe_stacks(StackName=physical_id)
        outputs = stack["Stacks"][0].get("Outputs", [])
        return {f"Outputs.{each['OutputKey']}": each["OutputValue"] for each in outputs}


def _request(context: Context, properties: Properties) -> dict[str, Any]:
    from localstack_testbed.cloudformation import store

    parent = store.stacks(context.account, context.region)[context.stack_id]
    parameters = properties.get("Parameters", {})
    return {
        "TemplateURL": properties["TemplateURL"],
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": _text(value)}
            for name, value in parameters.items()
        ],
        "Tags": properties.get("Tags", []),
        "NotificationARNs": properties.get("NotificationARNs", []),
        "Capabilities": list(parent.deployment.capabilities) if parent.deployment else [],
    }


def _text(value: Any) -> str:
    """Return a parameter as text; lists are joined by commas."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _adopt(context: Context, stack_id: str) -> None:
    from localstack_testbed.cloudformation import store

    stacks = store.stacks(context.account, context.region)
    parent, child = stacks[context.stack_id], stacks[stack_id]
    child.parent_id, child.root_id = parent.id, parent.root_id or parent.id


def _wait(context: Context, stack_id: str) -> tuple[str, str]:
    """Wait until the stack's operation is over; return its status, and why it failed."""
    from localstack_testbed.cloudformation import store

    stack = store.stacks(context.account, context.region)[stack_id]
    context.wait_until(lambda: not stack.in_progress, f"the nested stack {stack.name}", _TIMEOUT)
    return stack.status, stack.reason or _first_failure(stack.events)


def _first_failure(events: list[Any]) -> str:
    failures = [event.reason for event in events if event.status.endswith("_FAILED")]
    return failures[0] or "" if failures else ""
