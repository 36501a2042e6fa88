"""The operations on stacks. Each runs in its own thread.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html lists the
statuses of stacks, and what follows on what.
"""

import logging
import threading
from collections.abc import Callable, Collection

from localstack.aws.api.cloudformation import OnFailure, StackStatus

from localstack_testbed.cloudformation import store
from localstack_testbed.cloudformation.engine import (
    outputs,
    removal,
    resource_operations,
    rollback,
)
from localstack_testbed.cloudformation.engine.application import Application, StackFailedError
from localstack_testbed.cloudformation.engine.preview import Preview, preview
from localstack_testbed.cloudformation.model import STACK_TYPE, Deployment, Stack, now, secret_texts

__all__ = [
    "Preview",
    "cancel_update",
    "continue_rollback",
    "create",
    "delete",
    "preview",
    "roll_back",
    "update",
]

LOG = logging.getLogger(__name__)


def create(stack: Stack, deployment: Deployment) -> None:
    """Start to create a stack, by its ``on_failure`` and ``disable_rollback``."""
    _begin(stack, deployment)
    stack.set_status(StackStatus.CREATE_IN_PROGRESS, "User Initiated")
    _start(stack, lambda: _create(stack, deployment))


def update(stack: Stack, deployment: Deployment) -> None:
    """Start to update a stack, by its ``disable_rollback``.

    The caller has made sure that there is something to update.
    """
    # After a failed update that was not rolled back, the state before it stays the one to return
    # to.
    if stack.status not in (StackStatus.UPDATE_FAILED, StackStatus.CREATE_FAILED):
        stack.before = {name: resource.copy() for name, resource in stack.resources.items()}
        stack.previous = stack.deployment
    _begin(stack, deployment)
    stack.updated = now()
    stack.cancelled.clear()
    stack.parent_decides = stack.token is not None and stack.token == stack.parent_token
    stack.verdict = None
    stack.set_status(StackStatus.UPDATE_IN_PROGRESS, "User Initiated")
    _start(stack, lambda: _update(stack, deployment))


def _begin(stack: Stack, deployment: Deployment) -> None:
    stack.deployment = deployment
    for parameter in deployment.parameters.values():
        if parameter.no_echo:
            stack.secrets.update(secret_texts(parameter))


def cancel_update(stack: Stack) -> bool:
    """Have a running update rolled back; return whether that is still possible."""
    with stack.changed:
        if stack.status != StackStatus.UPDATE_IN_PROGRESS:
            return False
        stack.cancelled.set()
    return True


def delete(stack: Stack, *, retain: Collection[str] = (), force: bool = False) -> None:
    """Start to delete a stack, but for the resources with the logical ids in ``retain``.

    If it is being created, that operation ends as soon as possible, and deletes the stack.
    """
    with stack.changed:
        before = stack.status
        if before == StackStatus.CREATE_IN_PROGRESS:
            stack.cancelled.set()
        stack.set_status(StackStatus.DELETE_IN_PROGRESS, "User Initiated")
    if before != StackStatus.CREATE_IN_PROGRESS:
        _start(stack, lambda: _delete_unless_used(stack, before, frozenset(retain), force=force))


def roll_back(stack: Stack) -> None:
    """Start to roll back a stack that is CREATE_FAILED or UPDATE_FAILED (RollbackStack)."""
    if stack.previous is None:
        # It was never complete: there is nothing to return to.
        stack.set_status(StackStatus.ROLLBACK_IN_PROGRESS, "User Initiated")
        _start(stack, lambda: _roll_back_creation(stack))
    else:
        stack.set_status(StackStatus.UPDATE_ROLLBACK_IN_PROGRESS, "User Initiated")
        _start(stack, lambda: _roll_back_update(stack))


def continue_rollback(stack: Stack, *, skip: Collection[str] = ()) -> None:
    """Start again to roll back a stack that is UPDATE_ROLLBACK_FAILED."""
    stack.set_status(StackStatus.UPDATE_ROLLBACK_IN_PROGRESS, "User Initiated")
    _start(stack, lambda: _roll_back_update(stack, frozenset(skip)))


