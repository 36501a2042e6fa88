"""Validation of parameters against the constraints in an API's model, which AWS checks first.

LocalStack has the same models, from botocore, and does not check their constraints.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from localstack.aws.api import CommonServiceException

_FAILED = "failed to satisfy constraint"

# Documented limits that are stricter than the model's, by shape name.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_DOCUMENTED = {"Timeout": {"max": 900}, "MemorySize": {"max": 10_240}}

# Shapes whose violations are not a ValidationException: Lambda's error for unknown runtimes is an
# InvalidParameterValueException, which LocalStack raises with AWS's words.
_CHECKED_BY_SERVICE = {"Runtime"}


def check_limits(request: Mapping[str, Any], shape: Any) -> None:
    """Validate every value of a request against its shape in the API's model.

    Raises
    ------
    CommonServiceException
        A ``ValidationException`` that lists all violations.
    """
    errors = list(_violations(request, shape, ""))
    if errors:
        count = f"{len(errors)} validation error{'s' if len(errors) > 1 else ''} detected"
        raise CommonServiceException("ValidationException", f"{count}: {'; '.join(errors)}")


def _violations(value: Any, shape: Any, path: str) -> Iterator[str]:
    """Yield AWS's messages for a value and all values that it contains."""
    kind = shape.type_name
    if kind == "structure":
        for name, member in shape.members.items():
            inner = _lower_first(f"{path}.{name}" if path else name)
            if (content := value.get(name)) is not None:
                yield from _violations(content, member, inner)
            elif name in shape.required_members:
                yield f"Value null at '{inner}' {_FAILED}: Member must not be null"
    elif kind == "list":
        for number, content in enumerate(value, 1):
            yield from _violations(content, shape.member, f"{path}.{number}.member")
    elif kind == "map":
        for constraint in dict.fromkeys(
            each for key in value for each in _unmet_constraints(key, shape.key)
        ):
            shown = ", ".join(f"{key}={content}" for key, content in value.items())
            constraint = f"Map keys must satisfy constraint: [Member must {constraint}]"
            yield f"Value '{{{shown}}}' at '{path}' {_FAILED}: {constraint}"
    else:
        for constraint in _unmet_constraints(value, shape):
            yield f"Value '{value}' at '{path}' {_FAILED}: Member must {constraint}"


def _unmet_constraints(value: Any, shape: Any) -> Iterator[str]:
    """Yield the constraints that a string or number violates, as AWS words them."""
    limits = shape.metadata | _DOCUMENTED.get(shape.name, {})
    low, high, pattern = limits.get("min"), limits.get("max"), limits.get("pattern")
    if shape.type_name == "string":
        size, what = len(value), "length"
        if pattern and not re.fullmatch(pattern, value):
            yield f"satisfy regular expression pattern: {pattern}"
        if shape.enum and value not in shape.enum and shape.name not in _CHECKED_BY_SERVICE:
            yield f"satisfy enum value set: [{', '.join(shape.enum)}]"
    elif shape.type_name in ("integer", "long"):
        size, what = value, "value"
    else:
        return
    if low is not None and size < low:
        yield f"have {what} greater than or equal to {low}"
    if high is not None and size > high:
        yield f"have {what} less than or equal to {high}"


def _lower_first(path: str) -> str:
    return ".".join(part[:1].lower() + part[1:] for part in path.split("."))
