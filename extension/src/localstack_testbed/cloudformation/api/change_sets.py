"""Change sets.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html
"""

import json
import logging
import threading
import uuid
from collections.abc import Mapping
from typing import Any

from localstack.aws.api.cloudformation import (
    AlreadyExistsException,
    ChangeSetNotFoundException,
    ChangeSetType,
    InvalidChangeSetStatusException,
    OnFailure,
    StackStatus,
)

from localstack_testbed.cloudformation.api import change_set_states, operations, policies
from localstack_testbed.cloudformation.api.constraints import check_stack_name
from localstack_testbed.cloudformation.api.deployments import Draft, Request, draft
from localstack_testbed.cloudformation.api.descriptions import (
    Description,
    describe_change_set,
    summarize_change_set,
    without_secrets,
)
from localstack_testbed.cloudformation.api.events import observe
from localstack_testbed.cloudformation.api.paging import page
from localstack_testbed.cloudformation.api.places import Place
from localstack_testbed.cloudformation.engine import operations as engine
from localstack_testbed.cloudformation.errors import InvalidRequestError, ValidationError
from localstack_testbed.cloudformation.model import ChangeSet, Deployment, Stack, now

LOG = logging.getLogger(__name__)

_NO_CHANGES = (
    "The submitted information didn't contain changes. "
    "Submit different information to create a change set."
)
_MISSING_STACK = "Stack [{}] does not exist"
_PATIENCE = 5.0
"""Seconds that CreateChangeSet waits for the change set.

It is mostly complete then, and a client that asks at once need not ask again after its pause.
"""


def create(place: Place, request: Request) -> Description:
    """Create a change set, and the stack that it is to create."""
    _reject_unavailable(request)
    kind = ChangeSetType(request.get("ChangeSetType") or ChangeSetType.UPDATE)
    stack = _target(place, request, kind)
    if made := _repeated_creation(stack, request):
        return {"Id": made.id, "StackId": stack.id}
    current = stack.deployment
    drafted = draft(place, stack, request)
    # A template without transforms is validated by the request; the result of transforms, later.
    complete = None if drafted.transforms else drafted.complete()
    name = request["ChangeSetName"]
    change_set = ChangeSet(
        name=name,
        id=f"arn:aws:cloudformation:{place.region}:{place.account}:changeSet/{name}/{uuid.uuid4()}",
        type=kind,
        deployment=complete or drafted.deployment,
        description=request.get("Description"),
        on_stack_failure=request.get("OnStackFailure"),
        include_nested_stacks=bool(request.get("IncludeNestedStacks")),
        import_existing_resources=bool(request.get("ImportExistingResources")),
        token=request.get("ClientToken"),
    )

    def check() -> None:
        if stack.status == StackStatus.REVIEW_IN_PROGRESS and not stack.events:
            if place.find(stack.name) is not None:
                raise AlreadyExistsException(f"Stack [{stack.name}] already exists")
        else:
            _check_status(stack, request, kind)
            operations.check_current(stack, current)
        if _named(stack, name):
            raise AlreadyExistsException(f"ChangeSet [{name}] already exists")

    def begin() -> None:
        if not stack.events:
            place.add(stack)
            observe(stack)
            stack.set_status(StackStatus.REVIEW_IN_PROGRESS, "User Initiated")
        stack.change_sets[change_set.id] = change_set

    operations.start(stack, check, begin)
    thread = threading.Thread(
        target=_complete,
        args=(stack, change_set, drafted, complete, current),
        name=f"change-set-{name}",
        daemon=True,
    )
    thread.start()
    thread.join(_PATIENCE)
    return {"Id": change_set.id, "StackId": stack.id}


def _target(place: Place, request: Request, kind: ChangeSetType) -> Stack:
    """Return the stack that a change set is for; it is new if there is none yet."""
    name = request["StackName"]
    if kind == ChangeSetType.CREATE and not name.startswith("arn:"):
        check_stack_name(name)
        stack = place.find(name) or place.new_stack(name)
    else:
        stack = place.stack(name, _MISSING_STACK)
    _check_status(stack, request, kind)
    return stack


