"""Deleting a stack with the content of its buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from testbed.aws.stacks import describe_stack, stack_resources
from testbed.errors import DeploymentError
from testbed.machine.waiting import WaitedTooLong, until

if TYPE_CHECKING:
    from testbed.aws.clients import Aws

_LIMIT_SECONDS = 300.0


def destroy_stack(aws: Aws, stack_name: str) -> None:
    """Delete a stack, if it exists, and all its buckets, also retained ones with their content.

    Raises
    ------
    DeploymentError
        If the stack cannot be deleted.
    """
    stack = describe_stack(aws, stack_name)
    if stack is None:
        return
    if stack.get("EnableTerminationProtection"):
        # Checked first: the content of the buckets would be lost and the stack would stay.
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html
        raise DeploymentError(
            f"The stack {stack_name} cannot be deleted: its termination protection is enabled.",
            advice="Disable it with: aws cloudformation update-termination-protection"
            f" --no-enable-termination-protection --stack-name {stack_name}",
        )
    buckets = stack_resources(aws, stack_name, "AWS::S3::Bucket").values()
    # CloudFormation does not delete a bucket that has objects.
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
    for bucket in buckets:
        _empty_bucket(aws, bucket)
    delete_stack(aws, stack_name)
    retained = {bucket["Name"] for bucket in aws.s3.list_buckets()["Buckets"]}
    for bucket in retained.intersection(buckets):
        _empty_bucket(aws, bucket)  # of objects that functions have written meanwhile
        aws.s3.delete_bucket(Bucket=bucket)


def delete_stack(aws: Aws, stack_name: str) -> None:
    """Delete a stack, and return when it no longer exists.

    Raises
    ------
    DeploymentError
        If it cannot be deleted.
    """
    aws.cloudformation.delete_stack(StackName=stack_name)

    def ended() -> str | None:
        stack = describe_stack(aws, stack_name)
        if stack is None or stack["StackStatus"] in ("DELETE_COMPLETE", "DELETE_FAILED"):
            return stack["StackStatus"] if stack else "DELETE_COMPLETE"
        # If an export is in use, the stack returns to the status that it had.
        reason: str = stack.get("StackStatusReason", "")
        return reason if "cannot be deleted as it is in use" in reason else None

    try:
        status = until(
            ended,
            within=_LIMIT_SECONDS,
            what=f"end of the deletion of {stack_name}",
            every=aws.poll_seconds,
        )
    except WaitedTooLong as error:
        raise DeploymentError(
            str(error),
            advice="It may still end: `testbed status` shows the state of the stack, and"
            " `testbed logs` what custom resources do.",
        ) from error
    if "in use" in status:
        raise DeploymentError(
            f"The stack {stack_name} could not be deleted: {status}.",
            advice="Delete the stacks that import the export first.",
        )
    if status == "DELETE_FAILED":
        raise DeploymentError(
            f"The stack {stack_name} could not be deleted.",
            advice="Its events say why: aws cloudformation describe-stack-events"
            f" --stack-name {stack_name}. To delete it nevertheless, and leave what cannot be"
            f" deleted: aws cloudformation delete-stack --stack-name {stack_name}"
            " --deletion-mode FORCE_DELETE_STACK",
        )


def _empty_bucket(aws: Aws, bucket: str) -> None:
    """Delete every object and every version of an object in a bucket."""
    pages = aws.s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
    for page in pages:
        for version in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            aws.s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
