"""Stack policies: which resources an update may change.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, cast

from localstack_testbed.cloudformation.api import s3_urls
from localstack_testbed.cloudformation.errors import ValidationError

if TYPE_CHECKING:
    from localstack_testbed.cloudformation.api.places import Place

_LONGEST = 16_384
_PREFIX = "LogicalResourceId/"


def policy_text(place: "Place", body: str | None, url: str | None) -> str | None:
    """Return the stack policy that a request contains or names by a URL; None if it has none.

    Raises
    ------
    ValidationError
        If the policy is invalid.
    """
    if body and url:
        raise ValidationError("You cannot specify both StackPolicyURL and StackPolicyBody")
    text = s3_urls.read(url, place, longest=_LONGEST, name="StackPolicyURL") if url else body
    if text:
        _statements(text)
    return text or None


def check_changes(policy: str, changes: Iterable[Mapping[str, Any]]) -> None:
    """Check whether a stack policy allows all changes.

    On AWS the update begins, fails at the first resource that the policy protects, and is rolled
    back; here it does not begin.

    Parameters
    ----------
    changes
        Entries of DescribeChangeSet's ``Changes``.

    Raises
    ------
    ValidationError
        With what is denied.
    """
    statements = _statements(policy)
    for entry in changes:
        change = entry["ResourceChange"]
        for action in _actions(change):
            if problem := _denied(statements, action, change):
                raise ValidationError(f"Action denied by stack policy: {problem}")


def _actions(change: Mapping[str, Any]) -> Iterator[str]:
    match change["Action"], change.get("Replacement"):
        case "Remove", _:
            yield "Update:Delete"
        case "Modify", "True":
            yield "Update:Replace"
        case "Modify", "Conditional":
            yield from ("Update:Modify", "Update:Replace")
        case "Modify", _:
            yield "Update:Modify"


def _denied(statements: list[dict[str, Any]], action: str, change: Mapping[str, Any]) -> str | None:
    name = change["LogicalResourceId"]
    allowed = False
    for number, statement in enumerate(statements, 1):
        if not _applies(statement, action, name, change["ResourceType"]):
            continue
        if statement["Effect"] == "Deny":
            return f"Statement [#{number}] does not allow [{action}] for resource [{name}]"
        allowed = True
    if allowed:
        return None
    return f"no statement allows [{action}] for resource [{name}]"


def _applies(statement: dict[str, Any], action: str, name: str, type_name: str) -> bool:
    matches = {
        "Action": lambda pattern: fnmatchcase(action, pattern),
        "Resource": lambda pattern: fnmatchcase(name, pattern.removeprefix(_PREFIX)),
    }
    for key, matching in matches.items():
        if key in statement:
            if not any(map(matching, _list(statement[key]))):
                return False
        elif any(map(matching, _list(statement[f"Not{key}"]))):
            return False
    conditions = statement.get("Condition", {})
    return all(
        any(fnmatchcase(type_name, pattern) for pattern in _list(condition["ResourceType"]))
        for condition in conditions.values()
    )


def _statements(text: str) -> list[dict[str, Any]]:
    try:
        policy = json.loads(text)
    except (ValueError, RecursionError):
        raise ValidationError("Error validating stack policy: Invalid stack policy") from None
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise ValidationError("Error validating stack policy: Invalid stack policy")
    for statement in statements:
        _check(statement)
    return cast(list[dict[str, Any]], statements)


def _check(statement: Any) -> None:
    def invalid(what: str) -> ValidationError:
        return ValidationError(f"Error validating stack policy: {what}")

    if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
        raise invalid("Effect must be Allow or Deny")
    for key in ("Action", "Resource"):
        if (key in statement) == (f"Not{key}" in statement):
            raise invalid(f"a statement must have either {key} or Not{key}")
        given = _list(statement.get(key, statement.get(f"Not{key}")))
        if not all(isinstance(each, str) for each in given):
            raise invalid(f"{key} must be a string or a list of strings")
        if key == "Action" and not all(each.startswith("Update:") for each in given):
            raise invalid("Action must begin with Update:")
        if key == "Resource" and not all(each == "*" or each.startswith(_PREFIX) for each in given):
            raise invalid(f"Resource must be * or begin with {_PREFIX}")
    if statement.get("Principal") not in ("*", ["*"], {"AWS": "*"}):
        raise invalid("Principal must be *")
    conditions = statement.get("Condition", {})
    if not isinstance(conditions, dict):
        raise invalid("Condition must be an object")
    for operator, condition in conditions.items():
        if operator not in ("StringEquals", "StringLike") or (
            not isinstance(condition, dict) or list(condition) != ["ResourceType"]
        ):
            raise invalid("Condition must compare ResourceType by StringEquals or StringLike")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
