"""Questions about stacks, their resources and their events."""

from collections.abc import Mapping
from typing import Any

from localstack_testbed.cloudformation.api import change_sets
from localstack_testbed.cloudformation.api.deployments import Request
from localstack_testbed.cloudformation.api.descriptions import (
    Description,
    describe_event,
    describe_resource,
    describe_stack,
    detail_resource,
    summarize_resource,
    summarize_stack,
)
from localstack_testbed.cloudformation.api.paging import newest_first, page
from localstack_testbed.cloudformation.api.places import Place
from localstack_testbed.cloudformation.errors import ValidationError
from localstack_testbed.cloudformation.model import Resource, Stack

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
_LIMITS = {"StackLimit": 2000, "StackOutputsLimit": 200, "ConcurrentResourcesLimit": 2500}


def describe_stacks(place: Place, request: Request) -> Description:
    """Return one stack, or a page of all that are not deleted."""
    if name := request.get("StackName"):
        return {"Stacks": [describe_stack(place.stack(name))]}
    stacks, token = page(list(place.active_stacks()), request.get("NextToken"))
    return {"Stacks": [describe_stack(stack) for stack in stacks], "NextToken": token}


def list_stacks(place: Place, request: Request) -> Description:
    """Return a page of the stacks with one of the statuses, also of deleted ones."""
    wanted = request.get("StackStatusFilter")
    found = [stack for stack in place.stacks() if not wanted or stack.status in wanted]
    stacks, token = page(found, request.get("NextToken"))
    return {"StackSummaries": [summarize_stack(stack) for stack in stacks], "NextToken": token}


def describe_stack_events(place: Place, request: Request) -> Description:
    """Return a page of a stack's events, the newest first."""
    stack = place.stack(request["StackName"], "Stack [{}] does not exist")
    events, token = newest_first(stack.events, request.get("NextToken"))
    return {"StackEvents": [describe_event(stack, event) for event in events], "NextToken": token}


def describe_events(place: Place, request: Request) -> Description:
    """Return a page of a stack's events by operation, the newest first."""
    if request.get("ChangeSetName"):
        # They are about hooks and early validation; here, the StatusReason says everything.
        change_sets.find(place, request)
        return {"OperationEvents": []}
    if not request.get("StackName") or request.get("OperationId"):
        raise ValidationError(
            "DescribeEvents requires StackName or ChangeSetName; OperationId is not available in "
            "this testbed."
        )
    stack = place.stack(request["StackName"], "Stack [{}] does not exist")
    described: list[Description] = []
    operation = ""
    for event in list(stack.events):
        of_stack = event.physical_id == stack.id
        if of_stack and event.reason == "User Initiated":
            operation = event.id
        kind = "STACK_EVENT"
        if not of_stack:
            failed = event.status.endswith("_FAILED")
            kind = "PROVISIONING_ERROR" if failed else "PROGRESS_EVENT"
        known = describe_event(stack, event)
        known.pop("StackName")
        described.append({**known, "OperationId": operation, "EventType": kind})
    if (request.get("Filters") or {}).get("FailedEvents"):
        described = [each for each in described if each["ResourceStatus"].endswith("_FAILED")]
    events, token = newest_first(described, request.get("NextToken"))
    return {"OperationEvents": events, "NextToken": token}


def list_hook_results(place: Place, request: Request) -> Description:
    """Return the results of hooks, of which there are none in this testbed."""
    return {
        "TargetType": request.get("TargetType"),
        "TargetId": request.get("TargetId"),
        "HookResults": [],
    }


def describe_stack_resource(place: Place, request: Request) -> Description:
    """Return one resource of a stack, with its metadata."""
    name = request["StackName"]
    stack = place.stack(name, "Stack '{}' does not exist")
    logical_id = request["LogicalResourceId"]
    resource = _resources(stack).get(logical_id)
    if resource is None:
        raise ValidationError(f"Resource {logical_id} does not exist for stack {name}")
    return {"StackResourceDetail": detail_resource(stack, resource)}


def describe_stack_resources(place: Place, request: Request) -> Description:
    """Return the resources of a stack, or of the stack that has a certain resource."""
    name, physical_id = request.get("StackName"), request.get("PhysicalResourceId")
    if bool(name) == bool(physical_id):
        raise ValidationError(
            "Cannot specify both StackName and PhysicalResourceId"
            if name
            else "You must specify either StackName or PhysicalResourceId"
        )
    stack = _owner(place, str(physical_id)) if physical_id else place.stack(str(name))
    logical_id = request.get("LogicalResourceId")
    resources = [
        describe_resource(stack, resource)
        for resource in _resources(stack).values()
        if logical_id in (None, "", resource.logical_id)
    ]
    if logical_id and not resources:
        raise ValidationError(f"Resource {logical_id} does not exist for stack {name}")
    return {"StackResources": resources}


def _owner(place: Place, physical_id: str) -> Stack:
    for stack in place.active_stacks():
        if any(each.physical_id == physical_id for each in _resources(stack).values()):
            return stack
    raise ValidationError(f"Stack for {physical_id} does not exist")


def list_stack_resources(place: Place, request: Request) -> Description:
    """Return a page of the resources of a stack."""
    stack = place.stack(request["StackName"])
    resources, token = page(list(_resources(stack).values()), request.get("NextToken"))
    return {
        "StackResourceSummaries": [summarize_resource(each) for each in resources],
        "NextToken": token,
    }


def _resources(stack: Stack) -> Mapping[str, Resource]:
    return dict(stack.resources)


def describe_account_limits(place: Place, request: Request) -> Description:
    """Return AWS's default quotas, which do not apply here."""
    limits: list[dict[str, Any]] = [
        {"Name": name, "Value": value} for name, value in _LIMITS.items()
    ]
    return {"AccountLimits": limits}
