"""Creation and update of a stack by a change set, with a review of its changes.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from testbed.aws.change_set import Change, changes_of, removal_of
from testbed.aws.stacks import describe_stack
from testbed.deployment.destroy import delete_stack
from testbed.deployment.failures import check_usable, rejected, rolled_back
from testbed.errors import DeploymentError, preserved
from testbed.machine.waiting import WaitedTooLong, until
from testbed.project.template import missing_parameters

if TYPE_CHECKING:
    from types_boto3_cloudformation.type_defs import (
        DescribeChangeSetOutputTypeDef,
        ParameterTypeDef,
        StackTypeDef,
    )

    from testbed.aws.clients import Aws
    from testbed.deployment.artifacts import Artifacts
    from testbed.project.project import Project

_TIMEOUT_SECONDS = 300.0
_FAILED_CREATION = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
# CloudFormation's reasons for an empty change set.
_NO_CHANGES = re.compile(r"didn't contain changes|No updates are to be performed")
# A template in the request may have 51,200 bytes; a larger one goes through S3.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
_TEMPLATE_BODY_LIMIT = 51_200

Review = Callable[[list[Change]], bool]
"""Is called with the changes of a change set; returns whether to apply them."""


class NotDeployedError(DeploymentError):
    """The review of the changes has rejected them."""


def stack_parameters(aws: Aws, stack_name: str) -> frozenset[str]:
    """Return the parameters whose values a stack has already; none if there is no such stack."""
    return kept_parameters(describe_stack(aws, stack_name))


def kept_parameters(stack: StackTypeDef | None) -> frozenset[str]:
    """Return the parameters whose values a stack has already; None stands for no stack."""
    if stack is None or stack["StackStatus"] in (*_FAILED_CREATION, "REVIEW_IN_PROGRESS"):
        return frozenset()
    return frozenset(each["ParameterKey"] for each in stack.get("Parameters", ()))


def update_stack(
    project: Project,
    aws: Aws,
    stack: StackTypeDef | None,
    template: dict[str, Any],
    artifacts: Artifacts,
    review: Review | None,
) -> tuple[bool, dict[str, str]]:
    """Create a stack or bring it up to date.

    Parameters
    ----------
    stack
        The stack as it is; None if it does not exist.
    template
        The template, in which objects in S3 replace local files.
    review
        As in :func:`testbed.deployment.deploy.deploy`.

    Returns
    -------
    tuple[bool, dict[str, str]]
        Whether the stack was changed, and its outputs.

    Raises
    ------
    NotDeployedError
        If the review rejects the changes.
    DeploymentError
        If CloudFormation rejects the template or rolls the stack back.
    """
    stack_name = project.stack_name
    stack = _without_failed_creation(aws, stack_name, stack, review)
    if stack is not None:
        check_usable(stack_name, stack["StackStatus"])
    change_set = _create_change_set(project, aws, stack, template, artifacts)
    try:
        wanted = _change_set_ready(project, aws, change_set)
        if wanted and review and not review(list(changes_of(aws, stack_name, change_set))):
            raise NotDeployedError(f"{stack_name} was not changed.")
    except BaseException as error:  # including Ctrl-C during the review
        with preserved(error):
            _discard(aws, stack_name, change_set, with_stack=stack is None)
        raise
    if not wanted:
        _discard(aws, stack_name, change_set, with_stack=False)
        return False, _outputs(stack)
    aws.cloudformation.execute_change_set(
        StackName=stack_name,
        ChangeSetName=change_set,
        DisableRollback=project.disable_rollback,
    )
    return True, _outputs(_await_stack(project, aws))


def _without_failed_creation(
    aws: Aws, stack_name: str, stack: StackTypeDef | None, review: Review | None
) -> StackTypeDef | None:
    """Delete a stack whose creation failed, since nothing else can be done with it.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
    """
    if stack is None or stack["StackStatus"] not in _FAILED_CREATION:
        return stack
    if review and not review(list(removal_of(aws, stack_name))):
        raise NotDeployedError(
            f"{stack_name} was not changed; it is in {stack['StackStatus']}.",
            advice="Delete it before you deploy it again: testbed destroy",
        )
    delete_stack(aws, stack_name)
    return None


def _create_change_set(
    project: Project,
    aws: Aws,
    stack: StackTypeDef | None,
    template: dict[str, Any],
    artifacts: Artifacts,
) -> str:
    """Create a change set; return its name."""
    exists = stack is not None and stack["StackStatus"] != "REVIEW_IN_PROGRESS"
    name = f"testbed-{uuid.uuid4().hex[:12]}"
    request: dict[str, Any] = {
        "StackName": project.stack_name,
        "ChangeSetName": name,
        "ChangeSetType": "UPDATE" if exists else "CREATE",
        "Capabilities": list(project.capabilities),
        "Parameters": _parameters(project, template),
        "NotificationARNs": list(project.notification_arns),
        "Tags": [{"Key": key, "Value": value} for key, value in project.tags.items()],
    }
    body = json.dumps(template)
    if len(body) <= _TEMPLATE_BODY_LIMIT:
        request["TemplateBody"] = body
    else:
        request["TemplateURL"] = artifacts.put_template(body)
    try:
        aws.cloudformation.create_change_set(**request)
    except ClientError as error:
        raise rejected(project.template, error.response["Error"]["Message"]) from error
    return name


def _parameters(project: Project, template: dict[str, Any]) -> list[ParameterTypeDef]:
    given: list[ParameterTypeDef] = [
        {"ParameterKey": name, "ParameterValue": value}
        for name, value in project.parameters.items()
    ]
    missing = missing_parameters(template, project.parameters)
    kept: list[ParameterTypeDef] = [
        {"ParameterKey": name, "UsePreviousValue": True}
        for name in missing
        if name in project.kept_parameters
    ]
    return given + kept


def _outputs(stack: StackTypeDef | None) -> dict[str, str]:
    outputs = stack.get("Outputs", ()) if stack else ()
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def _discard(aws: Aws, stack_name: str, change_set: str, *, with_stack: bool) -> None:
    """Delete a change set that is not executed, and the empty stack that it has created."""
    aws.cloudformation.delete_change_set(StackName=stack_name, ChangeSetName=change_set)
    if with_stack:
        aws.cloudformation.delete_stack(StackName=stack_name)


def _change_set_ready(project: Project, aws: Aws, change_set: str) -> bool:
    """Wait until a change set is ready; return whether it changes anything."""
    stack_name = project.stack_name
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
    raise rejected(project.template, reason or status)


def _await_stack(project: Project, aws: Aws) -> StackTypeDef | None:
    """Wait until the stack has been created or updated; return it.

    Raises
    ------
    DeploymentError
        If that fails.
    """
    stack_name = project.stack_name
    stack: StackTypeDef | None = None

    def finished() -> bool:
        nonlocal stack
        stack = describe_stack(aws, stack_name)
        return stack is None or not stack["StackStatus"].endswith("_IN_PROGRESS")

    _until(aws, finished, f"stack {stack_name}")
    status = stack["StackStatus"] if stack else "DELETED"
    if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        return stack
    reason = stack.get("StackStatusReason", "") if stack else ""
    raise rolled_back(aws, project, status, reason)


def _until(aws: Aws, condition: Callable[[], bool], what: str) -> None:
    try:
        until(condition, within=_TIMEOUT_SECONDS, what=what, every=aws.poll_seconds)
    except WaitedTooLong as error:
        raise DeploymentError(
            str(error),
            advice="It may still end: `testbed status` shows the state of the stack, and"
            " `testbed logs` what custom resources do.",
        ) from error
