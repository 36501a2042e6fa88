"""Deletes resources of a stack, in the reverse of the order in which they were created."""

from collections.abc import Collection, Iterable, Sequence
from graphlib import CycleError, TopologicalSorter

from localstack.aws.api.cloudformation import ResourceStatus

from localstack_testbed.cloudformation.engine import graph, resource_operations
from localstack_testbed.cloudformation.model import Resource, Stack

GONE = (ResourceStatus.DELETE_COMPLETE, ResourceStatus.DELETE_SKIPPED)


def remove(
    stack: Stack,
    resources: Collection[Resource],
    *,
    retain: Collection[str] = (),
    creating: bool = False,
) -> list[str]:
    """Delete resources, those that nothing depends on first; return those that failed.

    Parameters
    ----------
    retain
        Logical ids of resources to leave alone, whatever their policy says.
    creating
        Whether the operation that created the resources is being rolled back:
        ``RetainExceptOnCreate`` then is no reason to keep them.
    """
    remaining = [resource for resource in resources if resource.status not in GONE]

    def delete(number: int) -> None:
        resource = remaining[number]
        keep = resource.logical_id in retain or _keeps(stack, resource, creating=creating)
        resource_operations.delete(stack, resource, keep=keep)

    failures = graph.run(graph.reverse(_created_after(remaining)), delete)
    return [remaining[number].logical_id for number in failures]


def _created_after(resources: Sequence[Resource]) -> dict[int, set[int]]:
    """Return the numbers of the resources that each one depends on.

    There may be several with the same logical id, of different attempts, whose templates may have
    had opposite dependencies: then there is no right order.
    """
    by_name: dict[str, list[int]] = {}
    for number, resource in enumerate(resources):
        by_name.setdefault(resource.logical_id, []).append(number)
    needed = {
        number: {other for name in resource.depends_on for other in by_name.get(name, ())}
        for number, resource in enumerate(resources)
    }
    try:
        TopologicalSorter(needed).prepare()
    except CycleError:
        return {number: set() for number in needed}
    return needed


def clean_up(stack: Stack, *, creating: bool = False) -> None:
    """Delete what is left over after an update; what cannot be deleted is only recorded.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks.html
    """
    # A custom resource may have returned to a physical id that it had before.
    current = {(resource.instance, resource.physical_id) for resource in stack.resources.values()}
    leftovers = [
        each for each in stack.leftovers if (each.instance, each.physical_id) not in current
    ]
    stack.leftovers = []
    remove(stack, leftovers, creating=creating)


def message(failed: Iterable[str]) -> str:
    """Return the status reason of a stack of which these resources could not be deleted."""
    return f"The following resource(s) failed to delete: [{', '.join(failed)}]. "


def _keeps(stack: Stack, resource: Resource, *, creating: bool) -> bool:
    # A resource of the stack is deleted by its DeletionPolicy; one that was replaced, by its
    # UpdateReplacePolicy.
    current = stack.resources.get(resource.logical_id)
    replaced = current is not None and current is not resource and not creating
    policy = resource.update_replace_policy if replaced else resource.deletion_policy
    if creating and stack.retain_except_on_create and policy == "Retain":
        policy = "RetainExceptOnCreate"
    if policy == "RetainExceptOnCreate":
        return not creating
    return policy == "Retain"
