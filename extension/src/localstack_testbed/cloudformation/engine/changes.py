"""What an update changes about a resource, and what that takes."""

from dataclasses import dataclass
from enum import Enum

from localstack_testbed.cloudformation.model import STACK_TYPE, Properties, Resource
from localstack_testbed.cloudformation.resources.model import ResourceError
from localstack_testbed.cloudformation.resources.registry import resource_type
from localstack_testbed.cloudformation.schemas.schema import schema


class Action(Enum):
    """What an update does with an existing resource."""

    NOTHING = "nothing"
    UPDATE = "update"
    REPLACE = "replace"


@dataclass(frozen=True)
class Change:
    """The action, the names of the properties that differ, and which of them force replacement."""

    action: Action
    properties: tuple[str, ...] = ()
    replacing: tuple[str, ...] = ()


def compare(resource: Resource, desired: Properties) -> Change:
    """Return what it takes to bring a resource to the desired properties."""
    current = resource.properties
    described = schema(resource.type)
    kind = resource_type(resource.type)
    if resource.skipped or kind is None:
        return Change(Action.NOTHING)
    if described is None:
        replacing: tuple[str, ...] = ()
        names = tuple(
            name for name in sorted({*current, *desired}) if current.get(name) != desired.get(name)
        )
    else:
        names = tuple(described.changes(current, desired))
        replacing = tuple(described.replacing_changes(current, desired))
    if names and not replacing and kind.needs_replacement(current, desired):
        replacing = names
    if replacing:
        return Change(Action.REPLACE, names, replacing)
    # The template of a nested stack may have changed behind the same URL: only its update can tell.
    if names or resource.type == STACK_TYPE or resource.attempted is not None:
        return Change(Action.UPDATE, names)
    return Change(Action.NOTHING)


def is_deleted_first(type_name: str) -> bool:
    """Return whether a resource is deleted before the one that replaces it is created."""
    described = schema(type_name)
    return described is not None and described.deleted_before_replacement


def check_name(resource: Resource, desired: Properties) -> None:
    """Check that a resource that is to be replaced does not keep its name.

    https://repost.aws/knowledge-center/cloudformation-custom-name

    Raises
    ------
    ResourceError
        If the template names it, and the name stays.
    """
    kind = resource_type(resource.type)
    name = kind.name_property if kind else None
    if name and desired.get(name) and desired[name] == resource.properties.get(name):
        raise ResourceError(
            "CloudFormation cannot update a stack when a custom-named resource requires "
            f"replacing. Rename {resource.physical_id} and update the stack again."
        )
