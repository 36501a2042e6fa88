"""The values of intrinsic functions.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import base64
import ipaddress
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from localstack_testbed.cloudformation.errors import ValidationError
from localstack_testbed.cloudformation.template.document import Template
from localstack_testbed.cloudformation.template.parameters import text
from localstack_testbed.cloudformation.template.references import (
    references,
    sub_parts,
    unresolved_resources,
)
from localstack_testbed.cloudformation.unknown import UNKNOWN, has_unknown

NO_VALUE: Final = object()
"""``AWS::NoValue``: a property with this value is left out."""


@dataclass(frozen=True)
class Environment:
    """Where the values come from that are not in the template.

    ``ref`` and ``get_att`` are asked for resources only; they may return UNKNOWN. ``parameters``
    has the resolved values, also of pseudo parameters (``AWS::Region``, …). ``import_value``
    returns an export's value and ``dynamic_reference`` that of ``{{resolve:…}}``, given without
    the braces and ``resolve:``, or UNKNOWN; both raise ValidationError.
    """

    parameters: Mapping[str, Any]
    ref: Callable[[str], Any]
    get_att: Callable[[str, str], Any]
    import_value: Callable[[str], Any]
    dynamic_reference: Callable[[str], Any]


class Evaluator:
    """Evaluates what a template has in one environment. Threads may share it."""

    def __init__(self, template: Template, environment: Environment) -> None:
        self._template = template
        self._environment = environment
        self._values = _PropertyFunctions(template, environment.parameters, self)
        self._tests = ConditionFunctions(template, environment.parameters, self.condition)
        self._conditions: dict[str, bool] = {}
        self._evaluating: list[str] = []
        self._lock = threading.RLock()

    @property
    def environment(self) -> Environment:
        """Return where values come from that are not in the template."""
        return self._environment

    def condition(self, name: str) -> bool:
        """Return the value of a condition of the template.

        Raises
        ------
        ValidationError
            If there is no such condition, or if conditions refer to each other in a circle.
        """
        known = self._conditions.get(name)
        if known is not None:
            return known
        with self._lock:
            if name not in self._template.conditions:
                raise _error(f"unresolved condition dependency {name} in Condition")
            if name in self._evaluating:
                circle = self._evaluating[self._evaluating.index(name) :]
                raise ValidationError(
                    f"Template error: Found circular condition dependency: [{', '.join(circle)}]"
                )
            self._evaluating.append(name)
            try:
                value = self._tests.test(self._template.conditions[name])
            finally:
                self._evaluating.pop()
            self._conditions[name] = value
            return value

    def is_active(self, logical_id: str) -> bool:
        """Return whether a resource of the template has no condition or a true one."""
        condition = self._template.resources[logical_id].condition
        if condition is None:
            return True
        if condition not in self._template.conditions:
            raise ValidationError(
                f"Template format error: Unresolved condition dependency {condition} in the "
                "Resources block of the template"
            )
        return self.condition(condition)

    def active_resources(self) -> list[str]:
        """Return the logical ids of the resources whose condition is true, in template order."""
        return [name for name in self._template.resources if self.is_active(name)]

    def value(self, value: Any, block: str = "Resources") -> Any:
        """Return a value with its intrinsic functions and dynamic references resolved.

        UNKNOWN is left wherever it occurs in objects and lists; a string made of an unknown one is
        UNKNOWN itself. Members and items that are ``AWS::NoValue`` are left out; a value that is
        ``AWS::NoValue`` itself is NO_VALUE. ``block`` is the section that messages name.

        Raises
        ------
        ValidationError
            ``Template error: …``, as AWS says it.
        """
        return self.resolved(self.evaluated(value, block))

    def evaluated(self, value: Any, block: str = "Resources") -> Any:
        """Return what ``value`` returns, with the dynamic references that it has."""
        try:
            return self._values.value(value)
        except _UnresolvedError as error:
            raise unresolved_resources([error.name], block) from None

    def resolved(self, value: Any) -> Any:
        """Return an evaluated value with its dynamic references resolved.

        As on AWS they are resolved last: functions see ``{{resolve:…}}`` itself.
        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
        """
        if isinstance(value, str):
            return self._string(value) if "{{resolve:" in value else value
        if isinstance(value, dict):
            return {
                key: each if type(each) is bool else self.resolved(each)
                for key, each in value.items()
            }
        if isinstance(value, list):
            return [self.resolved(each) for each in value]
        return value

    def _string(self, value: str) -> Any:
        parts: list[str] = []
        end = 0
        for match in _DYNAMIC_REFERENCE.finditer(value):
            resolved = self._environment.dynamic_reference(match[1])
            if resolved is UNKNOWN:
                return UNKNOWN
            parts += (value[end : match.start()], text(resolved))
            end = match.end()
        return "".join(parts) + value[end:]


_DYNAMIC_REFERENCE = re.compile(r"\{\{resolve:([^{}]*)\}\}")


class _UnresolvedError(Exception):
    """A resource is referred to that does not exist."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _error(message: str) -> ValidationError:
    return ValidationError(f"Template error: {message}")


