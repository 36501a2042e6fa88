"""A template as a document: its text, and its sections.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

import yaml  # type: ignore[import-untyped, unused-ignore]

from localstack_testbed.cloudformation.errors import ValidationError

type Document = dict[str, Any]
"""A template as JSON has it: YAML's ``!Ref A`` is written out as ``{"Ref": "A"}``."""

_VERSION = "2010-09-09"
_SECTIONS = (
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Mappings",
    "Conditions",
    "Rules",
    "Transform",
    "Hooks",
    "Resources",
    "Outputs",
)
_RESOURCE_ATTRIBUTES = frozenset(
    {
        "Type",
        "Properties",
        "DependsOn",
        "Condition",
        "DeletionPolicy",
        "UpdateReplacePolicy",
        "Metadata",
        "CreationPolicy",
        "UpdatePolicy",
    }
)
_OUTPUT_ATTRIBUTES = frozenset({"Value", "Description", "Export", "Condition"})
_PARAMETER_ATTRIBUTES = frozenset(
    {
        "Type",
        "Default",
        "Description",
        "NoEcho",
        "AllowedValues",
        "AllowedPattern",
        "MinLength",
        "MaxLength",
        "MinValue",
        "MaxValue",
        "ConstraintDescription",
    }
)
_RULE_ATTRIBUTES = frozenset({"RuleCondition", "Assertions"})

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
_LIMITS = {"Resources": 500, "Parameters": 200, "Outputs": 200, "Mappings": 200}
_LONGEST_DESCRIPTION = 1024
_LONGEST_NAME = 255

ALPHANUMERIC = re.compile(r"[A-Za-z0-9]+")
"""What the names of resources, parameters and outputs consist of."""

_SHORT_FORMS: Final = {
    "!Ref": "Ref",
    "!Condition": "Condition",
    **{
        f"!{name}": f"Fn::{name}"
        for name in (
            "And",
            "Base64",
            "Cidr",
            "Contains",
            "EachMemberEquals",
            "EachMemberIn",
            "Equals",
            "FindInMap",
            "ForEach",
            "GetAZs",
            "GetAtt",
            "GetStackOutput",
            "If",
            "ImportValue",
            "Join",
            "Length",
            "Not",
            "Or",
            "RefAll",
            "Select",
            "Split",
            "Sub",
            "ToJsonString",
            "Transform",
            "ValueOf",
            "ValueOfAll",
        )
    },
}
_DEEPEST = 200
# A template has less; only nested aliases of an included file have more.
_MOST_VALUES = 1_000_000


@dataclass(frozen=True)
class ResourceDeclaration:
    """An entry of a template's Resources; intrinsic functions are not resolved yet."""

    logical_id: str
    type: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    condition: str | None = None
    deletion_policy: Any = None
    update_replace_policy: Any = None
    metadata: Any = None
    creation_policy: Any = None
    update_policy: Any = None


@dataclass(frozen=True)
class Template:
    """A template whose transforms have been processed."""

    description: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    mappings: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    rules: Mapping[str, Any] = field(default_factory=dict)
    resources: Mapping[str, ResourceDeclaration] = field(default_factory=dict)
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    transforms: tuple[str, ...] = ()


def parse(body: str) -> Document:
    """Read a template in YAML or JSON.

    YAML is that of CloudFormation: version 1.1 without timestamps, aliases and merge keys. Of
    duplicate keys the last counts.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html

    Raises
    ------
    ValidationError
        ``Template format error: …``, as AWS says it.
    """
    document = _parse(body, aliases=False)
    if not isinstance(document, dict):
        raise _format_error("unsupported structure.")
    _check_no_null(document)
    return document


def parse_fragment(text: str) -> Any:
    """Read a file that a template includes, such as that of ``AWS::Include``.

    It may have aliases, other than a template, and need not be an object.

    Raises
    ------
    ValidationError
        ``Template format error: …``, as AWS says it.
    """
    return _parse(text, aliases=True)


def _parse(body: str, *, aliases: bool) -> Any:
    return _json(body) if body.lstrip()[:1] == "{" else _Yaml(body, aliases).document()


