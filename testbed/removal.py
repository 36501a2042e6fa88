"""Removing a stack with everything in it, buckets with content too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from testbed.errors import DeploymentError
from testbed.waiting import WaitedTooLong, until

if TYPE_CHECKING:
    from testbed.aws import Aws

_LIMIT_SECONDS = 300.0


def remove_stack(aws: Aws, stack_name: str) -> None:
    """Empty a stack's buckets, which CloudFormation would not, and delete it.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html

    Raises
    ------
    DeploymentError
        If it cannot be deleted.
    """
    for bucket in stack_resources(aws, stack_name, "AWS::S3::Bucket").values():
        empty_bucket(aws, bucket)
    aws.cloudformation.delete_stack(StackName=stack_name)
    status = ""

    def gone() -> bool:
        nonlocal status
        try:
            [stack] = aws.cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":  # "… does not exist"
                return True
            raise
        status = stack["StackStatus"]
        return status in ("DELETE_COMPLETE", "DELETE_FAILED")

    try:
        until(gone, within=_LIMIT_SECONDS, what=f"end of {stack_name}", every=aws.poll_seconds)
    except WaitedTooLong as error:
        raise DeploymentError(str(error)) from error
    if status == "DELETE_FAILED":
        raise DeploymentError(f"The stack {stack_name} could not be deleted.")


def destroy_stack(aws: Aws, stack_name: str) -> None:
    """Delete a stack, and those of its buckets that it would leave behind.

    Raises
    ------
    DeploymentError
        If it cannot be deleted.
    """
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
