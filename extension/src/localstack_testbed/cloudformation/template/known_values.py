"""The values of intrinsic functions that are known before any resource exists.

Transforms need them: the collection of a loop, the location of a snippet, a name in ``Ref``.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from localstack_testbed.cloudformation.errors import ValidationError
from localstack_testbed.cloudformation.template.document import Document

_VARIABLE: Final = re.compile(r"\$\{([^{}]*)\}")
_NO_VALUE: Final = object()


class NotKnown(Exception):
    """The value depends on a resource, or on something that does not exist."""


def is_function(value: Any) -> bool:
    """Return whether a value is a call of an intrinsic function."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    name = next(iter(value))
    return isinstance(name, str) and (name.startswith("Fn::") or name in {"Ref", "Condition"})


def as_text(value: Any) -> str:
    """Return a scalar as CloudFormation writes it into a string."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def fill(text: str, value: Callable[[str], str | None]) -> str:
    """Replace the variables of the text of an ``Fn::Sub``, unless their value is None."""

    def replaced(match: re.Match[str]) -> str:
        name = match.group(1)
        found = None if name.startswith("!") else value(name.strip())
        return match.group(0) if found is None else found

    return _VARIABLE.sub(replaced, text)


def sub_parts(argument: Any) -> tuple[str, Mapping[str, Any]] | None:
    """Return the text and the variables of an ``Fn::Sub``, or None if it has another form."""
    match argument:
        case str():
            return argument, {}
        case [str() as text, dict() as variables]:
            return text, variables
        case _:
            return None


@dataclass(frozen=True)
class KnownValues:
    """What is known: parameters, mappings, conditions, and the items of surrounding loops."""

    parameters: Mapping[str, Any]
    mappings: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    items: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Document, parameters: Mapping[str, Any]) -> "KnownValues":
        """Return what is known of a template."""
        sections = (document.get(name) for name in ("Mappings", "Conditions"))
        return cls(parameters, *(each if isinstance(each, dict) else {} for each in sections))

    def with_item(self, identifier: str, item: str) -> "KnownValues":
        """Return the same, within a loop."""
        return replace(self, items={**self.items, identifier: item})

    def value(self, value: Any) -> Any:
        """Return a value without intrinsic functions.

        Raises
        ------
        NotKnown
            If a function in it has no value yet.
        ValidationError
            If a function has a wrong argument.
        """
        found = self._value(value)
        if found is _NO_VALUE:
            raise NotKnown("AWS::NoValue")
        return found

    def text(self, value: Any) -> str:
        """Return a value that must be a string.

        Raises
        ------
        NotKnown
            If it has no value yet, or is a list or an object.
        """
        found = self.value(value)
        if isinstance(found, dict | list) or found is None:
            raise NotKnown(value)
        return as_text(found)

    def items_of(self, value: Any) -> list[Any]:
        """Return a value that must be a list.

        Raises
        ------
        NotKnown
            If it has no value yet, or is not a list.
        """
        found = self.value(value)
        if not isinstance(found, list):
            raise NotKnown(value)
        return found

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [found for part in value if (found := self._value(part)) is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if not is_function(value):
            return {
                key: found
                for key, part in value.items()
                if (found := self._value(part)) is not _NO_VALUE
            }
        name, argument = next(iter(value.items()))
        function = _FUNCTIONS.get(name)
        if function is None:
            raise NotKnown(name)
        return function(self, argument)

    def _ref(self, argument: Any) -> Any:
        name = self.text(argument)
        if name in self.items:
            return self.items[name]
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name not in self.parameters:
            raise NotKnown(name)
        return self.parameters[name]

    def _sub(self, argument: Any) -> str:
        parts = sub_parts(argument)
        if parts is None:
            raise NotKnown("Fn::Sub")
        text, variables = parts

        def value(name: str) -> str:
            return self.text(variables.get(name, {"Ref": name}))

        return fill(text, value).replace("${!", "${")

    def _join(self, argument: Any) -> str:
        delimiter, parts = self._two(argument)
        return self.text(delimiter).join(as_text(part) for part in self._scalars(parts))

    def _split(self, argument: Any) -> list[str]:
        delimiter, text = self._two(argument)
        return self.text(text).split(self.text(delimiter))

    def _select(self, argument: Any) -> Any:
        position, parts = self._two(argument)
        found, index = self.items_of(parts), self.text(position)
        if not index.isdigit() or int(index) >= len(found):
            raise ValidationError(
                f"Template error: Fn::Select cannot select nonexistent value at index {index}"
            )
        return found[int(index)]

    def mapped(self, argument: Any) -> Any:
        """Return what an ``Fn::FindInMap`` finds; the default as it is in the template.

        Raises
        ------
        NotKnown
            If one of the names has no value yet.
        ValidationError
            If there is neither a value nor a default.
        """
        match argument:
            case [name, first, second]:
                default = _NO_VALUE
            case [name, first, second, {"DefaultValue": default}]:
                pass
            case _:
                raise NotKnown("Fn::FindInMap")
        path = (self.text(name), self.text(first), self.text(second))
        found: Any = self.mappings
        for key in path:
            if not isinstance(found, dict) or key not in found:
                if default is _NO_VALUE:
                    raise ValidationError(
                        f"Template error: Unable to get mapping for {'::'.join(path)}"
                    )
                return default
            found = found[key]
        return found

    def _find_in_map(self, argument: Any) -> Any:
        return self._value(self.mapped(argument))

    def _base64(self, argument: Any) -> str:
        return base64.b64encode(self.text(argument).encode()).decode()

    def _length(self, argument: Any) -> int:
        return len(self.items_of(argument))

    def _to_json(self, argument: Any) -> str:
        return to_json(self.value(argument))

    def _if(self, argument: Any) -> Any:
        match argument:
            case [condition, true, false]:
                return self._value(true if self._condition(condition) else false)
            case _:
                raise NotKnown("Fn::If")

    def _condition(self, name: Any) -> bool:
        key = self.text(name)
        if key not in self.conditions:
            raise NotKnown(key)
        # Without this condition, so that one which refers to itself ends.
        others = {other: value for other, value in self.conditions.items() if other != key}
        return replace(self, conditions=others)._truth(self.conditions[key])

    def _truth(self, value: Any) -> bool:
        found = self.value(value)
        if not isinstance(found, bool):
            raise NotKnown(value)
        return found

    def _equals(self, argument: Any) -> bool:
        first, second = self._two(argument)
        found = [self.value(part) for part in (first, second)]
        if any(isinstance(part, dict | list) for part in found):
            return bool(found[0] == found[1])
        return as_text(found[0]) == as_text(found[1])

    def _and(self, argument: Any) -> bool:
        return all(self._truth(part) for part in _parts(argument))

    def _or(self, argument: Any) -> bool:
        return any(self._truth(part) for part in _parts(argument))

    def _not(self, argument: Any) -> bool:
        match argument:
            case [part]:
                return not self._truth(part)
            case _:
                raise NotKnown("Fn::Not")

    def _two(self, argument: Any) -> tuple[Any, Any]:
        match argument:
            case [first, second]:
                return first, second
            case _:
                raise NotKnown(argument)

    def _scalars(self, value: Any) -> list[Any]:
        found = self.items_of(value)
        if any(isinstance(part, dict | list) for part in found):
            raise NotKnown(value)
        return found


def _parts(argument: Any) -> list[Any]:
    if not isinstance(argument, list):
        raise NotKnown(argument)
    return argument


def to_json(value: Any) -> str:
    """Return what ``Fn::ToJsonString`` makes of a value."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


_FUNCTIONS: Final[Mapping[str, Callable[[KnownValues, Any], Any]]] = {
    "Ref": KnownValues._ref,
    "Condition": KnownValues._condition,
    "Fn::And": KnownValues._and,
    "Fn::Base64": KnownValues._base64,
    "Fn::Equals": KnownValues._equals,
    "Fn::FindInMap": KnownValues._find_in_map,
    "Fn::If": KnownValues._if,
    "Fn::Join": KnownValues._join,
    "Fn::Length": KnownValues._length,
    "Fn::Not": KnownValues._not,
    "Fn::Or": KnownValues._or,
    "Fn::Select": KnownValues._select,
    "Fn::Split": KnownValues._split,
    "Fn::Sub": KnownValues._sub,
    "Fn::ToJsonString": KnownValues._to_json,
}
