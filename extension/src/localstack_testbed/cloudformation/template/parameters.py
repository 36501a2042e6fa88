"""The values of a template's parameters.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from localstack_testbed.cloudformation.errors import ValidationError

_RESOURCE_TYPES: Final = (
    "AWS::EC2::AvailabilityZone::Name",
    "AWS::EC2::Image::Id",
    "AWS::EC2::Instance::Id",
    "AWS::EC2::KeyPair::KeyName",
    "AWS::EC2::SecurityGroup::GroupName",
    "AWS::EC2::SecurityGroup::Id",
    "AWS::EC2::Subnet::Id",
    "AWS::EC2::VPC::Id",
    "AWS::EC2::Volume::Id",
    "AWS::Route53::HostedZone::Id",
)
_LIST_TYPES: Final = frozenset(
    {
        "CommaDelimitedList",
        "List<Number>",
        "List<String>",
        *(f"List<{name}>" for name in _RESOURCE_TYPES),
    }
)
_TYPES: Final = _LIST_TYPES | {"String", "Number", *_RESOURCE_TYPES}
_SSM_NAME: Final = "AWS::SSM::Parameter::Name"
_SSM_VALUE: Final = re.compile(r"AWS::SSM::Parameter::Value<(.+)>")

# What AllowedPattern may have, being a regular expression of Java, that Python does not know.
_JAVA_CLASSES: Final = {
    "Alnum": "a-zA-Z0-9",
    "Alpha": "a-zA-Z",
    "Blank": r" \t",
    "Digit": "0-9",
    "L": "a-zA-Z",
    "Lower": "a-z",
    "N": "0-9",
    "Punct": r"!-/:-@\[-`{-~",
    "Space": r"\s",
    "Upper": "A-Z",
    "XDigit": "0-9a-fA-F",
}
_JAVA_CLASS: Final = re.compile(r"\\p\{(?:Is)?(\w+)\}")


@dataclass(frozen=True)
class ParameterValue:
    """The value of a parameter of a template.

    ``given`` is the text of the request or the default; ``resolved`` is what ``Ref`` returns: a
    list for list types, the stored text for SSM parameter types.
    """

    given: str
    resolved: Any
    no_echo: bool = False
    is_ssm: bool = False


def resolve(
    declared: Mapping[str, Mapping[str, Any]],
    given: Mapping[str, str],
    previous: Mapping[str, ParameterValue],
    use_previous: frozenset[str],
    ssm_parameter: Callable[[str], str],
) -> dict[str, ParameterValue]:
    """Return the value of each declared parameter.

    ``use_previous`` has the names that the request gives with UsePreviousValue.

    Raises
    ------
    ValidationError
        ``Parameters: [A] must have values``, ``Parameters: [B] do not exist in the template``,
        ``Parameter 'C' must match pattern …`` and so on, as AWS says it.
    """
    undeclared = sorted((given.keys() | use_previous) - declared.keys())
    if undeclared:
        raise ValidationError(f"Parameters: [{', '.join(undeclared)}] do not exist in the template")
    texts: dict[str, str] = {}
    missing: list[str] = []
    for name, declaration in declared.items():
        if name in use_previous and name not in given:
            if name not in previous:
                raise ValidationError(
                    f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as "
                    "true for a parameter key not in the previous template"
                )
            texts[name] = previous[name].given
        elif name in given:
            texts[name] = given[name]
        elif "Default" in declaration:
            texts[name] = text(declaration["Default"])
        else:
            missing.append(name)
    if missing:
        raise ValidationError(f"Parameters: [{', '.join(missing)}] must have values")
    return {
        name: _Parameter(name, declaration).value(texts[name], ssm_parameter)
        for name, declaration in declared.items()
    }


def text(value: Any) -> str:
    """Return a scalar of a template as CloudFormation writes it into a string."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