class Functions:
    """The functions that may be used everywhere.

    ``condition`` gives the value of a condition by name.
    """

    def __init__(
        self,
        template: Template,
        parameters: Mapping[str, Any],
        condition: Callable[[str], bool],
    ) -> None:
        self._template = template
        self._parameters = parameters
        self._condition = condition
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::Base64": self._base64,
            "Fn::Cidr": self._cidr,
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAZs": self._get_azs,
            "Fn::GetAtt": self._get_att,
            "Fn::If": self._if,
            "Fn::ImportValue": self._import_value,
            "Fn::Join": self._join,
            "Fn::Length": self._length,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::Sub": self._sub,
            "Fn::ToJsonString": self._to_json_string,
        }

    def value(self, value: Any) -> Any:
        """Return a value with its functions resolved; it may be NO_VALUE or UNKNOWN."""
        if isinstance(value, str):
            return value
        if isinstance(value, dict):
            if len(value) == 1:
                ((name, argument),) = value.items()
                function = self._functions.get(name)
                if function is not None:
                    return function(argument)
            result: dict[str, Any] = {}
            for key, each in value.items():
                if key.startswith("Fn::"):
                    raise self._misplaced(key)
                evaluated = self.value(each)
                if evaluated is not NO_VALUE:
                    result[key] = evaluated
            return result
        if isinstance(value, list):
            items = [self.value(each) for each in value]
            return [each for each in items if each is not NO_VALUE]
        return value

    def _misplaced(self, name: str) -> ValidationError:
        if name in self._functions:
            return _error(f"{name} must be the only member of its object")
        if name in _TESTS:
            return _error(f"{name} can only be used in the Conditions and Rules of a template")
        supported = ", ".join(each for each in self._functions if each != "Ref")
        return _error(
            f"Encountered unsupported function: {name} Supported functions are: [{supported}]"
        )

    def _arguments(self, argument: Any, count: int, message: str) -> list[Any]:
        """Return the items of a list of that length, not evaluated."""
        if not isinstance(argument, list) or len(argument) != count:
            raise _error(message)
        return argument

    # Values

    def _ref(self, argument: Any) -> Any:
        if not isinstance(argument, str):
            raise _error("All References must be of type string")
        if argument == "AWS::NoValue":
            return NO_VALUE
        if argument in self._parameters:
            value = self._parameters[argument]
            return list(value) if isinstance(value, list) else value
        return self._reference(argument)

    def _reference(self, name: str) -> Any:
        """Return what ``Ref`` returns for a name that is not a parameter's."""
        raise _UnresolvedError(name)

    def _get_att(self, argument: Any) -> Any:
        if isinstance(argument, str):
            logical_id, _, attribute = argument.partition(".")
            if not (logical_id and attribute):
                raise _error(
                    "if specifying one argument to Fn::GetAtt, that argument must be a non-empty "
                    "string in format <LogicalId>.<Attribute>"
                )
            return self._attribute(logical_id, attribute, "Fn::GetAtt")
        logical_id, attribute = self._arguments(argument, 2, _GET_ATT)
        attribute = self.value(attribute)
        if not (isinstance(logical_id, str) and logical_id):
            raise _error(_GET_ATT)
        if not (isinstance(attribute, str) and attribute):
            raise _error(_GET_ATT)
        return self._attribute(logical_id, attribute, "Fn::GetAtt")

    def _attribute(self, logical_id: str, attribute: str, function: str) -> Any:
        raise _error(f"instance of {function} references undefined resource {logical_id}")

    def _import_value(self, argument: Any) -> Any:
        raise _error("Cannot use Fn::ImportValue here.")

    def mapped(self, argument: Any) -> Any:
        """Return what an ``Fn::FindInMap`` finds; the default as it is in the template.

        Raises
        ------
        ValidationError
            If there is neither a value nor a default.
        """
        default: Any = NO_VALUE
        if isinstance(argument, list) and len(argument) == 4:
            options = argument[3]
            if not isinstance(options, dict) or list(options) != ["DefaultValue"]:
                raise _error(_FIND_IN_MAP)
            default, argument = options, argument[:3]
        keys = [self.value(each) for each in self._arguments(argument, 3, _FIND_IN_MAP)]
        if UNKNOWN in keys:
            return UNKNOWN
        if any(isinstance(key, dict | list) or key is NO_VALUE for key in keys):
            raise _error(_FIND_IN_MAP)
        name, first, second = (text(key) for key in keys)
        if name not in self._template.mappings:
            raise _error(
                f"Mapping named '{name}' is not present in the 'Mappings' section of template."
            )
        attributes = self._template.mappings[name].get(first)
        if attributes is not None and second in attributes:
            return attributes[second]
        if default is not NO_VALUE:
            return default["DefaultValue"]
        raise _error(f"Unable to get mapping for {name}::{first}::{second}")

    def _find_in_map(self, argument: Any) -> Any:
        return self.value(self.mapped(argument))

    def _if(self, argument: Any) -> Any:
        arguments = self._arguments(
            argument, 3, "Fn::If requires a list argument with three elements"
        )
        name, yes, no = arguments
        if not isinstance(name, str):
            raise _error("Fn::If requires a list argument with the first element being a condition")
        if name not in self._template.conditions:
            raise _error(f"unresolved condition dependency {name} in Fn::If")
        return self.value(yes if self._condition(name) else no)

    def _get_azs(self, argument: Any) -> Any:
        region = self.value(argument)
        if region is UNKNOWN:
            return UNKNOWN
        if not isinstance(region, str):
            raise _error("Every Fn::GetAZs object must have a String-typed value.")
        region = region or self._ref("AWS::Region")
        if region is UNKNOWN:
            return UNKNOWN
        return [f"{region}{letter}" for letter in "abc"]

    # Strings

    def _sub(self, argument: Any) -> Any:
        template, given = argument, {}
        if isinstance(argument, list):
            template, given = self._arguments(argument, 2, _SUB)
        if not isinstance(template, str) or not isinstance(given, dict):
            raise _error(_SUB)
        variables = {name: self._variable(each) for name, each in given.items()}
        parts: list[str] = []
        unknown = False
        for part, is_variable in sub_parts(template):
            if not is_variable:
                parts.append(part)
                continue
            value = variables[part] if part in variables else self._named(part)
            if value is UNKNOWN:
                unknown = True
            elif isinstance(value, dict | list):
                raise _error(f"variable {part} in Fn::Sub expression does not resolve to a string")
            elif value is not NO_VALUE:
                parts.append(value if isinstance(value, str) else text(value))
        return UNKNOWN if unknown else "".join(parts)

    def _variable(self, given: Any) -> Any:
        value = self.value(given)
        if isinstance(value, dict | list) or value is NO_VALUE:
            raise _error(
                "every value of the context object of every Fn::Sub object must be a string or a "
                "function that returns a string"
            )
        return value

    def _named(self, name: str) -> Any:
        if "." in name and name not in self._parameters:
            logical_id, _, attribute = name.partition(".")
            if not (logical_id and attribute):
                raise _error(f"instance of Fn::Sub references invalid resource attribute {name}")
            return self._attribute(logical_id, attribute, "Fn::Sub")
        return self._ref(name)

    def _join(self, argument: Any) -> Any:
        delimiter, given = self._arguments(argument, 2, _JOIN)
        items = self.value(given)
        if not isinstance(delimiter, str):
            raise _error(_JOIN)
        if items is UNKNOWN:
            return UNKNOWN
        if not isinstance(items, list):
            raise _error(_JOIN)
        unknown = False
        texts: list[str] = []
        for item in items:
            if item is UNKNOWN:
                unknown = True
            elif isinstance(item, dict | list):
                raise _error(_JOIN)
            else:
                texts.append(item if isinstance(item, str) else text(item))
        return UNKNOWN if unknown else delimiter.join(texts)

    def _split(self, argument: Any) -> Any:
        delimiter, given = self._arguments(argument, 2, _SPLIT)
        source = self.value(given)
        if not isinstance(delimiter, str) or not delimiter:
            raise _error(_SPLIT)
        if source is UNKNOWN:
            return UNKNOWN
        if isinstance(source, dict | list) or source is NO_VALUE:
            raise _error(_SPLIT)
        return text(source).split(delimiter)

    def _select(self, argument: Any) -> Any:
        given_index, given = self._arguments(argument, 2, _SELECT)
        index, items = self.value(given_index), self.value(given)
        if index is UNKNOWN or items is UNKNOWN:
            return UNKNOWN
        if isinstance(index, str) and _INDEX.fullmatch(index):
            index = int(index)
        if isinstance(index, bool) or not isinstance(index, int) or not isinstance(items, list):
            raise _error(_SELECT)
        if not 0 <= index < len(items):
            raise _error(f"Fn::Select cannot select nonexistent value at index {index}")
        return items[index]

    def _base64(self, argument: Any) -> Any:
        value = self.value(argument)
        if value is UNKNOWN:
            return UNKNOWN
        if isinstance(value, dict | list) or value is NO_VALUE:
            raise _error("every Fn::Base64 object must have a String-typed value.")
        return base64.b64encode(text(value).encode()).decode()

    def _cidr(self, argument: Any) -> Any:
        values = [self.value(each) for each in self._arguments(argument, 3, _CIDR)]
        if UNKNOWN in values:
            return UNKNOWN
        try:
            block, count, bits = str(values[0]), int(str(values[1])), int(str(values[2]))
            network = ipaddress.ip_network(block, strict=False)
        except ValueError:
            raise _error(_CIDR) from None
        prefix = network.max_prefixlen - bits
        if not 1 <= count <= 256:
            raise _error(f"Fn::Cidr count {count} is not between 1 and 256")
        if bits < 0 or not network.prefixlen <= prefix:
            raise _error(f"Fn::Cidr cannot split {block} into blocks with {bits} subnet bits")
        available = 1 << (prefix - network.prefixlen)
        if count > available:
            raise _error(f"Fn::Cidr {block} has only {available} blocks with {bits} subnet bits")
        subnets = network.subnets(new_prefix=prefix)
        return [str(subnet) for _, subnet in zip(range(count), subnets, strict=False)]

    # Of AWS::LanguageExtensions, where they depend on resources

    def _length(self, argument: Any) -> Any:
        value = self.value(argument)
        if value is UNKNOWN:
            return UNKNOWN
        if not isinstance(value, list):
            raise _error("every Fn::Length object requires a list or a function returning a list")
        return len(value)

    def _to_json_string(self, argument: Any) -> Any:
        value = self.value(argument)
        if has_unknown(value):
            return UNKNOWN
        if not isinstance(value, dict | list):
            raise _error("every Fn::ToJsonString object requires an object or an array")
        return to_json(value)