def _check_status(stack: Stack, request: Request, kind: ChangeSetType) -> None:
    if kind == ChangeSetType.UPDATE:
        operations.check_updatable(stack, disable_rollback=True)
    elif stack.status != StackStatus.REVIEW_IN_PROGRESS:
        raise ValidationError(
            f"Stack [{stack.name}] already exists and cannot be created again with the changeSet "
            f"[{request['ChangeSetName']}]."
        )


def _repeated_creation(stack: Stack, request: Request) -> ChangeSet | None:
    """Return the change set that the same request has created before."""
    existing = _named(stack, request["ChangeSetName"])
    if existing is None:
        return None
    token = request.get("ClientToken")
    if token and existing.token == token:
        return existing
    raise AlreadyExistsException(f"ChangeSet [{existing.name}] already exists")


def _reject_unavailable(request: Request) -> None:
    if request.get("ChangeSetType") == ChangeSetType.IMPORT or request.get("ResourcesToImport"):
        raise ValidationError("Import of existing resources is not available in this testbed.")
    if request.get("DeploymentMode"):
        raise ValidationError("DeploymentMode is not available in this testbed. Leave it out.")
    if (
        request.get("OnStackFailure") == "DELETE"
        and request.get("ChangeSetType") != ChangeSetType.CREATE
    ):
        raise ValidationError(
            "OnStackFailure can be DELETE only for a change set that creates a stack"
        )


def _complete(
    stack: Stack,
    change_set: ChangeSet,
    drafted: Draft,
    deployment: Deployment | None,
    current: Deployment | None,
) -> None:
    """Transform and validate the template if that is not done yet, and find the changes."""
    change_set.status = "CREATE_IN_PROGRESS"
    try:
        change_set.deployment = deployment = deployment or drafted.complete()
        preview = engine.preview(stack, deployment)
    except InvalidRequestError as error:
        _fail(change_set, str(error))
        return
    except Exception as error:
        LOG.exception("The change set %s failed unexpectedly", change_set.id)
        _fail(change_set, f"Internal failure: {error}")
        return
    change_set.changes = preview.changes
    unchanged = preview.is_empty and not operations.differs(stack, deployment)
    if (
        change_set.type == ChangeSetType.UPDATE
        and unchanged
        and stack.status not in operations.PRESERVED
    ):
        _fail(change_set, _NO_CHANGES)
        return
    with stack.changed:
        # The stack may have been updated meanwhile.
        valid = stack.deployment is current and not stack.in_progress
        change_set.execution_status = "AVAILABLE" if valid else "OBSOLETE"
        change_set.status = "CREATE_COMPLETE"


def _fail(change_set: ChangeSet, reason: str) -> None:
    change_set.reason = reason
    change_set.status = "FAILED"


def describe(place: Place, request: Request) -> Description:
    """Return a change set with a page of its changes."""
    stack, change_set = find(place, request)
    changes, token = page(change_set.changes, request.get("NextToken"))
    with_values = bool(request.get("IncludePropertyValues"))
    return {
        **describe_change_set(stack, change_set),
        "Changes": [_change(each, stack, change_set, with_values) for each in changes],
        "NextToken": token,
    }


def _change(
    entry: Mapping[str, Any], stack: Stack, change_set: ChangeSet, with_values: bool
) -> Description:
    change = dict(entry["ResourceChange"])
    for name in ("BeforeContext", "AfterContext"):
        if name in change and with_values:
            context = json.loads(change[name])
            change[name] = json.dumps(without_secrets(context, stack, change_set.deployment))
        else:
            change.pop(name, None)
    return {**entry, "ResourceChange": change}


def list_all(place: Place, request: Request) -> Description:
    """Return the change sets of a stack."""
    stack = place.stack(request["StackName"], _MISSING_STACK)
    summaries, token = page(
        [summarize_change_set(stack, each) for each in stack.change_sets.values()],
        request.get("NextToken"),
    )
    return {"Summaries": summaries, "NextToken": token}


