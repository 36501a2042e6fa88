"""Returns a stack to what it was before an update."""

from localstack.aws.api.cloudformation import ResourceStatus

from localstack_testbed.cloudformation.engine import graph, resource_operations
from localstack_testbed.cloudformation.engine.application import COMPLETE
from localstack_testbed.cloudformation.engine.changes import is_deleted_first
from localstack_testbed.cloudformation.model import STACK_TYPE, Resource, Stack
from localstack_testbed.cloudformation.resources.registry import is_custom


def restore(stack: Stack, skip: frozenset[str] = frozenset()) -> list[str]:
    """Bring the stack's resources back to what they were; return those that could not be.

    New resources become leftovers; those that were updated are updated back; those that were
    replaced are still there, and take their place again.

    Parameters
    ----------
    skip
        Logical ids of resources that are taken to be restored already (ResourcesToSkip).
    """
    for name, resource in list(stack.resources.items()):
        if name not in stack.before:
            stack.leftovers.append(stack.resources.pop(name))
        elif is_deleted_first(resource.type) or is_custom(resource.type):
            continue
        elif resource.instance is not stack.before[name].instance:
            stack.leftovers.append(resource)
            restored = stack.before[name].copy()
            stack.resources[name] = restored
            stack.set_resource_status(restored, ResourceStatus.UPDATE_COMPLETE)
    # What the update had replaced or removed is needed again.
    kept = {(resource.instance, resource.physical_id) for resource in stack.before.values()}
    stack.leftovers = [
        each for each in stack.leftovers if (each.instance, each.physical_id) not in kept
    ]

    def restore_one(name: str) -> None:
        before = stack.before[name]
        resource = stack.resources.setdefault(name, before.copy())
        if name in skip:
            stack.resources[name] = before.copy()
            stack.set_resource_status(stack.resources[name], ResourceStatus.UPDATE_COMPLETE)
        elif is_deleted_first(resource.type) and (
            resource.instance is not before.instance or resource.incomplete
        ):
            resource_operations.delete(stack, resource, keep=False)
            stack.resources[name] = Resource(name, before.type, before.status, incomplete=True)
            resource_operations.create(
                stack,
                stack.resources[name],
                before.properties,
                replaces=resource.physical_id,
            )
            # If something else fails, this one is not to be created again.
            stack.before[name].instance = stack.resources[name].instance
        elif _differs(resource, before):
            former = resource.copy()
            resource_operations.update(stack, resource, before.properties, rolling_back=True)
            # A custom resource may have got other physical ids by the update and the rollback.
            stack.leftovers.extend(
                other.copy()
                for other in (former, before)
                if other.physical_id != resource.physical_id
            )
        resource = stack.resources[name]
        if resource.status not in COMPLETE:
            stack.set_resource_status(resource, ResourceStatus.UPDATE_COMPLETE)
        resource.depends_on = before.depends_on
        resource.metadata = before.metadata
        resource.deletion_policy = before.deletion_policy
        resource.update_replace_policy = before.update_replace_policy

    dependencies = {name: before.depends_on for name, before in stack.before.items()}
    return list(graph.run(dependencies, restore_one))


def _differs(resource: Resource, before: Resource) -> bool:
    return (
        resource.attempted is not None
        or resource.properties != before.properties
        or resource.physical_id != before.physical_id
        or resource.type == STACK_TYPE
    )