class _PropertyFunctions(Functions):
    """Functions of properties and outputs."""

    def __init__(
        self, template: Template, parameters: Mapping[str, Any], evaluator: Evaluator
    ) -> None:
        super().__init__(template, parameters, evaluator.condition)
        self._evaluator = evaluator

    def _reference(self, name: str) -> Any:
        if name not in self._template.resources or not self._evaluator.is_active(name):
            raise _UnresolvedError(name)
        return self._evaluator.environment.ref(name)

    def _attribute(self, logical_id: str, attribute: str, function: str) -> Any:
        if logical_id not in self._template.resources:
            raise _error(f"instance of {function} references undefined resource {logical_id}")
        if not self._evaluator.is_active(logical_id):
            raise _UnresolvedError(logical_id)
        return self._evaluator.environment.get_att(logical_id, attribute)

    def _import_value(self, argument: Any) -> Any:
        if any(each.name in self._template.resources for each in references(argument)):
            raise _error(_IMPORT_VALUE)
        name = self.value(argument)
        if not isinstance(name, str):
            raise _error(_IMPORT_VALUE)
        return self._evaluator.environment.import_value(name)


class ConditionFunctions(Functions):
    """Functions of conditions."""

    block = "Conditions"

    def __init__(
        self,
        template: Template,
        parameters: Mapping[str, Any],
        condition: Callable[[str], bool],
    ) -> None:
        super().__init__(template, parameters, condition)
        self._functions |= {
            "Condition": self._named_condition,
            "Fn::And": self._and,
            "Fn::Equals": self._equals,
            "Fn::Not": self._not,
            "Fn::Or": self._or,
        }

    def test(self, value: Any, message: str | None = None) -> bool:
        """Return the value of a function that returns a boolean.

        Raises
        ------
        ValidationError
            If it is something else, with ``message`` if it is given.
        """
        try:
            result = self.value(value)
        except _UnresolvedError as error:
            raise ValidationError(
                f"Template format error: Unresolved dependencies [{error.name}]. Cannot reference "
                f"resources in the {self.block} block of the template"
            ) from None
        if isinstance(value, dict) and isinstance(result, bool):
            return result
        raise (
            _error(message)
            if message
            else ValidationError(
                "Template format error: Conditions can only be boolean operations on parameters "
                "and other conditions"
            )
        )

    def _named_condition(self, argument: Any) -> bool:
        if not isinstance(argument, str):
            raise _error("All Conditions must be of type string")
        return self._condition(argument)

    def _attribute(self, logical_id: str, attribute: str, function: str) -> Any:
        raise _UnresolvedError(logical_id)

    def _import_value(self, argument: Any) -> Any:
        raise _error(f"Cannot use Fn::ImportValue in {self.block}.")

    def _equals(self, argument: Any) -> bool:
        values = [self.value(each) for each in self._arguments(argument, 2, _EQUALS)]
        if any(isinstance(each, dict | list) or each is NO_VALUE for each in values):
            raise _error(_EQUALS)
        return text(values[0]) == text(values[1])

    def _several(self, argument: Any, name: str) -> list[bool]:
        message = (
            f"every {name} object requires a list of at least 2 and at most 10 boolean parameters."
        )
        if not isinstance(argument, list) or not 2 <= len(argument) <= 10:
            raise _error(message)
        return [self.test(each, message) for each in argument]

    def _and(self, argument: Any) -> bool:
        return all(self._several(argument, "Fn::And"))

    def _or(self, argument: Any) -> bool:
        return any(self._several(argument, "Fn::Or"))

    def _not(self, argument: Any) -> bool:
        (each,) = self._arguments(argument, 1, _NOT)
        return not self.test(each, _NOT)


