"""The stacks of each account and region."""

from collections.abc import Iterator

from localstack.services.stores import AccountRegionBundle, BaseStore, LocalAttribute

from localstack_testbed.cloudformation.errors import ValidationError
from localstack_testbed.cloudformation.model import Output, Stack


class CloudFormationStore(BaseStore):
    """The stacks of one account and region, by id; deleted ones stay for their history."""

    stacks: dict[str, Stack] = LocalAttribute(default=dict)  # type: ignore[assignment]


STORES = AccountRegionBundle("cloudformation", CloudFormationStore)


def stacks(account: str, region: str) -> dict[str, Stack]:
    """Return the stacks of an account and region, by id."""
    found: dict[str, Stack] = STORES[account][region].stacks
    return found


def exports(account: str, region: str) -> Iterator[tuple[Stack, Output]]:
    """Yield what the stacks export, and from which stack."""
    for stack in list(stacks(account, region).values()):
        for output in stack.outputs:
            if output.export is not None and stack.deleted is None:
                yield stack, output


def export_value(account: str, region: str, name: str) -> str:
    """Return the value of an export.

    Raises
    ------
    ValidationError
        ``No export named … found.``
    """
    for _, output in exports(account, region):
        if output.export == name:
            return output.value
    raise ValidationError(f"No export named {name} found.")


def importers(account: str, region: str, name: str) -> list[Stack]:
    """Return the stacks that import an export."""
    return [
        stack
        for stack in list(stacks(account, region).values())
        if name in stack.imports and stack.deleted is None
    ]


def adopt(parent: Stack, child_id: str) -> None:
    """Make a stack one that is nested in another."""
    child = stacks(parent.account, parent.region)[child_id]
    child.parent_id, child.root_id = parent.id, parent.root_id or parent.id