def delete(place: Place, request: Request) -> Description:
    """Delete a change set; that there is none is not an error."""
    try:
        stack, change_set = find(place, request)
    except ChangeSetNotFoundException:
        return {}
    if change_set.status in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
        raise InvalidChangeSetStatusException(
            f"ChangeSet [{change_set.id}] cannot be deleted in its current status of "
            f"[{change_set.status}]"
        )
    if change_set.execution_status == "EXECUTE_IN_PROGRESS":
        raise InvalidChangeSetStatusException(
            f"ChangeSet [{change_set.id}] cannot be deleted in its current execution status of "
            f"[{change_set.execution_status}]"
        )
    stack.change_sets.pop(change_set.id, None)
    return {}


def execute(place: Place, request: Request) -> Description:
    """Start to create or update the stack as the change set says."""
    stack, change_set = find(place, request)
    if operations.is_repeated(stack, request, "ExecuteChangeSet"):
        return {}
    if change_set.on_stack_failure and request.get("DisableRollback") is not None:
        raise ValidationError(
            "You can specify either OnStackFailure in the change set or DisableRollback, but not "
            "both."
        )
    creates = change_set.type == ChangeSetType.CREATE
    disable_rollback = bool(request.get("DisableRollback"))
    if not creates and change_set.on_stack_failure == "DO_NOTHING":
        disable_rollback = True
    if stack.policy and not creates:
        policies.check_changes(stack.policy, change_set.changes)

    def check() -> None:
        _check_executable(change_set)
        if creates:
            _check_status(stack, request, ChangeSetType.CREATE)
        else:
            operations.check_updatable(stack, disable_rollback=disable_rollback)

    def begin() -> None:
        operations.take_token(stack, request, "ExecuteChangeSet")
        change_set_states.begin_execution(stack, change_set)
        retain = bool(request.get("RetainExceptOnCreate"))
        if creates:
            failure = change_set.on_stack_failure
            stack.on_failure = OnFailure(failure) if failure else None
            stack.disable_rollback, stack.retain_except_on_create = disable_rollback, retain
            stack.updated = now()
            engine.create(stack, change_set.deployment)
        else:
            operations.start_update(
                stack, change_set.deployment, disable_rollback=disable_rollback, retain=retain
            )

    operations.start(stack, check, begin)
    return {}


def _check_executable(change_set: ChangeSet) -> None:
    if change_set.status != "CREATE_COMPLETE":
        raise InvalidChangeSetStatusException(
            f"ChangeSet [{change_set.id}] cannot be executed in its current status of "
            f"[{change_set.status}]"
        )
    if change_set.execution_status != "AVAILABLE":
        raise InvalidChangeSetStatusException(
            f"ChangeSet [{change_set.id}] cannot be executed in its current execution status of "
            f"[{change_set.execution_status}]"
        )


def find(place: Place, request: Request) -> tuple[Stack, ChangeSet]:
    """Return the change set that a request names, and its stack.

    Raises
    ------
    ChangeSetNotFoundException, ValidationError
        If there is no such change set or stack.
    """
    name = request["ChangeSetName"]
    if name.startswith("arn:"):
        for stack in place.stacks():
            if name in stack.change_sets:
                return stack, stack.change_sets[name]
        raise ChangeSetNotFoundException(f"ChangeSet [{name}] does not exist")
    if not request.get("StackName"):
        raise ValidationError(
            "StackName must be specified if ChangeSetName is not specified as an ARN."
        )
    stack = place.stack(request["StackName"], _MISSING_STACK)
    change_set = _named(stack, name)
    if change_set is None:
        raise ChangeSetNotFoundException(f"ChangeSet [{name}] does not exist")
    return stack, change_set


def _named(stack: Stack, name: str) -> ChangeSet | None:
    return next((each for each in list(stack.change_sets.values()) if each.name == name), None)
