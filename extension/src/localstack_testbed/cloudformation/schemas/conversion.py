"""Validation and conversion of properties by a resource schema.

CloudFormation validates properties with a JSON schema validator, and its messages are that
validator's. It does not show values, which may be secrets; what is in parentheses is our addition.
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
https://repost.aws/knowledge-center/cloudformation-resolve-model-val-failed
"""

import difflib
import json
import re
from collections.abc import Mapping
from typing import Any

from localstack_testbed.cloudformation.unknown import UNKNOWN, has_unknown

type Node = Mapping[str, Any]
"""A schema, or one inside of it."""

_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_BOOLEANS = {"true": True, "false": False}
_SCHEMA_NAMES = {
    "string": "String",
    "integer": "Number",
    "number": "Number",
    "boolean": "Boolean",
    "object": "JSONObject",
    "array": "JSONArray",
}
_LONGEST_LIST = 30


class Conversion:
    """One conversion; ``errors`` has the messages of what does not match.

    ``definitions`` are those of the schema. ``check_ranges`` tells whether numbers must be in their
    ranges.
    """

    def __init__(self, definitions: Mapping[str, Node], *, check_ranges: bool = True) -> None:
        self.errors: list[str] = []
        self._definitions = definitions
        self._check_ranges = check_ranges

    def convert(self, node: Node, value: Any, path: str = "#") -> Any:
        """Return a value with the types that a schema demands; UNKNOWN passes."""
        if value is UNKNOWN:
            return value
        node = resolve(node, self._definitions)
        types = node.get("type")
        if types is not None:
            allowed = [types] if isinstance(types, str) else types
            converted = _coerced(value, allowed, has_fields="properties" in node)
            if converted is _MISMATCH:
                self._fail(path, _type_mismatch(value, allowed))
                return value
            value = converted
        if isinstance(value, Mapping):
            value = self._object(node, value, path)
        elif isinstance(value, list):
            value = self._array(node, value, path)
        else:
            self._scalar(node, value, path)
        if "const" in node and not same_value(value, node["const"]):
            self._constraint(path, "const", f"must be {node['const']}")
        if "enum" in node and not any(same_value(value, each) for each in node["enum"]):
            self._constraint(path, "enum", _one_of(node["enum"]))
        for keyword in ("allOf", "anyOf", "oneOf"):
            if keyword in node:
                value = self._combined(keyword, node[keyword], value, path)
        return value

    def _fail(self, path: str, message: str) -> None:
        self.errors.append(f"{path}: {message}")

    def _constraint(self, path: str, keyword: str, limit: str = "") -> None:
        hint = f" ({limit})" if limit else ""
        self._fail(path, f"failed validation constraint for keyword [{keyword}]{hint}")

    def _object(self, node: Node, value: Mapping[str, Any], path: str) -> dict[str, Any]:
        for name in node.get("required", ()):
            if name not in value:
                self._fail(path, f"required key [{name}] not found")
        size = len(value)
        if size < node.get("minProperties", 0):
            self._fail(path, f"minimum size: [{node['minProperties']}], found: [{size}]")
        if size > node.get("maxProperties", size):
            self._fail(path, f"maximum size: [{node['maxProperties']}], found: [{size}]")
        self._dependencies(node, value, path)
        properties: Mapping[str, Node] = node.get("properties", {})
        result = {}
        for name, each in value.items():
            child = properties.get(name)
            if child is None:
                child = _child_by_pattern(node, name)
            if child is None:
                known = difflib.get_close_matches(name, properties, n=1)
                hint = f" (did you mean {known[0]}?)" if known else ""
                self._fail(path, f"extraneous key [{name}] is not permitted{hint}")
                continue
            result[name] = self.convert(child, each, f"{path}/{name}")
        return result

    def _dependencies(self, node: Node, value: Mapping[str, Any], path: str) -> None:
        for keyword in ("dependencies", "dependentRequired"):
            for name, needed in node.get(keyword, {}).items():
                for each in needed if name in value else ():
                    if each not in value:
                        self._fail(path, f"property [{each}] is required")
        # These three are cfn-lint's, for what the services' APIs reject.
        excluded = {
            tuple(sorted((name, each)))
            for name, others in node.get("dependentExcluded", {}).items()
            for each in others
            if name in value and each in value
        }
        for first, second in sorted(excluded):
            self._fail(path, f"keys [{first}] and [{second}] are mutually exclusive")
        if (names := node.get("requiredXor")) and sum(name in value for name in names) != 1:
            self._fail(path, f"exactly one of the keys [{', '.join(names)}] is required")
        if (names := node.get("requiredOr")) and not any(name in value for name in names):
            self._fail(path, f"at least one of the keys [{', '.join(names)}] is required")

    def _array(self, node: Node, value: list[Any], path: str) -> list[Any]:
        size = len(value)
        if size < node.get("minItems", 0):
            self._fail(path, f"expected minimum item count: {node['minItems']}, found: {size}")
        if size > node.get("maxItems", size):
            self._fail(path, f"expected maximum item count: {node['maxItems']}, found: {size}")
        items = node.get("items", {})
        result = [self.convert(items, each, f"{path}/{i}") for i, each in enumerate(value)]
        if node.get("uniqueItems") and _has_duplicate(result):
            self._fail(path, "array items are not unique")
        return result

    def _scalar(self, node: Node, value: Any, path: str) -> None:
        if isinstance(value, str):
            size = len(value)
            if size < node.get("minLength", 0):
                self._fail(path, f"expected minLength: {node['minLength']}, actual: {size}")
            if size > node.get("maxLength", size):
                self._fail(path, f"expected maxLength: {node['maxLength']}, actual: {size}")
            if "pattern" in node and not re.search(node["pattern"], value):
                self._constraint(path, "pattern", node["pattern"].removeprefix("(?a)"))
        elif self._check_ranges and isinstance(value, int | float) and not isinstance(value, bool):
            if value < node.get("minimum", value):
                self._constraint(path, "minimum", f"at least {node['minimum']}")
            if value > node.get("maximum", value):
                self._constraint(path, "maximum", f"at most {node['maximum']}")
            if value <= node.get("exclusiveMinimum", value - 1):
                self._constraint(path, "exclusiveMinimum")
            if value >= node.get("exclusiveMaximum", value + 1):
                self._constraint(path, "exclusiveMaximum")

    def _combined(self, keyword: str, nodes: list[Node], value: Any, path: str) -> Any:
        """Validate with several schemas; the first that matches converts the value."""
        matching, causes = [], []
        for node in nodes:
            trial = Conversion(self._definitions)
            converted = trial.convert(node, value, path)
            if trial.errors:
                causes += trial.errors
            else:
                matching.append(converted)
        total, count = len(nodes), len(matching)
        message = None
        if keyword == "allOf" and count < total:
            message = f"only {count} subschema matches out of {total}"
        elif keyword == "anyOf" and not count:
            message = f"no subschema matched out of the total {total} subschemas"
        elif keyword == "oneOf" and (not count or (count > 1 and not has_unknown(value))):
            message = f"{count} subschemas matched instead of one"
        if message:
            self._fail(path, f"#: {message}")
            self.errors += causes
        return matching[0] if matching else value


