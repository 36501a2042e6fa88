"""Deployment of a SAM template by a change set, as ``sam deploy`` does.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html
"""

from __future__ import annotations

import hashlib
import json
import re
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from testbed.aws.change_set import Change, changes_of, removal_of
from testbed.aws.stacks import describe_stack, stack_outputs
from testbed.deployment.destroy import delete_stack
from testbed.deployment.packaging import Package, package
from testbed.errors import DeploymentError, ProjectError, preserved
from testbed.machine.waiting import WaitedTooLong, until
from testbed.project.template import LocalCode, check_parameters, local_code, read_template, section

if TYPE_CHECKING:
    from types_boto3_cloudformation.type_defs import (
        DescribeChangeSetOutputTypeDef,
        StackTypeDef,
    )

    from testbed.aws.clients import Aws
    from testbed.machine.cache import Report
    from testbed.project.project import Project

_TIMEOUT_SECONDS = 300.0
_ARTIFACTS = "testbed-artifacts"
_FAILED_CREATION = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
# CloudFormation's reasons for an empty change set.
_NO_CHANGES = re.compile(r"didn't contain changes|No updates are to be performed")
# A template in the request may have 51,200 bytes; a larger one goes through S3.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
_TEMPLATE_BODY_LIMIT = 51_200


@dataclass(frozen=True)
class Deployment:
    """The result of a deployment.

    Parameters
    ----------
    changed
        Whether the stack was created or updated; False if it was already up to date.
    uploaded
        The names of files that were uploaded because their content had changed.
    """

    outputs: dict[str, str]
    changed: bool
    uploaded: list[str] = field(default_factory=list)


Review = Callable[[list[Change]], bool]
"""Is called with the changes of a change set; returns whether to apply them."""


class NotDeployedError(DeploymentError):
    """The review of the changes has rejected them."""


def deploy(project: Project, aws: Aws, report: Report, review: Review | None = None) -> Deployment:
    """Package the project's code, bring its stack up to date and upload its files.

    Everything that can be checked is checked before anything is changed.

    Parameters
    ----------
    report
        Is called before each step that takes long.
    review
        If given, is called before the stack is changed or deleted: twice if the stack's creation
        has failed, since it has to be deleted first.

    Raises
    ------
    NotDeployedError
        If the review rejects the changes.
    ProjectError
        If the template or a file to upload is not valid.
    EnvironmentBuildError
        If the functions' requirements cannot be installed.
    DeploymentError
        If CloudFormation rejects the template or rolls the stack back.
    """
    files = {upload: upload.content() for upload in project.uploads}
    template = _checked_template(project)
    places = list(local_code(template, project.template.parent))
    packages = _packages(places, report)
    bucket = _artifact_bucket(aws) if packages else ""
    for place in places:
        built = packages[place.folder, place.architecture]
        place.replace(bucket, _put_package(aws, bucket, built))
    changed = _apply(project, aws, template, review)
    outputs = stack_outputs(aws, project.stack_name) or {}
    _check_outputs(project, outputs)  # again: an output with a condition may be missing
    uploaded = [
        upload.name
        for upload, content in files.items()
        if put_if_new(aws, outputs[upload.output], content)
    ]
    return Deployment(outputs=outputs, changed=changed, uploaded=uploaded)


def prepare(project: Project, report: Report) -> None:
    """Do the part of a deployment that needs no AWS API: check the files and package the code.

    Raises
    ------
    ProjectError, EnvironmentBuildError
        As :func:`deploy`.
    """
    _packages(check(project), report)


def check(project: Project) -> list[LocalCode]:
    """Check the files of a deployment; return the template's properties that name local code.

    Raises
    ------
    ProjectError
        As :func:`deploy`.
    """
    for upload in project.uploads:
        upload.content()
    return list(local_code(_checked_template(project), project.template.parent))


def _checked_template(project: Project) -> dict[str, Any]:
    template = read_template(project.template)
    check_parameters(template, project.parameters)
    outputs = section(template, "Outputs")
    if not any(name.startswith("Fn::") for name in outputs):  # such as Fn::ForEach
        _check_outputs(project, outputs)
    return template


def _check_outputs(project: Project, outputs: Iterable[str]) -> None:
    for upload in project.uploads:
        if upload.output not in outputs:
            raise ProjectError(
                f"{project.template.name} has no output {upload.output}, which must hold the URI"
                f" to upload {upload.name} to."
            )


def _packages(places: Iterable[LocalCode], report: Report) -> dict[tuple[Path, str], Package]:
    """Make the deployment packages, one for all functions that share a folder."""
    wanted = {(place.folder, place.architecture) for place in places}
    return {key: package(*key, report) for key in sorted(wanted)}


def _artifact_bucket(aws: Aws) -> str:
    """Return the name of the bucket for deployment packages; create it if it is missing."""
    for bucket in aws.s3.list_buckets(Prefix=_ARTIFACTS)["Buckets"]:
        if bucket["Name"].startswith(f"{_ARTIFACTS}-{aws.region}-"):
            return bucket["Name"]
    # Bucket names are unique across all AWS accounts.
    name = f"{_ARTIFACTS}-{aws.region}-{uuid.uuid4().hex[:12]}"
    if aws.region == "us-east-1":  # the only region that must not be given
        aws.s3.create_bucket(Bucket=name)
    else:
        location: Any = {"LocationConstraint": aws.region}
        aws.s3.create_bucket(Bucket=name, CreateBucketConfiguration=location)
    return name


