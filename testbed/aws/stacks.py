"""What CloudFormation knows about a stack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_cloudformation.type_defs import StackResourceSummaryTypeDef, StackTypeDef

    from testbed.aws.clients import Aws

_STACK = "AWS::CloudFormation::Stack"
# How the engine's status reason of a resource begins if it has skipped it, or ignored a property.
_SKIPPED = "Skipped: "
_IGNORED = "Ignored: "


def describe_stack(aws: Aws, stack_name: str) -> StackTypeDef | None:
    """Return CloudFormation's description of a stack, or None if there is no such stack."""
    try:
        return aws.cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
    except ClientError as error:
        # CloudFormation uses this code for invalid names, too.
        failure = error.response["Error"]
        if failure["Code"] == "ValidationError" and "does not exist" in failure["Message"]:
            return None
        raise


def stack_outputs(aws: Aws, stack_name: str) -> dict[str, str] | None:
    """Return a stack's outputs by name, or None if there is no such stack."""
    stack = describe_stack(aws, stack_name)
    if stack is None or stack["StackStatus"] == "REVIEW_IN_PROGRESS":
        return None
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def list_resources(aws: Aws, stack_name: str) -> Iterator[StackResourceSummaryTypeDef]:
    """Yield the resources of a stack, also those that could not be created or were deleted."""
    pages = aws.cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_name)
    for page in pages:
        yield from page["StackResourceSummaries"]


def list_all_resources(
    aws: Aws, stack_name: str, path: str = ""
) -> Iterator[tuple[str, StackResourceSummaryTypeDef]]:
    """Yield the resources of a stack and of its nested stacks that have a physical id.

    Parameters
    ----------
    path
        What the logical ids begin with.

    Returns
    -------
    Iterator[tuple[str, StackResourceSummaryTypeDef]]
        Each with its logical id after those of the nested stacks that contain it:
        ``Nested/Monitor``.
    """
    for resource in list_resources(aws, stack_name):
        if physical_id := resource.get("PhysicalResourceId"):
            logical_id = f"{path}{resource['LogicalResourceId']}"
            yield logical_id, resource
            if resource["ResourceType"] == _STACK:
                yield from list_all_resources(aws, physical_id, f"{logical_id}/")


def stack_resources(aws: Aws, stack_name: str, resource_type: str | None = None) -> dict[str, str]:
    """Return the physical ids of a stack's resources by logical id.

    Parameters
    ----------
    resource_type
        If given, only resources of this type, such as ``AWS::S3::Bucket``.
    """
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in list_resources(aws, stack_name)
        if resource_type in (None, resource["ResourceType"]) and resource.get("PhysicalResourceId")
    }


def physical_ids(aws: Aws, stack_name: str, resource_type: str) -> list[str]:
    """Return the physical ids of the resources of a type, in a stack and in its nested stacks.

    Parameters
    ----------
    resource_type
        Such as ``AWS::SQS::Queue``.
    """
    return [
        resource["PhysicalResourceId"]
        for _, resource in list_all_resources(aws, stack_name)
        if resource["ResourceType"] == resource_type
    ]


def nested_stacks(aws: Aws, stack_name: str) -> list[str]:
    """Return the ARNs of the stacks that are nested in a stack, at any depth."""
    return physical_ids(aws, stack_name, _STACK)


def function_runtimes(aws: Aws, stack_name: str) -> dict[str, str]:
    """Return the runtimes of a stack's functions by logical id, without those of nested stacks."""
    functions = stack_resources(aws, stack_name, "AWS::Lambda::Function")
    if not functions:
        return {}
    runtimes = {
        function["FunctionName"]: function.get("Runtime")
        for page in aws.lambda_.get_paginator("list_functions").paginate()
        for function in page["Functions"]
    }
    return {
        logical_id: runtime
        for logical_id, name in functions.items()
        if (runtime := runtimes.get(name)) is not None
    }


@dataclass(frozen=True)
class SkippedResource:
    """A resource of a deployed stack that was not created, since its type is not available.

    Parameters
    ----------
    ignored
        If it was created, but without a property that is not available: a sentence about that.
    """

    logical_id: str
    resource_type: str
    ignored: str = ""

    @property
    def sentence(self) -> str:
        """What was left out, for people."""
        return f"Ignored: {self}" if self.ignored else f"{self} was skipped."

    def __str__(self) -> str:
        name = f"{self.logical_id} ({self.resource_type})"
        return f"{name}: {self.ignored}" if self.ignored else name


def skipped_resources(aws: Aws, stack_name: str) -> list[SkippedResource]:
    """Return the resources that TESTBED_SKIP_UNSUPPORTED_RESOURCES has left out, or parts of."""
    found = []
    for resource in list_resources(aws, stack_name):
        reason = resource.get("ResourceStatusReason", "")
        if reason.startswith((_SKIPPED, _IGNORED)):
            ignored = reason.removeprefix(_IGNORED) if reason.startswith(_IGNORED) else ""
            found.append(
                SkippedResource(resource["LogicalResourceId"], resource["ResourceType"], ignored)
            )
    return found
