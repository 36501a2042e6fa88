"""Nested stacks.

The update of a nested stack keeps what it has replaced until the update of its root stack has
succeeded: until then, it can be rolled back.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from localstack_testbed.cloudformation.resources.model import (
    CancelledError,
    Context,
    Properties,
    ResourceError,
    ResourceType,
)

if TYPE_CHECKING:
    from localstack_testbed.cloudformation.model import Stack

_TIMEOUT = 3600
"""Seconds that an operation on a nested stack may take."""

_DEEPEST = 20
"""Nested stacks in each other; a template that nests itself would never end."""

_INTACT = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


class NestedStack(ResourceType):
    """AWS::CloudFormation::Stack."""

    def create(self, context: Context, properties: Properties) -> str:
        from localstack_testbed.cloudformation import store

        parent = _find(context, context.stack_id)
        _check_depth(context, parent)
        request = _request(parent, properties)
        if "TimeoutInMinutes" in properties:
            request["TimeoutInMinutes"] = properties["TimeoutInMinutes"]
        name = context.generated_name(128)
        with store.child_of(parent, name):
            # Rolled back with the stack that it belongs to.
            stack_id: str = context.client("cloudformation").create_stack(
                **request, StackName=name, DisableRollback=True
            )["StackId"]
        context.created(stack_id)
        child = _find(context, stack_id)
        context.wait_until(
            lambda: not child.in_progress, f"the nested stack {child.name}", _TIMEOUT
        )
        if child.status != "CREATE_COMPLETE":
            raise ResourceError(
                f"Embedded stack {stack_id} was not successfully created: {_reason(child)}"
            )
        return stack_id

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        child = _find(context, physical_id)
        if child.is_undecided:
            # An earlier update of the parent failed, and was not rolled back.
            child.decide("stay")
            _wait(child, lambda: not child.in_progress)
        request = _request(_find(context, context.stack_id), new)
        # By this, the nested stack knows that its parent decides what comes after the update.
        child.parent_token = context.token
        try:
            context.client("cloudformation").update_stack(
                **request,
                StackName=physical_id,
                DisableRollback=child.status == "UPDATE_FAILED",
                ClientRequestToken=context.token,
            )
        except ClientError as error:
            if "No updates are to be performed" in str(error):
                return None
            raise
        over = lambda: child.is_undecided or not child.in_progress  # noqa: E731
        try:
            context.wait_until(over, f"the nested stack {child.name}", _TIMEOUT)
        except CancelledError:
            with child.changed:
                if child.status == "UPDATE_IN_PROGRESS":
                    child.cancelled.set()
            _wait(child, over)
            raise
        if not child.is_undecided:
            raise ResourceError(
                f"Embedded stack {physical_id} was not successfully updated. Currently in "
                f"{child.status} with reason: {_reason(child)}"
            )
        return None

    def roll_back(
        self, context: Context, physical_id: str, attempted: Properties, properties: Properties
    ) -> str | None:
        # The template behind TemplateURL may have changed: what was is what the nested stack knows.
        child = _find(context, physical_id)
        if child.is_undecided:
            child.decide("roll back")
        elif child.status == "UPDATE_FAILED":
            context.client("cloudformation").rollback_stack(StackName=physical_id)
        elif child.status == "UPDATE_ROLLBACK_FAILED":
            context.client("cloudformation").continue_update_rollback(StackName=physical_id)
        _wait(child, lambda: not child.in_progress)
        if child.status not in _INTACT:
            raise ResourceError(
                f"Embedded stack {physical_id} was not successfully rolled back. Currently in "
                f"{child.status} with reason: {_reason(child)}"
            )
        return None

    def complete(self, context: Context, physical_id: str) -> None:
        child = _find(context, physical_id)
        if child.is_undecided:
            child.decide("complete")
            _wait(child, lambda: not child.in_progress)

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        from localstack_testbed.cloudformation import store

        if physical_id not in store.stacks(context.account, context.region):
            return
        self.complete(context, physical_id)
        child = _find(context, physical_id)
        child.parent_token = context.token
        context.client("cloudformation").delete_stack(
            StackName=physical_id, ClientRequestToken=context.token
        )
        _wait(child, lambda: not child.in_progress)
        if child.status != "DELETE_COMPLETE":
            raise ResourceError(
                f"Embedded stack {physical_id} was not successfully deleted: {_reason(child)}"
            )

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        outputs = _find(context, physical_id).outputs
        return {f"Outputs.{output.key}": output.value for output in outputs}


def _find(context: Context, stack_id: str) -> "Stack":
    from localstack_testbed.cloudformation import store

    found = store.stacks(context.account, context.region).get(stack_id)
    if found is None:
        raise ResourceError(f"Stack with id {stack_id} does not exist")
    return found


def _check_depth(context: Context, parent: "Stack") -> None:
    depth, ancestor = 1, parent
    while ancestor.parent_id is not None:
        depth, ancestor = depth + 1, _find(context, ancestor.parent_id)
    if depth > _DEEPEST:
        raise ResourceError(
            f"More than {_DEEPEST} stacks are nested in each other: does the template of "
            f"{context.logical_id} nest itself?"
        )


def _request(parent: "Stack", properties: Properties) -> dict[str, Any]:
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


def _wait(child: "Stack", condition: Callable[[], bool]) -> None:
    with child.changed:
        if not child.changed.wait_for(condition, timeout=_TIMEOUT):
            raise ResourceError(
                f"Timed out after {_TIMEOUT} seconds while waiting for the stack {child.name}"
            )


def _reason(child: "Stack") -> str:
    """Return why the last operation on a nested stack failed."""
    for event in reversed(list(child.events)):
        failed = event.status.endswith(("_FAILED", "ROLLBACK_IN_PROGRESS"))
        if event.physical_id == child.id and event.reason and failed:
            return event.reason
    return child.reason or ""