def _start(stack: Stack, run: Callable[[], None]) -> None:
    def guarded() -> None:
        try:
            run()
        except Exception as error:
            LOG.exception("The operation on the stack %s failed unexpectedly", stack.name)
            with stack.changed:
                if stack.in_progress:
                    known = _AFTER_INTERNAL_FAILURE[stack.status]
                    stack.set_status(known, f"Internal failure: {error}")

    threading.Thread(target=guarded, name=f"stack-{stack.name}", daemon=True).start()


_AFTER_INTERNAL_FAILURE = {
    StackStatus.CREATE_IN_PROGRESS: StackStatus.CREATE_FAILED,
    StackStatus.DELETE_IN_PROGRESS: StackStatus.DELETE_FAILED,
    StackStatus.ROLLBACK_IN_PROGRESS: StackStatus.ROLLBACK_FAILED,
    StackStatus.UPDATE_IN_PROGRESS: StackStatus.UPDATE_FAILED,
    StackStatus.UPDATE_COMPLETE_CLEANUP_IN_PROGRESS: StackStatus.UPDATE_COMPLETE,
    StackStatus.UPDATE_ROLLBACK_IN_PROGRESS: StackStatus.UPDATE_ROLLBACK_FAILED,
    StackStatus.UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: StackStatus.UPDATE_ROLLBACK_COMPLETE,
}


def _create(stack: Stack, deployment: Deployment) -> None:
    try:
        Application(stack, deployment).create()
        return
    except StackFailedError as error:
        after = _after_failed_creation(stack, str(error))
    if after == StackStatus.DELETE_IN_PROGRESS:
        _delete(stack, frozenset(), creating=True)
    elif after == StackStatus.ROLLBACK_IN_PROGRESS:
        _roll_back_creation(stack)


def _after_failed_creation(stack: Stack, message: str) -> StackStatus:
    with stack.changed:
        if stack.status == StackStatus.DELETE_IN_PROGRESS:
            pass  # It was deleted meanwhile.
        elif stack.disable_rollback or stack.on_failure == OnFailure.DO_NOTHING:
            stack.set_status(StackStatus.CREATE_FAILED, message)
        elif stack.on_failure == OnFailure.DELETE:
            requested = f"{message}Delete requested by user."
            stack.set_status(StackStatus.DELETE_IN_PROGRESS, requested)
        else:
            requested = f"{message}Rollback requested by user."
            stack.set_status(StackStatus.ROLLBACK_IN_PROGRESS, requested)
        return stack.status


def _roll_back_creation(stack: Stack) -> None:
    remaining = [*stack.resources.values(), *stack.leftovers]
    failed = removal.remove(stack, remaining, creating=True)
    stack.importing = set()
    if failed:
        stack.set_status(StackStatus.ROLLBACK_FAILED, removal.message(failed))
    else:
        stack.set_status(StackStatus.ROLLBACK_COMPLETE)


def _update(stack: Stack, deployment: Deployment) -> None:
    try:
        Application(stack, deployment).update()
    except StackFailedError as error:
        if _keeps_failed_update(stack, str(error)):
            return
    else:
        verdict = _verdict(stack)
        if verdict == "stay":
            return
        if verdict == "complete":
            _complete_update(stack)
            return
    if stack.previous is None:
        _roll_back_creation(stack)
    else:
        _roll_back_update(stack)


def _keeps_failed_update(stack: Stack, message: str) -> bool:
    """Set the status after a failed update; return whether it is not rolled back."""
    with stack.changed:
        if stack.disable_rollback and not stack.cancelled.is_set():
            stack.set_status(StackStatus.UPDATE_FAILED, message)
            return True
        # A stack that was never complete has nothing to return to.
        status = (
            StackStatus.UPDATE_ROLLBACK_IN_PROGRESS
            if stack.previous
            else StackStatus.ROLLBACK_IN_PROGRESS
        )
        stack.set_status(status, message or None)
        return False


