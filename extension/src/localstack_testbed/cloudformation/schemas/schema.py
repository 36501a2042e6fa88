"""AWS's resource schemas: which properties a type has, and which of them can be updated.

https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

from collections.abc import Mapping
from typing import Any

type Properties = dict[str, Any]


class InvalidPropertiesError(Exception):
    """Properties do not match the schema; the message is AWS's, without the resource's name."""


class ResourceSchema:
    """The schema of one resource type."""

    type_name: str
    properties: frozenset[str]
    """The names of the properties that a template may have."""
    required: frozenset[str]
    create_only: frozenset[str]
    """Paths such as ``QueueName`` or ``Code/ImageUri``."""
    attributes: frozenset[str]
    """What ``Fn::GetAtt`` may ask for; nested ones with dots."""
    tag_property: str | None
    """The property to which the stack's tags are added."""

    def convert(self, properties: Mapping[str, Any]) -> Properties:
        """Return the properties with the types that the schema demands.

        CloudFormation makes ``"5"`` a number and ``true`` a string where the schema says so.
        What is UNKNOWN passes.

        Raises
        ------
        InvalidPropertiesError
            ``#: required key [Foo] not found``, ``#: extraneous key [Bar] is not permitted``, …
        """
        raise NotImplementedError

    def with_tags(self, properties: Properties, tags: Mapping[str, str]) -> Properties:
        """Return the properties with the stack's tags added to the resource's own."""
        raise NotImplementedError

    def changes(self, old: Properties, new: Properties) -> list[str]:
        """Return the names of the properties that differ."""
        raise NotImplementedError

    def replacing_changes(self, old: Properties, new: Properties) -> list[str]:
        """Return the create-only properties that differ."""
        raise NotImplementedError


def schema(type_name: str) -> ResourceSchema | None:
    """Return the schema of a type of this testbed, or None if it has none (``Custom::…``)."""
    raise NotImplementedError


def exists_on_aws(type_name: str) -> bool:
    """Return whether AWS has this type."""
    raise NotImplementedError
