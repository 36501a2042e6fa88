"""Creates, updates, replaces and deletes single resources of a stack, and records what happens."""

import uuid
from collections.abc import Callable

from botocore.exceptions import ClientError  # type: ignore[import-untyped]
from localstack.aws.api.cloudformation import ResourceStatus

from localstack_testbed.cloudformation.engine.reasons import (
    CREATION_CANCELLED,
    UPDATE_CANCELLED,
    already_exists,
    reason,
)
from localstack_testbed.cloudformation.model import Properties, Resource, Stack
from localstack_testbed.cloudformation.resources.model import (
    CancelledError,
    Context,
    ResourceError,
    ResourceType,
    is_missing,
)
from localstack_testbed.cloudformation.resources.registry import resource_type
from localstack_testbed.hooks import settings

REPLACES = "Requested update requires the creation of a new physical resource; hence creating one."
NOT_IMPORTED = (
    "AWS would import the existing resource (ImportExistingResources); this testbed cannot: delete "
    "the resource, and deploy again."
)
_SKIPPED = "Skipped: this testbed does not have the type {}"
_IGNORED = "Ignored: {}"


def unsupported(type_name: str, properties: Properties) -> str | None:
    """Return a sentence about a property that is not available, unless these are ignored."""
    ignored = settings.SKIP_UNSUPPORTED_RESOURCES.value()
    return None if ignored else _unavailable(type_name, properties)


def left_out(resource: Resource) -> str | None:
    """Return what TESTBED_SKIP_UNSUPPORTED_RESOURCES has left out: the resource or a property."""
    if resource.skipped:
        return _SKIPPED.format(resource.type)
    ignored = settings.SKIP_UNSUPPORTED_RESOURCES.value()
    problem = _unavailable(resource.type, resource.properties) if ignored else None
    return _IGNORED.format(problem) if problem else None


def _unavailable(type_name: str, properties: Properties) -> str | None:
    kind = resource_type(type_name)
    return kind.unsupported(properties) if kind else None


