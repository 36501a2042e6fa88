"""AWS's resource schemas: which properties a type has, and which of them can be updated.

https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from localstack_testbed.cloudformation.schemas.conversion import (
    Conversion,
    Node,
    child,
    resolve,
    same_value,
)
from localstack_testbed.cloudformation.schemas.data_files import load, type_names
from localstack_testbed.cloudformation.unknown import UNKNOWN

type Properties = dict[str, Any]


class InvalidPropertiesError(Exception):
    """Properties do not match the schema.

    The message has a line for each mismatch, as AWS words it without the resource's name.
    """


class ResourceSchema:
    """The schema of one resource type."""

    properties: frozenset[str]
    """The names of the properties that a template may have."""
    create_only: frozenset[str]
    """Paths such as ``QueueName`` or ``Code/ImageUri``."""
    primary_identifier: tuple[str, ...]
    attributes: frozenset[str]
    """What ``Fn::GetAtt`` may ask for; nested ones with dots. ``Outputs.*`` stands for any name."""
    tag_property: str | None
    """The property to which the stack's tags are added."""
    deleted_before_replacement: bool
    """Whether the old resource has to be deleted before a new one replaces it."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data
        self._definitions: Mapping[str, Node] = data.get("definitions", {})
        # A template's properties are an object without others than these.
        self._root: Node = {**data, "type": "object", "additionalProperties": False}
        self.properties = frozenset(data.get("properties", ()))
        self.create_only = frozenset(map(_path, data.get("createOnlyProperties", ())))
        self.primary_identifier = tuple(map(_path, data.get("primaryIdentifier", ())))
        self.attributes = frozenset(data["attributes"])
        self.tag_property = data.get("tagProperty")
        self.deleted_before_replacement = data.get("replacementStrategy") == "delete_then_create"

    def has_attribute(self, name: str) -> bool:
        """Return whether ``Fn::GetAtt`` may ask for an attribute."""
        if name in self.attributes:
            return True
        prefix, dot, rest = name.partition(".")
        return bool(dot and rest) and f"{prefix}.*" in self.attributes

    def convert(self, properties: Mapping[str, Any], *, check_ranges: bool = True) -> Properties:
        """Return the properties with the types that the schema demands.

        CloudFormation makes ``"5"`` a number and ``true`` a string where the schema says so, and
        takes JSON text for an object such as a policy document. What is UNKNOWN passes.
        ``check_ranges`` tells whether numbers must be in their ranges.

        Raises
        ------
        InvalidPropertiesError
            ``#: required key [Foo] not found``, ``#: extraneous key [Bar] is not permitted``, …
        """
        conversion = Conversion(self._definitions, check_ranges=check_ranges)
        converted = conversion.convert(self._root, properties)
        if conversion.errors:
            raise InvalidPropertiesError("\n".join(conversion.errors))
        result: Properties = converted
        return result

    def with_tags(self, properties: Properties, tags: Mapping[str, str]) -> Properties:
        """Return the properties with the stack's tags added to the resource's own.

        A tag of the resource wins over one of the stack.
        https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html
        """
        name = self.tag_property
        if name is None or not tags:
            return properties
        own = properties.get(name)
        if own is UNKNOWN:
            return properties
        if self._node(name).get("type") == "object":
            return {**properties, name: {**tags, **(own or {})}}
        listed: list[Any] = own or []
        keys = {tag.get("Key") for tag in listed if isinstance(tag, Mapping)}
        added = [{"Key": key, "Value": tags[key]} for key in tags if key not in keys]
        return {**properties, name: [*listed, *added]}

    def changes(self, old: Properties, new: Properties) -> list[str]:
        """Return the names of the properties that differ.

        The order of an object's keys is no difference, nor is that of a list that the schema calls
        unordered. What is UNKNOWN differs from everything.
        """
        return sorted(
            name
            for name in {*old, *new}
            if not self._same(self._node(name), old.get(name, _ABSENT), new.get(name, _ABSENT))
        )

    def replacing_changes(self, old: Properties, new: Properties) -> list[str]:
        """Return the create-only properties that differ."""
        return sorted(
            path
            for path in self.create_only
            if (parts := path.split("/"))
            and not self._same(self._node(*parts), _at(old, parts), _at(new, parts))
        )

    def _node(self, *path: str) -> Node:
        """Return the schema of a property; ``*`` stands for every item of a list or object."""
        node: Node = self._root
        for part in path:
            node = resolve(node, self._definitions)
            if part == "*":
                found = node.get("items") or next(iter(node.get("patternProperties", {}).values()))
            else:
                found = child(node, part)
            node = found or {}
        return resolve(node, self._definitions)

    def _same(self, node: Node, old: Any, new: Any) -> bool:
        if old is UNKNOWN or new is UNKNOWN:
            return False
        node = resolve(node, self._definitions)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            return old.keys() == new.keys() and all(
                self._same(child(node, name) or {}, old[name], new[name]) for name in old
            )
        if isinstance(old, list) and isinstance(new, list):
            if len(old) != len(new):
                return False
            items = node.get("items", {})
            if node.get("insertionOrder", True):
                return all(
                    self._same(items, one, other) for one, other in zip(old, new, strict=True)
                )
            return self._same_items(items, old, new)
        return same_value(old, new)

    def _same_items(self, items: Node, old: list[Any], new: list[Any]) -> bool:
        rest = list(new)
        for each in old:
            for index, other in enumerate(rest):
                if self._same(items, each, other):
                    del rest[index]
                    break
            else:
                return False
        return True


_ABSENT = object()


def _path(pointer: str) -> str:
    return pointer.removeprefix("/properties/").replace("/items/", "/*/")


def _at(value: Any, path: Sequence[str]) -> Any:
    """Return what is at a path; a list of all if the path has ``*``, and _ABSENT if nothing is."""
    for index, part in enumerate(path):
        if value is UNKNOWN:
            return UNKNOWN
        if part == "*":
            rest = path[index + 1 :]
            return {key: _at(each, rest) for key, each in _items(value)} or _ABSENT
        if not isinstance(value, Mapping) or part not in value:
            return _ABSENT
        value = value[part]
    return value


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield str(index), each


@cache
def schema(type_name: str) -> ResourceSchema | None:
    """Return the schema of a type of this testbed, or None if it has none (``Custom::…``)."""
    data = load(type_name)
    return ResourceSchema(data) if data else None


def exists_on_aws(type_name: str) -> bool:
    """Return whether AWS has this type.

    Those of SAM exist in templates with the transform ``AWS::Serverless`` only.
    """
    return (
        type_name in type_names()
        or type_name in SERVERLESS
        or type_name.startswith("Custom::")
        or type_name.endswith("::MODULE")
    )


SERVERLESS = frozenset(
    f"AWS::Serverless::{name}"
    for name in (
        "Api",
        "Application",
        "CapacityProvider",
        "Connector",
        "Function",
        "GraphQLApi",
        "HttpApi",
        "LayerVersion",
        "SimpleTable",
        "StateMachine",
        "WebSocketApi",
    )
)
"""SAM's types.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-resources-and-properties.html
"""
