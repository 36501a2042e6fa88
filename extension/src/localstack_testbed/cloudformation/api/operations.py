"""Operations on stacks: the checks of the API before the engine begins."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from localstack.aws.api.cloudformation import (
    AlreadyExistsException,
    OnFailure,
    StackStatus,
    TokenAlreadyExistsException,
)

from localstack_testbed.cloudformation import store
from localstack_testbed.cloudformation.api import change_set_states, policies
from localstack_testbed.cloudformation.api.constraints import check_stack_name
from localstack_testbed.cloudformation.api.deployments import Request, draft
from localstack_testbed.cloudformation.api.descriptions import Description
from localstack_testbed.cloudformation.api.events import observe
from localstack_testbed.cloudformation.api.places import Place
from localstack_testbed.cloudformation.engine import operations as engine
from localstack_testbed.cloudformation.errors import ValidationError
from localstack_testbed.cloudformation.model import Deployment, Stack

_BEGIN = threading.RLock()
"""Held from the check of a stack's status until the operation has changed it."""

_NO_UPDATES = "No updates are to be performed."
_UPDATABLE = (
    StackStatus.CREATE_COMPLETE,
    StackStatus.UPDATE_COMPLETE,
    StackStatus.UPDATE_ROLLBACK_COMPLETE,
)
PRESERVED = (StackStatus.CREATE_FAILED, StackStatus.UPDATE_FAILED)
"""The statuses of stacks whose failure was not rolled back."""


def create_stack(place: Place, request: Request) -> Description:
    """Validate a template and start to create a stack."""
    name = request["StackName"]
    check_stack_name(name)
    if made := _repeated_creation(place, name, request):
        return {"StackId": made}
    if request.get("OnFailure") and request.get("DisableRollback") is not None:
        raise ValidationError(
            "You can specify either the OnFailure parameter or the DisableRollback parameter, "
            "but not both."
        )
    stack = place.new_stack(name)
    store.adopt(stack)
    stack.policy = policies.policy_text(
        place, request.get("StackPolicyBody"), request.get("StackPolicyURL")
    )
    deployment = draft(place, stack, request).complete()
    engine.preview(stack, deployment)
    on_failure = request.get("OnFailure")
    stack.on_failure = OnFailure(on_failure) if on_failure else None
    stack.disable_rollback = bool(request.get("DisableRollback"))
    stack.retain_except_on_create = bool(request.get("RetainExceptOnCreate"))
    stack.timeout_minutes = request.get("TimeoutInMinutes")
    stack.termination_protection = bool(request.get("EnableTerminationProtection"))
    with _BEGIN:
        if made := _repeated_creation(place, name, request):
            return {"StackId": made}
        place.add(stack)
        observe(stack)
        take_token(stack, request, "CreateStack")
        engine.create(stack, deployment)
    return {"StackId": stack.id}


def _repeated_creation(place: Place, name: str, request: Request) -> str | None:
    """Return the id of a stack that the same request has created before."""
    existing = place.find(name)
    if existing is None:
        return None
    token = request.get("ClientRequestToken")
    if token and existing.tokens.get(token) == "CreateStack":
        return existing.id
    raise AlreadyExistsException(f"Stack [{name}] already exists")


def update_stack(place: Place, request: Request) -> Description:
    """Validate a template and start to update a stack."""
    stack = place.stack(request["StackName"], "Stack [{}] does not exist")
    if is_repeated(stack, request, "UpdateStack"):
        return {"StackId": stack.id}
    disable_rollback = bool(request.get("DisableRollback"))
    check_updatable(stack, disable_rollback=disable_rollback)
    current = stack.deployment
    policy = policies.policy_text(
        place, request.get("StackPolicyBody"), request.get("StackPolicyURL")
    )
    during = policies.policy_text(
        place,
        request.get("StackPolicyDuringUpdateBody"),
        request.get("StackPolicyDuringUpdateURL"),
    )
    deployment = draft(place, stack, request).complete()
    preview = engine.preview(stack, deployment)
    changed = not preview.is_empty or differs(stack, deployment)
    if not changed and stack.status not in PRESERVED:
        raise ValidationError(_NO_UPDATES)
    if effective := during or stack.policy:
        policies.check_changes(effective, preview.changes)
    retain = bool(request.get("RetainExceptOnCreate"))

    def begin() -> None:
        stack.policy = policy or stack.policy
        take_token(stack, request, "UpdateStack")
        change_set_states.make_obsolete(stack)
        start_update(stack, deployment, disable_rollback=disable_rollback, retain=retain)

    def check() -> None:
        check_updatable(stack, disable_rollback=disable_rollback)
        check_current(stack, current)

    start(stack, check, begin)
    return {"StackId": stack.id}


