"""The stacks of each account and region."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from localstack.aws.api.cloudformation import StackStatus
from localstack.services.stores import AccountRegionBundle, BaseStore, LocalAttribute

from localstack_testbed.cloudformation.errors import ValidationError
from localstack_testbed.cloudformation.model import Output, Stack


class CloudFormationStore(BaseStore):
    """The stacks of one account and region, by id; deleted ones stay for their history."""

    stacks: dict[str, Stack] = LocalAttribute(default=dict)  # type: ignore[assignment]


EXPORTS = threading.RLock()
"""Held while exports or imports are checked and changed."""

_KEPT = 500
"""Deleted stacks of an account and region; AWS keeps them for 90 days."""

STORES = AccountRegionBundle("cloudformation", CloudFormationStore)


def stacks(account: str, region: str) -> dict[str, Stack]:
    """Return the stacks of an account and region, by id."""
    found: dict[str, Stack] = STORES[account][region].stacks
    return found


_PARENTS: dict[str, Stack] = {}


@contextmanager
def child_of(parent: Stack, name: str) -> Iterator[None]:
    """Have the stack with this name, which is created meanwhile, become a nested one."""
    _PARENTS[name] = parent
    try:
        yield
    finally:
        _PARENTS.pop(name, None)


def adopt(stack: Stack) -> None:
    """Make a new stack a nested one, if its parent has requested it."""
    parent = _PARENTS.get(stack.name)
    if parent and (parent.account, parent.region) == (stack.account, stack.region):
        stack.parent_id, stack.root_id = parent.id, parent.root_id or parent.id


def drop_oldest(account: str, region: str) -> None:
    """Forget the stacks that were deleted first, if there are too many."""
    known = stacks(account, region)
    deleted = [stack for stack in list(known.values()) if stack.deleted]
    deleted.sort(key=lambda stack: stack.deleted or stack.created)
    for stack in deleted[:-_KEPT]:
        known.pop(stack.id, None)


def exports(account: str, region: str) -> Iterator[tuple[Stack, Output]]:
    """Yield what the stacks export, and from which stack."""
    for stack in list(stacks(account, region).values()):
        for output in stack.outputs:
            if output.export is not None and stack.deleted is None:
                yield stack, output


def import_value(importer: Stack, name: str) -> str:
    """Return the value of an export, and record that the stack imports it.

    Raises
    ------
    ValidationError
        If there is no such export, or its stack is being deleted.
    """
    with EXPORTS:
        value = export_value(importer.account, importer.region, name)
        importer.importing.add(name)
    return value


def export_value(account: str, region: str, name: str) -> str:
    """Return the value of an export.

    Raises
    ------
    ValidationError
        ``No export named … found.``
    """
    for stack, output in exports(account, region):
        if output.export == name and stack.status != StackStatus.DELETE_IN_PROGRESS:
            return output.value
    raise ValidationError(f"No export named {name} found.")


def importers(account: str, region: str, name: str) -> list[Stack]:
    """Return the stacks that import an export."""
    return [
        stack
        for stack in list(stacks(account, region).values())
        if (name in stack.imports or name in stack.importing) and stack.deleted is None
    ]