def _put_package(aws: Aws, bucket: str, built: Package) -> str:
    key = f"{built.digest}.zip"
    try:
        aws.s3.head_object(Bucket=bucket, Key=key)
    except ClientError:
        with built.path.open("rb") as content:
            aws.s3.put_object(Bucket=bucket, Key=key, Body=content)
    return key


def put_if_new(aws: Aws, uri: str, content: bytes) -> bool:
    """Upload content to an S3 URI, unless it is there already; return whether it was uploaded."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        if aws.s3.get_object(Bucket=bucket, Key=key)["Body"].read() == content:
            return False
    except aws.s3.exceptions.NoSuchKey:
        pass
    aws.s3.put_object(Bucket=bucket, Key=key, Body=content)
    return True


def _apply(project: Project, aws: Aws, template: dict[str, Any], review: Review | None) -> bool:
    stack_name = project.stack_name
    stack = describe_stack(aws, stack_name)
    if stack is not None and stack["StackStatus"] in _FAILED_CREATION:
        # A stack whose creation failed can only be deleted.
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
        if review and not review(list(removal_of(aws, stack_name))):
            raise NotDeployedError(
                f"{stack_name} was not changed; it is in {stack['StackStatus']}.",
                advice="Delete it before you deploy it again: testbed destroy",
            )
        delete_stack(aws, stack_name)
        stack = None
    exists = stack is not None and stack["StackStatus"] != "REVIEW_IN_PROGRESS"
    change_set = f"testbed-{uuid.uuid4().hex[:12]}"
    request: dict[str, Any] = {
        "StackName": stack_name,
        "ChangeSetName": change_set,
        "ChangeSetType": "UPDATE" if exists else "CREATE",
        "Capabilities": list(project.capabilities),
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in project.parameters.items()
        ],
        "Tags": [{"Key": name, "Value": value} for name, value in project.tags.items()],
    }
    body = json.dumps(template)
    if len(body) <= _TEMPLATE_BODY_LIMIT:
        request["TemplateBody"] = body
    else:
        request["TemplateURL"] = _put_template(aws, body)
    try:
        aws.cloudformation.create_change_set(**request)
    except ClientError as error:
        raise DeploymentError(
            f"CloudFormation rejected {project.template.name}: {error.response['Error']['Message']}"
        ) from error
    try:
        wanted = _change_set_ready(aws, stack_name, change_set)
        if wanted and review and not review(list(changes_of(aws, stack_name, change_set))):
            raise NotDeployedError(f"{stack_name} was not changed.")
    except BaseException as error:  # including Ctrl-C during the review
        with preserved(error):
            _discard(aws, stack_name, change_set, with_stack=stack is None)
        raise
    if not wanted:
        _discard(aws, stack_name, change_set, with_stack=False)
        return False
    started = time.time()
    aws.cloudformation.execute_change_set(StackName=stack_name, ChangeSetName=change_set)
    _await_stack(aws, stack_name, started)
    return True


def _discard(aws: Aws, stack_name: str, change_set: str, *, with_stack: bool) -> None:
    """Delete a change set that is not executed, and the empty stack that it has created."""
    aws.cloudformation.delete_change_set(StackName=stack_name, ChangeSetName=change_set)
    if with_stack:
        aws.cloudformation.delete_stack(StackName=stack_name)


def _put_template(aws: Aws, body: str) -> str:
    bucket = _artifact_bucket(aws)
    # Equal templates share an object.
    key = f"{hashlib.sha256(body.encode()).hexdigest()}.template"
    aws.s3.put_object(Bucket=bucket, Key=key, Body=body.encode())
    return aws.s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})


def _change_set_ready(aws: Aws, stack_name: str, change_set: str) -> bool:
    """Wait until a change set is ready; return whether it changes anything."""
    answer: DescribeChangeSetOutputTypeDef | None = None

    def finished() -> bool:
        nonlocal answer
        answer = aws.cloudformation.describe_change_set(
            StackName=stack_name, ChangeSetName=change_set
        )
        return answer["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS")

    _until(aws, finished, f"change set {change_set}")
    assert answer is not None
    status, reason = answer["Status"], answer.get("StatusReason", "")
    if status == "CREATE_COMPLETE":
        return True  # even without changed resources: outputs or tags may have changed
    if _NO_CHANGES.search(reason):
        return False
    raise DeploymentError(f"CloudFormation rejected the template: {reason or status}")


def _await_stack(aws: Aws, stack_name: str, started: float) -> None:
    stack: StackTypeDef | None = None

    def finished() -> bool:
        nonlocal stack
        stack = describe_stack(aws, stack_name)
        return stack is None or not stack["StackStatus"].endswith("_IN_PROGRESS")

    _until(aws, finished, f"stack {stack_name}")
    status = stack["StackStatus"] if stack else "DELETED"
    if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        return
    events = aws.cloudformation.describe_stack_events(StackName=stack_name)["StackEvents"]
    failures = [
        f"{event.get('LogicalResourceId')} ({event.get('ResourceType')}):"
        f" {event.get('ResourceStatusReason', event['ResourceStatus'])}"
        for event in reversed(events)
        if event.get("ResourceStatus", "").endswith("_FAILED")
        and event["Timestamp"].timestamp() >= started - 1
    ]
    reason = stack.get("StackStatusReason", "") if stack else ""
    raise DeploymentError(
        f"The deployment of {stack_name} ended as {status}.",
        details="\n".join(failures) or reason,
    )


def _until(aws: Aws, condition: Callable[[], bool], what: str) -> None:
    try:
        until(condition, within=_TIMEOUT_SECONDS, what=what, every=aws.poll_seconds)
    except WaitedTooLong as error:
        raise DeploymentError(str(error)) from error