def check_current(stack: Stack, deployment: Deployment | None) -> None:
    """Check that a stack still has the deployment that a request was compared with.

    Raises
    ------
    ValidationError
        If another operation has begun and ended meanwhile.
    """
    if stack.deployment is not deployment:
        raise ValidationError(
            f"Stack:{stack.id} has been updated by another request meanwhile. Try again."
        )


def differs(stack: Stack, deployment: Deployment) -> bool:
    """Return whether something changes about a stack that is not in its resources or outputs."""
    current = stack.deployment
    return current is None or (
        dict(current.tags) != dict(deployment.tags)
        or current.notification_arns != deployment.notification_arns
        or current.role_arn != deployment.role_arn
    )


def check_updatable(stack: Stack, *, disable_rollback: bool) -> None:
    """Check that a stack's status allows an update.

    Raises
    ------
    ValidationError
        If an operation runs, or the stack can only be deleted.
    """
    if stack.status in _UPDATABLE:
        return
    if stack.status in PRESERVED:
        if disable_rollback:
            return
        raise ValidationError(
            f"This stack is currently in a non-terminal [{stack.status}] state. To update the "
            "stack from this state, please use the disable-rollback parameter with update-stack "
            "API. To rollback to the last known good state, use the rollback-stack API"
        )
    raise ValidationError(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")


def start(stack: Stack, check: Callable[[], None], begin: Callable[[], None]) -> None:
    """Begin an operation if the stack's status still allows it.

    Raises
    ------
    ValidationError
        If another operation has begun meanwhile.
    """
    with _BEGIN, stack.changed:
        check()
        begin()


def start_update(
    stack: Stack, deployment: Deployment, *, disable_rollback: bool, retain: bool
) -> None:
    """Have the engine update a stack."""
    stack.disable_rollback, stack.retain_except_on_create = disable_rollback, retain
    engine.update(stack, deployment)


def delete_stack(place: Place, request: Request) -> Description:
    """Start to delete a stack; that there is none is not an error."""
    stack = place.find(request["StackName"])
    if stack is None or stack.deleted or stack.status == StackStatus.DELETE_IN_PROGRESS:
        return {}
    if is_repeated(stack, request, "DeleteStack"):
        return {}
    if _is_protected(place, stack, request):
        raise ValidationError(
            f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
        )
    retain = request.get("RetainResources") or ()
    force = request.get("DeletionMode") == "FORCE_DELETE_STACK"

    def check() -> None:
        if (retain or force) and stack.status != StackStatus.DELETE_FAILED:
            what = "force its deletion" if force else "specify which resources to retain"
            raise ValidationError(
                f"Invalid operation on stack [{stack.id}]. When you delete a stack, {what} only "
                "when the stack is in the DELETE_FAILED state."
            )
        unknown = [name for name in retain if name not in stack.resources]
        if unknown:
            raise ValidationError(
                f"Resources [{', '.join(unknown)}] do not exist in stack [{stack.name}]"
            )
        if stack.in_progress and stack.status != StackStatus.CREATE_IN_PROGRESS:
            raise ValidationError(
                f"Stack [{stack.id}] cannot be deleted while in status {stack.status}"
            )

    def begin() -> None:
        take_token(stack, request, "DeleteStack")
        _take_role(stack, request)
        engine.delete(stack, retain=retain, force=force)

    start(stack, check, begin)
    return {}


def _is_protected(place: Place, stack: Stack, request: Request) -> bool:
    """Return whether the termination protection of a stack, or of its root stack, applies.

    The parent stack may delete a nested one:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html
    """
    if stack.parent_id is None:
        return stack.termination_protection
    token = request.get("ClientRequestToken")
    if token and token == stack.parent_token:
        return False
    root = place.find(stack.root_id or stack.parent_id)
    return root is not None and root.termination_protection


def cancel_update(place: Place, request: Request) -> Description:
    """Have a running update rolled back."""
    stack = place.stack(request["StackName"], "Stack [{}] does not exist")
    if is_repeated(stack, request, "CancelUpdateStack"):
        return {}

    if not engine.cancel_update(stack):
        raise ValidationError("CancelUpdateStack cannot be called from current stack status")
    take_token(stack, request, "CancelUpdateStack")
    return {}


def continue_rollback(place: Place, request: Request) -> Description:
    """Start again to roll back an update whose rollback failed."""
    stack = place.stack(request["StackName"], "Stack [{}] does not exist")
    if is_repeated(stack, request, "ContinueUpdateRollback"):
        return {}
    skip = request.get("ResourcesToSkip") or ()

    def check() -> None:
        if stack.status != StackStatus.UPDATE_ROLLBACK_FAILED:
            raise ValidationError(
                f"Stack:{stack.id} is in {stack.status} state and can not continue update "
                "rollback: only a stack in UPDATE_ROLLBACK_FAILED state can."
            )
        for name in skip:
            resource = stack.resources.get(name)
            if "." in name:
                raise ValidationError(
                    f"Resource {name} of a nested stack cannot be skipped in this testbed: "
                    "continue the rollback of the nested stack itself"
                )
            if resource is None or resource.status != "UPDATE_FAILED":
                raise ValidationError(
                    f"[{name}] is not in UPDATE_FAILED state, and can not be skipped."
                )

    def begin() -> None:
        take_token(stack, request, "ContinueUpdateRollback")
        _take_role(stack, request)
        engine.continue_rollback(stack, skip=skip)

    start(stack, check, begin)
    return {}


def roll_back(place: Place, request: Request) -> Description:
    """Start to roll back a stack whose creation or update failed with rollback disabled."""
    stack = place.stack(request["StackName"], "Stack [{}] does not exist")
    if is_repeated(stack, request, "RollbackStack"):
        return {"StackId": stack.id}

    def check() -> None:
        if stack.status not in PRESERVED:
            raise ValidationError(
                f"Stack:{stack.id} is in {stack.status} state and can not be rolled back."
            )

    def begin() -> None:
        stack.retain_except_on_create = bool(request.get("RetainExceptOnCreate"))
        take_token(stack, request, "RollbackStack")
        _take_role(stack, request)
        engine.roll_back(stack)

    start(stack, check, begin)
    return {"StackId": stack.id}


def update_termination_protection(place: Place, request: Request) -> Description:
    """Set whether a stack can be deleted."""
    stack = place.stack(request["StackName"], "Stack [{}] does not exist")
    if stack.deleted or stack.status == StackStatus.DELETE_IN_PROGRESS:
        raise ValidationError(
            f"Stack [{stack.name}] is in {stack.status} state: its termination protection can "
            "not be updated."
        )
    if stack.parent_id:
        raise ValidationError(
            "TerminationProtection of a nested stack cannot be updated: update its root stack "
            f"{stack.root_id}"
        )
    stack.termination_protection = bool(request["EnableTerminationProtection"])
    return {"StackId": stack.id}


def set_stack_policy(place: Place, request: Request) -> Description:
    """Set a stack's policy."""
    stack = place.stack(request["StackName"])
    policy = policies.policy_text(
        place, request.get("StackPolicyBody"), request.get("StackPolicyURL")
    )
    if policy is None:
        raise ValidationError("Either StackPolicyBody or StackPolicyURL must be specified.")
    stack.policy = policy
    return {}


def get_stack_policy(place: Place, request: Request) -> Description:
    """Return a stack's policy, if it has one."""
    stack = place.stack(request["StackName"])
    return {"StackPolicyBody": stack.policy} if stack.policy else {}


def is_repeated(stack: Stack, request: Request, operation: str) -> bool:
    """Return whether an operation was requested before with the same token.

    Raises
    ------
    TokenAlreadyExistsException
        If the token was used for another operation.
    """
    token = request.get("ClientRequestToken")
    before = stack.tokens.get(token) if token else None
    if before not in (None, operation):
        raise TokenAlreadyExistsException(
            f"Token {token} was already used for {before} on stack [{stack.name}]"
        )
    return before is not None


def take_token(stack: Stack, request: Request, operation: str) -> None:
    """Remember the token of an operation that begins."""
    token: Any = request.get("ClientRequestToken")
    stack.token = token
    if token:
        stack.tokens[token] = operation


def _take_role(stack: Stack, request: Request) -> None:
    """Remember the role of an operation that has no deployment of its own."""
    role = request.get("RoleARN")
    if role and stack.deployment:
        stack.deployment = replace(stack.deployment, role_arn=role)
