"""Checks of requests against the constraints of the API's model.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from localstack_testbed.cloudformation.errors import ValidationError

STACK_NAME = "[a-zA-Z][-a-zA-Z0-9]*"
_LONGEST_VALUE = 200


def check(request: Mapping[str, Any], shape: Any) -> None:
    """Check the members of a request: which are required, and their lengths, patterns and enums.

    Raises
    ------
    ValidationError
        With all that is wrong, as AWS words it.
    """
    violations = list(_structure(request, shape, ""))
    if violations:
        raise ValidationError(_message(violations))


def check_stack_name(name: str) -> None:
    """Check the name of a stack that is to be created.

    Raises
    ------
    ValidationError
        https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
    """
    violations = list(_length(name, "stackName", None, 128))
    if not re.fullmatch(STACK_NAME, name):
        violations.append(_pattern(name, "stackName", STACK_NAME))
    if violations:
        raise ValidationError(_message(violations))


def limit_exceeded(value: str, path: str, longest: int) -> ValidationError:
    """Return the error for a value that is longer than a limit, in bytes."""
    constraint = f"Member must have length less than or equal to {longest}"
    return ValidationError(_message([_violation(value, path, constraint)]))


def _message(violations: list[str]) -> str:
    errors = "error" if len(violations) == 1 else "errors"
    return f"{len(violations)} validation {errors} detected: {'; '.join(violations)}"


def _structure(value: Mapping[str, Any], shape: Any, prefix: str) -> Iterator[str]:
    for name, member in shape.members.items():
        path = f"{prefix}{name[0].lower()}{name[1:]}"
        given = value.get(name)
        if given is not None:
            yield from _any(given, member, path)
        elif name in shape.required_members:
            yield _violation(None, path, "Member must not be null")


def _any(value: Any, shape: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure":
        yield from _structure(value, shape, f"{path}.")
        return
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if shape.type_name == "list":
        yield from _length(value, path, low, high)
        for number, each in enumerate(value, 1):
            if each is None:
                yield _violation(None, f"{path}.{number}.member", "Member must not be null")
            else:
                yield from _any(each, shape.member, f"{path}.{number}.member")
    elif shape.type_name == "string":
        enum = shape.metadata.get("enum")
        if enum and value not in enum:
            allowed = ", ".join(enum)
            yield _violation(value, path, f"Member must satisfy enum value set: [{allowed}]")
            return
        yield from _length(value, path, low, high)
        pattern = shape.metadata.get("pattern")
        if pattern and not re.fullmatch(pattern, value):
            yield _pattern(value, path, pattern)
    elif shape.type_name == "integer":
        if low is not None and value < low:
            yield _violation(value, path, f"Member must have value greater than or equal to {low}")
        if high is not None and value > high:
            yield _violation(value, path, f"Member must have value less than or equal to {high}")


def _length(value: Any, path: str, low: int | None, high: int | None) -> Iterator[str]:
    if low is not None and len(value) < low:
        yield _violation(value, path, f"Member must have length greater than or equal to {low}")
    if high is not None and len(value) > high:
        yield _violation(value, path, f"Member must have length less than or equal to {high}")


def _pattern(value: str, path: str, pattern: str) -> str:
    return _violation(value, path, f"Member must satisfy regular expression pattern: {pattern}")


def _violation(value: Any, path: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{str(value)[:_LONGEST_VALUE]}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"