def _verdict(stack: Stack) -> str:
    """Return what to do after an update that has succeeded; a parent stack may yet fail."""
    with stack.changed:
        if not stack.parent_decides:
            return "complete"
        stack.changed.wait_for(lambda: stack.verdict is not None)
        verdict = stack.verdict or "complete"
        if verdict == "stay":
            stack.set_status(StackStatus.UPDATE_FAILED, _PARENT_FAILED)
        elif verdict == "roll back":
            stack.set_status(StackStatus.UPDATE_ROLLBACK_IN_PROGRESS, _PARENT_FAILED)
        return verdict


_PARENT_FAILED = "The update of the parent stack failed"


def _complete_update(stack: Stack) -> None:
    for resource in list(stack.resources.values()):
        if resource.type == STACK_TYPE:
            try:
                resource_operations.complete(stack, resource)
            except Exception:
                LOG.exception("The update of %s could not be completed", resource.physical_id)
    removal.clean_up(stack)
    stack.before, stack.previous, stack.former_outputs = {}, None, None
    stack.set_status(StackStatus.UPDATE_COMPLETE)


def _roll_back_update(stack: Stack, skip: frozenset[str] = frozenset()) -> None:
    failed = rollback.restore(stack, skip)
    if failed:
        names = ", ".join(failed)
        stack.set_status(
            StackStatus.UPDATE_ROLLBACK_FAILED,
            f"The following resource(s) failed to update: [{names}]. ",
        )
        return
    stack.set_status(StackStatus.UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS)
    removal.clean_up(stack, creating=True)
    stack.deployment = stack.previous or stack.deployment
    if stack.former_outputs is not None:
        stack.outputs, stack.imports = stack.former_outputs
    stack.importing = set()
    stack.before, stack.previous, stack.former_outputs = {}, None, None
    stack.set_status(StackStatus.UPDATE_ROLLBACK_COMPLETE)


def _delete_unless_used(
    stack: Stack, before: StackStatus, retain: frozenset[str], *, force: bool
) -> None:
    """Delete a stack, or return to the status that it had if one of its exports is in use.

    AWS does so: https://github.com/aws/aws-sdk-java/issues/1712
    """
    # An import that begins now does not find the export; one that has begun is counted.
    with store.EXPORTS:
        used = _export_in_use(stack)
    if used:
        stack.set_status(before, used)
    else:
        _delete(stack, retain, force=force)


def _delete(
    stack: Stack, retain: frozenset[str], *, force: bool = False, creating: bool = False
) -> None:
    remaining = [*stack.resources.values(), *stack.leftovers]
    failed = removal.remove(stack, remaining, retain=retain, creating=creating)
    while failed and force:
        # What those depend on has not been deleted yet.
        retain |= frozenset(failed)
        failed = removal.remove(stack, remaining, retain=retain, creating=creating)
    if failed:
        stack.set_status(StackStatus.DELETE_FAILED, removal.message(failed))
        return
    _forget(stack)
    with stack.changed:
        stack.deleted = now()
        stack.set_status(StackStatus.DELETE_COMPLETE)
    store.drop_oldest(stack.account, stack.region)


def _export_in_use(stack: Stack) -> str | None:
    for output in stack.outputs:
        users = store.importers(stack.account, stack.region, output.export) if output.export else []
        if others := [user for user in users if user is not stack]:
            return outputs.in_use(output, others, "deleted")
    return None


def _forget(stack: Stack) -> None:
    """Drop what a deleted stack has no use for; the rest is its history."""
    stack.outputs, stack.imports, stack.importing = [], set(), set()
    stack.before, stack.previous, stack.former_outputs = {}, None, None
    stack.leftovers = []
    stack.change_sets = {
        name: each for name, each in stack.change_sets.items() if name == stack.change_set_id
    }
