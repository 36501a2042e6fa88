"""Removing a stack with everything in it, buckets with content too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from testbed.errors import DeploymentError
from testbed.machine.waiting import WaitedTooLong, until

if TYPE_CHECKING:
    from types_boto3_cloudformation.type_defs import StackTypeDef

    from testbed.aws.clients import Aws

_LIMIT_SECONDS = 300.0


def remove_stack(aws: Aws, stack_name: str) -> None:
    """Empty a stack's buckets, which CloudFormation would not, and delete it, if it exists.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html

    Raises
    ------
    DeploymentError
        If it cannot be deleted.
    """
    stack = describe_stack(aws, stack_name)
    if stack is None:
        return
    if stack.get("EnableTerminationProtection"):
        # Known before, since the content of the buckets would be lost all the same.
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html
        raise DeploymentError(
            f"The stack {stack_name} cannot be deleted: its termination protection is enabled.",
            advice="Disable it with: aws cloudformation update-termination-protection"
            f" --no-enable-termination-protection --stack-name {stack_name}",
        )
    for bucket in stack_resources(aws, stack_name, "AWS::S3::Bucket").values():
        empty_bucket(aws, bucket)
    delete_stack(aws, stack_name)


def delete_stack(aws: Aws, stack_name: str) -> None:
    """Delete a stack, and return when it is gone.

    Raises
    ------
    DeploymentError
        If it cannot be deleted.
    """
    aws.cloudformation.delete_stack(StackName=stack_name)

    def ended() -> str | None:
        stack = describe_stack(aws, stack_name)
        status = stack["StackStatus"] if stack else "DELETE_COMPLETE"
        return status if status in ("DELETE_COMPLETE", "DELETE_FAILED") else None

    try:
        status = until(
            ended, within=_LIMIT_SECONDS, what=f"end of {stack_name}", every=aws.poll_seconds
        )
    except WaitedTooLong as error:
        raise DeploymentError(str(error)) from error
    if status == "DELETE_FAILED":
        raise DeploymentError(f"The stack {stack_name} could not be deleted.")


def describe_stack(aws: Aws, stack_name: str) -> StackTypeDef | None:
    """Return what CloudFormation says of a stack, or None if there is no such stack."""
    try:
        return aws.cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
    except ClientError as error:
        # The same code stands for a name that is not valid.
        failure = error.response["Error"]
        if failure["Code"] == "ValidationError" and "does not exist" in failure["Message"]:
            return None
        raise


def destroy_stack(aws: Aws, stack_name: str) -> None:
    """Delete a stack, if it exists, and those of its buckets that it would leave behind.

    Raises
    ------
    DeploymentError
        If it cannot be deleted.
    """
    if describe_stack(aws, stack_name) is None:
        return
    buckets = stack_resources(aws, stack_name, "AWS::S3::Bucket").values()
    remove_stack(aws, stack_name)
    left = {bucket["Name"] for bucket in aws.s3.list_buckets()["Buckets"]}
    for bucket in left.intersection(buckets):
        empty_bucket(aws, bucket)  # of what the functions have put there since
        aws.s3.delete_bucket(Bucket=bucket)


def empty_bucket(aws: Aws, bucket: str) -> None:
    """Delete every object and every version of one in a bucket."""
    pages = aws.s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
    for page in pages:
        for version in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            aws.s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])


def stack_resources(aws: Aws, stack_name: str, kind: str | None = None) -> dict[str, str]:
    """Return the physical ids of a stack's resources by their logical ids; of one kind, if said."""
    pages = aws.cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_name)
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if kind in (None, resource["ResourceType"]) and resource.get("PhysicalResourceId")
    }