def to_json(value: Any) -> str:
    """Return what ``Fn::ToJsonString`` makes of a value."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


_INDEX = re.compile(r"-?[0-9]{1,9}")
_TESTS: Final = frozenset({"Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"})
_GET_ATT: Final = (
    "every Fn::GetAtt object requires two non-empty parameters, the resource name and the "
    "resource attribute"
)
_FIND_IN_MAP: Final = (
    "every Fn::FindInMap object requires three parameters, the map name, map key and the "
    "attribute for return value"
)
_SUB: Final = (
    "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as "
    "first argument, and an optional second argument to specify a mapping of values to replace in "
    "the string"
)
_JOIN: Final = (
    "every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of "
    "strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be "
    "joined."
)
_SPLIT: Final = (
    "every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be "
    "split or a function that returns a string to be split."
)
_SELECT: Final = (
    "Fn::Select requires a list argument with two elements: an integer index and a list"
)
_CIDR: Final = (
    "every Fn::Cidr object requires three parameters: an IP address block, the number of blocks "
    "to generate and the number of subnet bits"
)
_IMPORT_VALUE: Final = (
    "the attribute in Fn::ImportValue must not depend on any resources, imported values, or "
    "Fn::GetAZs"
)
_EQUALS: Final = "every Fn::Equals object requires a list of 2 string parameters."
_NOT: Final = "every Fn::Not object requires a list with exactly 1 boolean parameter."