def resolve(node: Node, definitions: Mapping[str, Node]) -> Node:
    """Return the schema that ``$ref`` refers to, or the schema itself."""
    while "$ref" in node:
        node = definitions[node["$ref"].removeprefix("#/definitions/")]
    return node


def child(node: Node, name: str) -> Node | None:
    """Return the schema of a property, or None if it is not permitted."""
    found: Node | None = node.get("properties", {}).get(name)
    return _child_by_pattern(node, name) if found is None else found


def same_value(one: Any, other: Any) -> bool:
    """Return whether two JSON values are equal, where ``true`` is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _child_by_pattern(node: Node, name: str) -> Node | None:
    for pattern, schema in node.get("patternProperties", {}).items():
        if re.search(pattern, name):
            found: Node = schema
            return found
    additional = node.get("additionalProperties", True)
    if additional is False:
        return None
    return additional if isinstance(additional, Mapping) else {}


def _has_duplicate(items: list[Any]) -> bool:
    known = [json.dumps(item, sort_keys=True) for item in items if not has_unknown(item)]
    return len(known) != len(set(known))


def _one_of(values: list[Any]) -> str:
    return f"one of: {', '.join(map(str, values))}" if len(values) <= _LONGEST_LIST else ""


_MISMATCH = object()


def _coerced(value: Any, types: list[str], *, has_fields: bool) -> Any:
    """Return a value as one of the types, or _MISMATCH.

    ``has_fields`` tells that an object's properties are known, so that text is no object.
    """
    if isinstance(value, str) and "string" in types and len(types) > 1:
        # Of what may be both text and something else, resource types see the something else.
        types = [*(each for each in types if each in ("object", "boolean")), "string"]
    elif (own := _own_type(value)) in types or (own == "integer" and "number" in types):
        return value
    for name in types:
        if (converted := _as_type(value, name, has_fields and len(types) == 1)) is not _MISMATCH:
            return converted
    return _MISMATCH


def _own_type(value: Any) -> str | None:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case Mapping():
            return "object"
    return None


def _as_type(value: Any, name: str, has_fields: bool) -> Any:
    match name, value:
        case "string", str():
            return value
        case "string", bool():
            return str(value).lower()
        case "string", int() | float():
            return str(value)
        case "integer" | "number", bool():
            return _MISMATCH
        case "integer", float() if value.is_integer():
            return int(value)
        case "integer" | "number", str() if _INTEGER.fullmatch(value):
            return int(value)
        case "number", str() if _NUMBER.fullmatch(value):
            return float(value)
        case "boolean", str():
            return _BOOLEANS.get(value.lower(), _MISMATCH)
        case "object", str() if not has_fields:
            return _json_object(value)
    return _MISMATCH


def _json_object(text: str) -> Any:
    if not text.lstrip().startswith("{"):
        return _MISMATCH
    try:
        return json.loads(text)
    except ValueError:
        return _MISMATCH


def _type_mismatch(value: Any, types: list[str]) -> str:
    if isinstance(value, float) and "integer" in types:
        return "expected type: Integer, found: BigDecimal"
    found = {
        "integer": "Integer",
        "number": "BigDecimal",
        None: "Null" if value is None else type(value).__name__,
    }
    own = _own_type(value)
    expected = "|".join(dict.fromkeys(_SCHEMA_NAMES.get(name, name) for name in types))
    return f"expected type: {expected}, found: {found.get(own) or _SCHEMA_NAMES[str(own)]}"
