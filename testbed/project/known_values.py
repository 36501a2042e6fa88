"""What of a template's values and conditions is known before it is deployed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from testbed.project.template import as_text, section


class KnownValues:
    """Evaluates what depends only on parameters, mappings and the region.

    Everything else is unknown, and CloudFormation finds out.

    Parameters
    ----------
    parameters
        The values that are given; the others have the template's defaults.
    """

    def __init__(
        self, template: dict[str, Any], parameters: Mapping[str, str], region: str
    ) -> None:
        self._conditions = section(template, "Conditions")
        self._mappings = section(template, "Mappings")
        self._known: dict[str, bool | None] = {}
        """The values of conditions: each is evaluated once, however often others use it."""

        self._names = {"AWS::Region": region, "AWS::Partition": "aws"}
        for name, parameter in section(template, "Parameters").items():
            kind = str(parameter.get("Type", "")) if isinstance(parameter, dict) else ""
            if kind.startswith("AWS::SSM::Parameter::Value<"):
                continue  # the value is in the Parameter Store
            if name in parameters:
                self._names[name] = parameters[name]
            elif isinstance(parameter, dict) and "Default" in parameter:
                self._names[name] = as_text(parameter["Default"])

    def text(self, value: Any) -> str | None:
        """Return a value as text, or None if it is not known."""
        try:
            return self._text(value)
        except RecursionError:  # conditions that depend on each other, which are rejected later
            return None

    def exists(self, resource: Mapping[str, Any]) -> bool:
        """Return whether a resource is or may be created: its condition is not known as false."""
        name = resource.get("Condition")
        try:
            return not isinstance(name, str) or self._condition({"Condition": name}) is not False
        except RecursionError:
            return True

    def _text(self, value: Any) -> str | None:
        if isinstance(value, str | int | float):
            return as_text(value)
        match value:
            case {"Ref": str(name)}:
                return self._names.get(name)
            case {"Fn::If": [str(name), yes, no]}:
                chosen = self._condition({"Condition": name})
                return None if chosen is None else self._text(yes if chosen else no)
            case {"Fn::FindInMap": [*keys]}:
                found: Any = self._mappings
                for key in map(self._text, keys):
                    found = found.get(key) if isinstance(found, dict) else None
                return as_text(found) if isinstance(found, str | int | float) else None
        return None

    def _condition(self, condition: Any) -> bool | None:
        match condition:
            case {"Condition": str(name)}:
                if name not in self._known:
                    self._known[name] = self._condition(self._conditions.get(name))
                return self._known[name]
            case {"Fn::Equals": [left, right]}:
                one, other = self._text(left), self._text(right)
                return None if one is None or other is None else one == other
            case {"Fn::Not": [inner]}:
                found = self._condition(inner)
                return None if found is None else not found
            case {"Fn::And": [*parts]}:
                return _all([self._condition(part) for part in parts])
            case {"Fn::Or": [*parts]}:
                each = [self._condition(part) for part in parts]
                none = _all([None if one is None else not one for one in each])
                return None if none is None else not none
        return None


def _all(values: list[bool | None]) -> bool | None:
    """Return the conjunction of values of which some are not known."""
    if False in values:
        return False
    return None if None in values else True
