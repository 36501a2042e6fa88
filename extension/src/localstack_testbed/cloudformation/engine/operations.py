"""What can be done to a stack. Each operation runs in a thread of its own."""

from collections.abc import Collection
from typing import Any

from localstack_testbed.cloudformation.model import Deployment, Stack


def create(stack: Stack, deployment: Deployment) -> None:
    """Start to create a stack, by its ``on_failure`` and ``disable_rollback``."""
    raise NotImplementedError


def update(stack: Stack, deployment: Deployment) -> None:
    """Start to update a stack, by its ``disable_rollback``.

    The caller has made sure that there is something to update.
    """
    raise NotImplementedError


def cancel_update(stack: Stack) -> None:
    """Have a running update rolled back."""
    raise NotImplementedError


def delete(stack: Stack, *, retain: Collection[str] = (), force: bool = False) -> None:
    """Start to delete a stack, but for the resources with the logical ids in ``retain``."""
    raise NotImplementedError


def roll_back(stack: Stack) -> None:
    """Start to roll back a stack that is CREATE_FAILED or UPDATE_FAILED (RollbackStack)."""
    raise NotImplementedError


def continue_rollback(stack: Stack, *, skip: Collection[str] = ()) -> None:
    """Start again to roll back a stack that is UPDATE_ROLLBACK_FAILED."""
    raise NotImplementedError


def preview(stack: Stack, deployment: Deployment) -> list[dict[str, Any]]:
    """Return the entries of a change set's ``Changes``; none if nothing would change.

    Raises
    ------
    ValidationError
        If a value in the template cannot be determined, an import is missing, an export has
        another stack's name, …
    """
    raise NotImplementedError
