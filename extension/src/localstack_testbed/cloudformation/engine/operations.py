"""What can be done to a stack. Each operation runs in a thread of its own.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html lists the
statuses of stacks, and what follows on what.
"""

import logging
import threading
from collections.abc import Callable, Collection

from localstack.aws.api.cloudformation import OnFailure, StackStatus

from localstack_testbed.cloudformation import store
from localstack_testbed.cloudformation.engine import removal, rollback
from localstack_testbed.cloudformation.engine.application import Application, StackFailedError
from localstack_testbed.cloudformation.engine.preview import Preview, preview
from localstack_testbed.cloudformation.model import Deployment, Stack, now

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
    stack.deployment = deployment
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
    stack.deployment = deployment
    stack.updated = now()
    stack.cancelled.clear()
    stack.set_status(StackStatus.UPDATE_IN_PROGRESS, "User Initiated")
    _start(stack, lambda: _update(stack, deployment))


def cancel_update(stack: Stack) -> None:
    """Have a running update rolled back."""
    stack.cancelled.set()


def delete(stack: Stack, *, retain: Collection[str] = (), force: bool = False) -> None:
    """Start to delete a stack, but for the resources with the logical ids in ``retain``."""
    stack.set_status(StackStatus.DELETE_IN_PROGRESS, "User Initiated")
    _start(stack, lambda: _delete(stack, frozenset(retain), force=force))


def roll_back(stack: Stack) -> None:
    """Start to roll back a stack that is CREATE_FAILED or UPDATE_FAILED (RollbackStack)."""
    if stack.status == StackStatus.CREATE_FAILED:
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
            failed = stack.status.replace("_IN_PROGRESS", "_FAILED")
            known = failed if failed in set(StackStatus) else StackStatus.UPDATE_ROLLBACK_FAILED
            stack.set_status(StackStatus(known), f"Internal failure: {error}")

    threading.Thread(target=guarded, name=f"stack-{stack.name}", daemon=True).start()


def _create(stack: Stack, deployment: Deployment) -> None:
    try:
        Application(stack, deployment).create()
    except StackFailedError as error:
        if stack.disable_rollback or stack.on_failure == OnFailure.DO_NOTHING:
            stack.set_status(StackStatus.CREATE_FAILED, str(error))
        elif stack.on_failure == OnFailure.DELETE:
            requested = f"{error}Delete requested by user."
            stack.set_status(StackStatus.DELETE_IN_PROGRESS, requested)
            _delete(stack, frozenset(), creating=True)
        else:
            requested = f"{error}Rollback requested by user."
            stack.set_status(StackStatus.ROLLBACK_IN_PROGRESS, requested)
            _roll_back_creation(stack)
    else:
        stack.set_status(StackStatus.CREATE_COMPLETE)


def _roll_back_creation(stack: Stack) -> None:
    failed = removal.remove(stack, list(stack.resources.values()), creating=True)
    if failed:
        stack.set_status(StackStatus.ROLLBACK_FAILED, removal.message(failed))
    else:
        stack.set_status(StackStatus.ROLLBACK_COMPLETE)


def _update(stack: Stack, deployment: Deployment) -> None:
    try:
        Application(stack, deployment).update()
    except StackFailedError as error:
        if stack.disable_rollback and not stack.cancelled.is_set():
            stack.set_status(StackStatus.UPDATE_FAILED, str(error))
        else:
            stack.set_status(StackStatus.UPDATE_ROLLBACK_IN_PROGRESS, str(error) or None)
            _roll_back_update(stack)
        return
    stack.set_status(StackStatus.UPDATE_COMPLETE_CLEANUP_IN_PROGRESS)
    removal.clean_up(stack)
    stack.before, stack.previous = {}, None
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
    stack.before, stack.previous = {}, None
    stack.set_status(StackStatus.UPDATE_ROLLBACK_COMPLETE)


def _delete(
    stack: Stack, retain: frozenset[str], *, force: bool = False, creating: bool = False
) -> None:
    for output in stack.outputs:
        users = store.importers(stack.account, stack.region, output.export) if output.export else []
        if users:
            names = " and ".join(user.name for user in users)
            stack.set_status(
                StackStatus.DELETE_FAILED,
                f"Export {output.export} cannot be deleted as it is in use by {names}",
            )
            return
    remaining = [*stack.resources.values(), *stack.leftovers]
    failed = removal.remove(stack, remaining, retain=retain, creating=creating)
    if failed and not force:
        stack.set_status(StackStatus.DELETE_FAILED, removal.message(failed))
        return
    stack.outputs, stack.imports = [], set()
    stack.deleted = now()
    stack.set_status(StackStatus.DELETE_COMPLETE)