class _Parameter:
    def __init__(self, name: str, declared: Mapping[str, Any]) -> None:
        self._name = name
        self._declared = declared
        self._type = str(declared.get("Type"))

    def value(self, given: str, ssm_parameter: Callable[[str], str]) -> ParameterValue:
        no_echo = self._no_echo()
        if match := _SSM_VALUE.fullmatch(self._type):
            stored = match[1]
            if stored not in _TYPES or "Number" in stored:
                raise self._unrecognized()
            # The constraints are those of the key.
            self._check(given, [given])
            found = ssm_parameter(given)
            resolved = _split(found) if stored in _LIST_TYPES else found
            return ParameterValue(given, resolved, no_echo=no_echo, is_ssm=True)
        if self._type == _SSM_NAME:
            self._check(given, [given])
            ssm_parameter(given)
            return ParameterValue(given, given, no_echo=no_echo)
        if self._type not in _TYPES:
            raise self._unrecognized()
        if self._type in _LIST_TYPES:
            items = _split(given)
            self._check(given, items)
            return ParameterValue(given, items, no_echo=no_echo)
        self._check(given, [given])
        return ParameterValue(given, given, no_echo=no_echo)

    def _unrecognized(self) -> ValidationError:
        return ValidationError(f"Template format error: Unrecognized parameter type: {self._type}")

    def _no_echo(self) -> bool:
        value = text(self._declared.get("NoEcho", False)).lower()
        if value not in ("true", "false"):
            raise ValidationError(
                f"Template format error: [/Parameters/{self._name}/NoEcho] must be a boolean"
            )
        return value == "true"

    def _check(self, given: str, items: list[str]) -> None:
        if self._type in ("Number", "List<Number>"):
            self._check_numbers(items)
        else:
            self._reject("MinValue", "Number")
            self._reject("MaxValue", "Number")
            self._check_length(given)
        allowed = self._declared.get("AllowedValues")
        if allowed is not None:
            texts = {text(each) for each in allowed}
            if not all(item in texts for item in items):
                raise self._unsatisfied("must be one of AllowedValues")
        pattern = self._declared.get("AllowedPattern")
        if pattern is not None:
            expression = self._expression(pattern)
            if not all(expression.fullmatch(item) for item in items):
                raise self._unsatisfied(f"must match pattern {pattern}")

    def _check_numbers(self, items: list[str]) -> None:
        self._reject("MinLength", "String")
        self._reject("MaxLength", "String")
        least, most = self._limit("MinValue"), self._limit("MaxValue")
        for item in items:
            number = _number(item)
            if number is None:
                raise self._unsatisfied("must be a number")
            if least is not None and number < least:
                raise self._unsatisfied(
                    f"must be a number not less than {text(self._declared['MinValue'])}"
                )
            if most is not None and number > most:
                raise self._unsatisfied(
                    f"must be a number not greater than {text(self._declared['MaxValue'])}"
                )

    def _check_length(self, given: str) -> None:
        least, most = self._limit("MinLength"), self._limit("MaxLength")
        if least is not None and len(given) < least:
            raise self._unsatisfied(f"must contain at least {int(least)} characters")
        if most is not None and len(given) > most:
            raise self._unsatisfied(f"must contain at most {int(most)} characters")

    def _reject(self, constraint: str, type_name: str) -> None:
        if constraint in self._declared:
            raise ValidationError(
                f"Template error: Parameter '{self._name}' {constraint} must be on a parameter of "
                f"type {type_name}"
            )

    def _limit(self, constraint: str) -> float | None:
        if constraint not in self._declared:
            return None
        number = _number(text(self._declared[constraint]))
        if number is None:
            raise ValidationError(
                f"Template format error: [/Parameters/{self._name}/{constraint}] must be a number"
            )
        return number

    def _expression(self, pattern: str) -> re.Pattern[str]:
        translated = _JAVA_CLASS.sub(self._java_class, pattern)
        try:
            return re.compile(translated, re.ASCII)
        except re.error:
            raise ValidationError(
                f"Template error: Parameter '{self._name}' AllowedPattern must be a valid regular "
                "expression"
            ) from None

    @staticmethod
    def _java_class(match: re.Match[str]) -> str:
        characters = _JAVA_CLASSES.get(match[1])
        if characters is None:
            return match[0]
        before = match.string[: match.start()]
        in_class = before.rfind("[") > before.rfind("]")
        return characters if in_class else f"[{characters}]"

    def _unsatisfied(self, reason: str) -> ValidationError:
        description = self._declared.get("ConstraintDescription")
        if description is not None:
            return ValidationError(
                f"Parameter {self._name} failed to satisfy constraint: {description}"
            )
        return ValidationError(f"Parameter '{self._name}' {reason}")


def _split(given: str) -> list[str]:
    """Return the items of a list without the spaces around them: one, "", of an empty text."""
    return [item.strip() for item in given.split(",")]


def _number(given: str) -> float | None:
    try:
        number = float(given)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in given else None