def create(
    stack: Stack,
    resource: Resource,
    properties: Properties,
    *,
    replaces: str | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> None:
    """Create a resource; its physical id is recorded as soon as it is known.

    ``replaces`` is the physical id of the resource that it replaces.

    Raises
    ------
    Exception
        If it failed; its status and events say why.
    """
    kind = resource_type(resource.type)
    begin, complete, failed = (
        (ResourceStatus.UPDATE_IN_PROGRESS, ResourceStatus.UPDATE_COMPLETE, "UPDATE_FAILED")
        if replaces is not None
        else (ResourceStatus.CREATE_IN_PROGRESS, ResourceStatus.CREATE_COMPLETE, "CREATE_FAILED")
    )
    resource.properties = properties
    stack.set_resource_status(
        resource, begin, REPLACES if replaces is not None else None, replaced_id=replaces
    )
    if kind is None:
        _skip(stack, resource)
        stack.set_resource_status(resource, complete, _SKIPPED.format(resource.type))
        return

    def created(physical_id: str) -> None:
        if not resource.physical_id:
            resource.physical_id = physical_id
            stack.set_resource_status(resource, begin, "Resource creation Initiated")

    context = _context(stack, resource, created, cancelled)
    try:
        _check_supported(resource, properties)
        created(kind.create(context, properties))
        resource.attributes = kind.attributes(context, resource.physical_id, properties)
    except Exception as error:
        why = _reason(error, resource, CREATION_CANCELLED)
        if _would_be_imported(stack, resource, error):
            why = f"{why}. {NOT_IMPORTED}"
        stack.set_resource_status(resource, ResourceStatus(failed), why)
        raise
    resource.incomplete = False
    stack.set_resource_status(resource, complete)


def _skip(stack: Stack, resource: Resource) -> None:
    """Give a resource whose type does not exist here an id and an ARN, for references to it."""
    resource.skipped, resource.incomplete = True, False
    resource.physical_id = f"skipped-{stack.name}-{resource.logical_id}"
    service = resource.type.split("::")[1].lower()
    resource.attributes["Arn"] = (
        f"arn:aws:{service}:{stack.region}:{stack.account}:{resource.physical_id}"
    )


def update(
    stack: Stack,
    resource: Resource,
    properties: Properties,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    rolling_back: bool = False,
) -> None:
    """Update a resource in place, or return it to what it was before a failed update.

    A custom resource may have another physical id afterwards.

    Parameters
    ----------
    rolling_back
        Whether this takes back an update of the stack.

    Raises
    ------
    Exception
        If it failed; its status and events say why.
    """
    kind = _existing(resource)
    old = resource.properties if resource.attempted is None else resource.attempted
    resource.attempted = properties
    stack.set_resource_status(resource, ResourceStatus.UPDATE_IN_PROGRESS)
    context = _context(stack, resource, lambda physical_id: None, cancelled)
    try:
        _check_supported(resource, properties)
        change = kind.roll_back if rolling_back else kind.update
        changed_id = change(context, resource.physical_id, old, properties)
        if changed_id is not None:
            resource.physical_id = changed_id
        resource.attributes = kind.attributes(context, resource.physical_id, properties)
    except Exception as error:
        stack.set_resource_status(
            resource,
            ResourceStatus.UPDATE_FAILED,
            _reason(error, resource, UPDATE_CANCELLED),
        )
        raise
    resource.properties, resource.attempted = properties, None
    stack.set_resource_status(resource, ResourceStatus.UPDATE_COMPLETE)


def complete(stack: Stack, resource: Resource) -> None:
    """Have a resource complete its update, now that the stack's update has succeeded."""
    kind = None if resource.skipped else resource_type(resource.type)
    if kind is not None:
        context = _context(stack, resource, lambda physical_id: None, lambda: False)
        kind.complete(context, resource.physical_id)


def delete(stack: Stack, resource: Resource, *, keep: bool) -> None:
    """Delete a resource, or leave it alone; that it is gone already is not an error.

    Raises
    ------
    Exception
        If it failed; its status and events say why.
    """
    if keep:
        stack.set_resource_status(resource, ResourceStatus.DELETE_SKIPPED)
        return
    stack.set_resource_status(resource, ResourceStatus.DELETE_IN_PROGRESS)
    if resource.physical_id and not resource.skipped:
        context = _context(stack, resource, lambda physical_id: None, lambda: False)
        properties = resource.properties if resource.attempted is None else resource.attempted
        try:
            _existing(resource).delete(context, resource.physical_id, properties)
        except Exception as error:
            if not (isinstance(error, ClientError) and is_missing(error)):
                stack.set_resource_status(
                    resource,
                    ResourceStatus.DELETE_FAILED,
                    reason(error, resource.logical_id),
                )
                raise
    stack.set_resource_status(resource, ResourceStatus.DELETE_COMPLETE)


def _check_supported(resource: Resource, properties: Properties) -> None:
    """Check what was UNKNOWN before the deployment."""
    if problem := unsupported(resource.type, properties):
        raise ResourceError(problem)


def _existing(resource: Resource) -> ResourceType:
    kind = resource_type(resource.type)
    if kind is None:
        raise ResourceError(f"This testbed does not have the type {resource.type}")
    return kind


def _context(
    stack: Stack,
    resource: Resource,
    created: Callable[[str], None],
    cancelled: Callable[[], bool],
) -> Context:
    return Context(
        stack_name=stack.name,
        stack_id=stack.id,
        account=stack.account,
        region=stack.region,
        logical_id=resource.logical_id,
        token=str(uuid.uuid4()),
        type_name=resource.type,
        created=created,
        cancelled=cancelled,
        hide=stack.secrets.add,
    )


def _would_be_imported(stack: Stack, resource: Resource, error: Exception) -> bool:
    """Return whether AWS would take over the resource that exists already.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
    """
    change_set = stack.executed_change_set
    return (
        change_set is not None
        and change_set.import_existing_resources
        and resource.deletion_policy.startswith("Retain")
        and already_exists(error)
    )


def _reason(error: Exception, resource: Resource, cancelled: str) -> str:
    if isinstance(error, CancelledError):
        return cancelled
    return reason(error, resource.logical_id)