def _format_error(message: str) -> ValidationError:
    return ValidationError(f"Template format error: {message}")


def _json(body: str) -> Any:
    def constant(name: str) -> NoReturn:
        raise _format_error(f"JSON not well-formed: {name} is not a JSON value.")

    try:
        return json.loads(body, parse_constant=constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise _format_error(
            f"JSON not well-formed. (line {error.lineno}, column {error.colno})"
        ) from None
    except RecursionError:
        raise _format_error("JSON not well-formed: it is nested too deeply.") from None
    except ValueError:
        raise _format_error("JSON not well-formed: a number is too large.") from None


class _Yaml:
    """Makes values of a YAML text's events, which is faster than with a loader's constructors."""

    def __init__(self, body: str, aliases: bool) -> None:
        self._aliases = aliases
        self._anchors: dict[str, Any] = {}
        self._sizes: dict[str, int] = {}
        self._values = 0
        self._path: list[str] = []
        self._body = body

    def document(self) -> Any:
        try:
            # AWS reports characters that YAML excludes in the same way.
            self._events: Iterator[Any] = iter(yaml.parse(self._body, Loader=yaml.CSafeLoader))
            document = None
            for event in self._events:
                if isinstance(event, yaml.NodeEvent):
                    if document is not None:
                        raise self._malformed(event.start_mark)
                    document = self._value(event, 0)
            return document
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise self._malformed(mark) from None
        except (yaml.YAMLError, UnicodeError):
            raise _format_error("YAML not well-formed.") from None

    @staticmethod
    def _malformed(mark: Any) -> ValidationError:
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        return _format_error(f"YAML not well-formed.{where}")

    def _value(self, event: Any, depth: int) -> Any:
        self._values += 1
        if depth > _DEEPEST or self._values > _MOST_VALUES:
            raise self._malformed(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before = self._values
        tag = event.tag
        value: Any
        if isinstance(event, yaml.ScalarEvent):
            value = event.value
            if tag is None:
                if event.implicit[0]:
                    value = _scalar(value)
            elif tag not in _SHORT_FORMS and tag != "!":
                value = self._tagged_scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(depth)
        else:
            value = self._mapping(depth)
        if tag is not None and tag[0] == "!" and tag != "!":
            value = self._short_form(event, value)
        if event.anchor is not None:
            self._anchors[event.anchor] = value
            self._sizes[event.anchor] = self._values - before + 1
        return value

    def _alias(self, event: Any) -> Any:
        if not self._aliases:
            raise ValidationError(
                "Template error: YAML aliases are not allowed in CloudFormation templates. "
                f"(line {event.start_mark.line + 1}, column {event.start_mark.column + 1})"
            )
        if event.anchor not in self._anchors:
            raise self._malformed(event.start_mark)
        self._values += self._sizes[event.anchor]
        return self._anchors[event.anchor]

    def _sequence(self, depth: int) -> list[Any]:
        values: list[Any] = []
        path = self._path
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            path.append(str(len(values)))
            values.append(self._value(event, depth + 1))
            path.pop()
        return values

    def _mapping(self, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        merged: list[Any] = []
        path = self._path
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._value(event, depth + 1)
            if not isinstance(key, str):
                raise self._wrong_key(key)
            path.append(key)
            value = self._value(next(self._events), depth + 1)
            path.pop()
            if key == "<<" and event.implicit[0]:
                if not self._aliases:
                    raise _format_error(
                        f"[/{'/'.join(path)}] YAML merge keys (<<) are not allowed in "
                        "CloudFormation templates."
                    )
                merged += value if isinstance(value, list) else [value]
            else:
                values[key] = value
        for each in merged:
            if isinstance(each, dict):
                self._values += len(each)
                values = {**each, **values}
        return values

    def _wrong_key(self, key: Any) -> ValidationError:
        match key:
            case bool():
                what = f"boolean [{str(key).lower()}]"
            case int() | float():
                what = f"numeric [{_number(key)}]"
            case None:
                what = "null"
            case list():
                what = "a list"
            case _:
                what = "a map"
        return _format_error(
            f"[/{'/'.join(self._path)}] map keys must be strings; received {what} instead"
        )

    def _short_form(self, event: Any, value: Any) -> Any:
        name = _SHORT_FORMS.get(event.tag)
        if name is None:
            raise self._malformed(event.start_mark)
        if name == "Fn::GetAtt" and isinstance(value, str):
            logical_id, dot, attribute = value.partition(".")
            return {name: [logical_id, attribute] if dot else value}
        return {name: value}

    def _tagged_scalar(self, event: Any) -> Any:
        """Return the value of a scalar with one of YAML's own tags, such as ``!!str``."""
        kind = event.tag.removeprefix("tag:yaml.org,2002:")
        value = _scalar(event.value)
        match kind:
            case "str" | "timestamp":
                return event.value
            case "int" if isinstance(value, int) and not isinstance(value, bool):
                return value
            case "float" if isinstance(value, int | float) and not isinstance(value, bool):
                return float(value)
            case "bool" if isinstance(value, bool):
                return value
            case "null":
                return None
        raise self._malformed(event.start_mark)


# Plain scalars as YAML 1.1 has them, but timestamps. https://yaml.org/type/
_CONSTANTS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **{
        spelling: value
        for word, value in (
            ("true", True),
            ("yes", True),
            ("on", True),
            ("false", False),
            ("no", False),
            ("off", False),
        )
        for spelling in (word, word.capitalize(), word.upper())
    },
}
_INTEGER = re.compile(
    r"[-+]?(?:(?P<binary>0b[0-1_]+)|(?P<octal>0[0-7_]+)|(?P<decimal>0|[1-9][0-9_]*)"
    r"|(?P<hexadecimal>0x[0-9a-fA-F_]+)|(?P<sexagesimal>[1-9][0-9_]*(?::[0-5]?[0-9])+))"
)
_FLOAT = re.compile(
    r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[0-9][0-9_]*[eE][-+]?[0-9]+"
    r"|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?)"
)
_NUMBER_BEGINS = frozenset("-+.0123456789")


def _scalar(text: str) -> Any:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _NUMBER_BEGINS:
        return text
    if match := _INTEGER.fullmatch(text):
        return _integer(match)
    if _FLOAT.fullmatch(text):
        number = float(text.replace("_", ""))
        return number if math.isfinite(number) else text
    return text


def _integer(match: re.Match[str]) -> int | str:
    digits = match[0].lstrip("+-").replace("_", "")
    sign = -1 if match[0].startswith("-") else 1
    if len(digits) > 40:
        return match[0]
    match match.lastgroup:
        case "binary":
            return sign * int(digits[2:] or "0", 2)
        case "octal":
            return sign * int(digits, 8)
        case "hexadecimal":
            return sign * int(digits[2:] or "0", 16)
        case "sexagesimal":
            value = 0
            for part in digits.split(":"):
                value = 60 * value + int(part)
            return sign * value
        case _:
            return sign * int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(digits)
    return number


def _number(value: float) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _check_no_null(document: Document) -> None:
    # Level by level: JSON may be nested more deeply than Python calls functions.
    level: list[Any] = [document]
    depth = 0
    while level:
        if depth > _DEEPEST:
            raise _format_error(f"the template is nested more than {_DEEPEST} levels deep.")
        children = [
            child for each in level for child in (each.values() if isinstance(each, dict) else each)
        ]
        if None in children:
            raise _format_error(
                f"[{_path_of_null(document)}] 'null' values are not allowed in templates"
            )
        level = [child for child in children if isinstance(child, dict | list)]
        depth += 1


def _path_of_null(document: Document) -> str:
    pending: list[tuple[str, Any]] = [("", document)]
    for path, value in pending:
        children = value.items() if isinstance(value, dict) else enumerate(value)
        for key, child in children:
            if child is None:
                return f"{path}/{key}"
            if isinstance(child, dict | list):
                pending.append((f"{path}/{key}", child))
    return ""


def read(document: Document) -> Template:
    """Return the sections of a processed document.

    Raises
    ------
    ValidationError
        If a section or a resource does not have the form that the anatomy demands.
    """
    unknown = [name for name in document if name not in _SECTIONS]
    if unknown:
        raise ValidationError(f"Invalid template property or properties [{', '.join(unknown)}]")
    if "Hooks" in document:
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/blue-green.html
        raise ValidationError(
            "The Hooks section is not available in this testbed, which has no blue/green "
            "deployments of ECS services"
        )
    if document.get("AWSTemplateFormatVersion", _VERSION) != _VERSION:
        raise _format_error(
            f"AWSTemplateFormatVersion {document['AWSTemplateFormatVersion']} is not supported; "
            f"the only valid value is {_VERSION}."
        )
    description = document.get("Description")
    if description is not None:
        if not isinstance(description, str):
            raise _format_error("Every Description member must be a string.")
        if len(description.encode()) > _LONGEST_DESCRIPTION:
            raise _format_error(f"'Description' length is greater than {_LONGEST_DESCRIPTION}")
    resources = _section(document, "Resources")
    if not resources:
        raise _format_error("At least one Resources member must be defined.")
    template = Template(
        description=description,
        metadata=_section(document, "Metadata"),
        parameters=_parameters(_section(document, "Parameters")),
        mappings=_mappings(_section(document, "Mappings")),
        conditions=_section(document, "Conditions"),
        rules=_rules(_section(document, "Rules")),
        resources={name: _resource(name, value) for name, value in resources.items()},
        outputs=_outputs(_section(document, "Outputs")),
        transforms=_transforms(document.get("Transform", ())),
    )
    both = [name for name in template.parameters if name in template.resources]
    if both:
        raise ValidationError(
            "Template error: all resources and parameters must have unique names. "
            f"Common name(s):[{', '.join(both)}]"
        )
    return template


def _section(document: Document, name: str) -> dict[str, Any]:
    section = document.get(name, {})
    if not isinstance(section, dict):
        raise _format_error(f"[/{name}] {name} must be an object.")
    limit = _LIMITS.get(name)
    if limit is not None and len(section) > limit:
        raise _format_error(
            f"Number of {name.lower()}, {len(section)}, is greater than maximum allowed, {limit}"
        )
    return section


def _names(names: Iterable[str], what: str) -> None:
    """Check names; ``what`` is how AWS's messages call one, with braces in its place."""
    for name in names:
        named = what.format(name)
        if not ALPHANUMERIC.fullmatch(name):
            raise _format_error(f"{named} is non alphanumeric.")
        if len(name) > _LONGEST_NAME:
            raise _format_error(f"{named} is longer than {_LONGEST_NAME} characters.")


def _parameters(section: dict[str, Any]) -> dict[str, dict[str, Any]]:
    _names(section, "Parameter name {}")
    for name, declared in section.items():
        if not isinstance(declared, dict):
            raise _format_error(f"[/Parameters/{name}] parameter definition is malformed")
        for attribute in declared:
            if attribute not in _PARAMETER_ATTRIBUTES:
                raise ValidationError(f"Invalid template parameter property '{attribute}'")
        if "Type" not in declared:
            raise _format_error("Every Parameters object must contain a Type member.")
        for attribute in ("Type", "Description", "ConstraintDescription", "AllowedPattern"):
            if not isinstance(declared.get(attribute, ""), str):
                raise _format_error(f"Every {attribute} member must be a string.")
        if isinstance(declared.get("Default"), dict | list):
            raise _format_error("Every Default member must be a string.")
        allowed = declared.get("AllowedValues", [])
        if not isinstance(allowed, list) or any(isinstance(each, dict | list) for each in allowed):
            raise _format_error("Every AllowedValues member must be a list of strings.")
    return section


def _mappings(section: dict[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    _names(section, "Mapping name {}")
    for name, mapping in section.items():
        if not isinstance(mapping, dict):
            raise _format_error(f"[/Mappings/{name}] Every Mappings object must be a map")
        for key, attributes in mapping.items():
            if not isinstance(attributes, dict):
                raise _format_error(
                    f"[/Mappings/{name}/{key}] Every Mappings attribute must be a map"
                )
            for attribute, value in attributes.items():
                if isinstance(value, dict) or (
                    isinstance(value, list) and any(isinstance(each, dict) for each in value)
                ):
                    raise _format_error(
                        f"[/Mappings/{name}/{key}/{attribute}] Every Mappings attribute value "
                        "must be a String or a List."
                    )
    return section


def _rules(section: dict[str, Any]) -> dict[str, Any]:
    _names(section, "Rule name {}")
    for name, rule in section.items():
        if not isinstance(rule, dict):
            raise _format_error(f"[/Rules/{name}] rule definition is malformed")
        for attribute in rule:
            if attribute not in _RULE_ATTRIBUTES:
                raise _format_error(f"[/Rules/{name}] Invalid rule property '{attribute}'")
        assertions = rule.get("Assertions")
        if not isinstance(assertions, list) or not all(
            isinstance(each, dict) and "Assert" in each for each in assertions
        ):
            raise _format_error(
                f"[/Rules/{name}] Every Rules object must contain a list of Assertions."
            )
    return section


def _resource(name: str, declared: Any) -> ResourceDeclaration:
    _names((name,), "Resource name {}")
    if not isinstance(declared, dict):
        raise _format_error(f"[/Resources/{name}] resource definition is malformed")
    if "Type" not in declared:
        raise _format_error(
            f"[/Resources/{name}] Every Resources object must contain a Type member."
        )
    for attribute in declared:
        if attribute not in _RESOURCE_ATTRIBUTES:
            raise ValidationError(f"Invalid template resource property '{attribute}'")
    type_name, condition = declared["Type"], declared.get("Condition")
    if not isinstance(type_name, str):
        raise _format_error(f"[/Resources/{name}/Type] Every Type member must be a string.")
    if condition is not None and not isinstance(condition, str):
        raise _format_error(f"[/Resources/{name}] Every Condition member must be a string.")
    properties = declared.get("Properties", {})
    if not isinstance(properties, dict):
        raise _format_error(f"[/Resources/{name}/Properties] Properties must be an object.")
    depends_on = declared.get("DependsOn", [])
    if isinstance(depends_on, str):
        depends_on = [depends_on]
    if not isinstance(depends_on, list) or not all(isinstance(each, str) for each in depends_on):
        raise _format_error("DependsOn must be a string or list of strings")
    return ResourceDeclaration(
        logical_id=name,
        type=type_name,
        properties=properties,
        depends_on=tuple(depends_on),
        condition=condition,
        deletion_policy=declared.get("DeletionPolicy"),
        update_replace_policy=declared.get("UpdateReplacePolicy"),
        metadata=declared.get("Metadata"),
        creation_policy=declared.get("CreationPolicy"),
        update_policy=declared.get("UpdatePolicy"),
    )


def _outputs(section: dict[str, Any]) -> dict[str, dict[str, Any]]:
    _names(section, "Outputs name '{}'")
    for name, output in section.items():
        if not isinstance(output, dict):
            raise _format_error(f"[/Outputs/{name}] output definition is malformed")
        if "Value" not in output:
            raise _format_error("Every Outputs member must contain a Value object")
        for attribute in output:
            if attribute not in _OUTPUT_ATTRIBUTES:
                raise ValidationError(f"Invalid template output property '{attribute}'")
        for attribute in ("Description", "Condition"):
            if not isinstance(output.get(attribute, ""), str):
                raise _format_error(f"[/Outputs/{name}] Every {attribute} member must be a string.")
        export = output.get("Export")
        if export is not None and (not isinstance(export, dict) or list(export) != ["Name"]):
            raise _format_error(
                f"[/Outputs/{name}/Export] Output Export must contain a Name object only."
            )
    return section


def _transforms(value: Any) -> tuple[str, ...]:
    each = value if isinstance(value, list | tuple) else [value]
    return tuple(
        str(transform.get("Name")) if isinstance(transform, dict) else str(transform)
        for transform in each
    )
