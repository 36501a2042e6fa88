"""Evaluation of a policy's ``Condition`` element.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

import ipaddress
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from localstack_testbed.permissions.policies import Condition, Pattern, Values

type Test = Callable[[str, Pattern, Values], bool]

_QUANTIFIERS = {"forallvalues": all, "foranyvalue": any}
_IF_EXISTS = "ifexists"
_NULL = "null"


def is_met(condition: Condition, values: Values) -> bool:
    """Return whether a condition is met; a condition with an unknown operator never is."""
    quantifier, _, operator = condition.operator.lower().rpartition(":")
    given = values.get(condition.key)
    if operator == _NULL:
        return any(pattern.text == str(given is None).lower() for pattern in condition.patterns)
    if_exists = operator.endswith(_IF_EXISTS)
    if if_exists:
        operator = operator.removesuffix(_IF_EXISTS)
    if operator not in _OPERATORS or (quantifier and quantifier not in _QUANTIFIERS):
        return False
    test, negates = _OPERATORS[operator]
    if given is None:
        return if_exists or quantifier == "forallvalues" or (negates and not quantifier)

    def meets(value: str) -> bool:
        found = any(test(value, pattern, values) for pattern in condition.patterns)
        return found != negates

    several = (given,) if isinstance(given, str) else given
    # Without a quantifier, one matching value of a multivalued key is enough; a negated operator
    # requires that none matches.
    combine: Callable[[Iterable[bool]], bool] = _QUANTIFIERS.get(quantifier) or (
        all if negates else any
    )
    return combine(meets(value) for value in several)


def _equals(value: str, pattern: Pattern, values: Values) -> bool:
    return pattern.expand(values) == value


def _equals_ignore_case(value: str, pattern: Pattern, values: Values) -> bool:
    expanded = pattern.expand(values)
    return expanded is not None and expanded.casefold() == value.casefold()


def _like(value: str, pattern: Pattern, values: Values) -> bool:
    return pattern.matches(value, values)


def _arn_like(value: str, pattern: Pattern, values: Values) -> bool:
    """Match each of the six parts of an ARN separately."""
    wanted, given = pattern.text.split(":", 5), value.split(":", 5)
    return len(wanted) == len(given) == 6 and all(
        Pattern(part, pattern.has_variables).matches(other, values)
        for part, other in zip(wanted, given, strict=True)
    )


def _comparison(read: Callable[[str], float], compare: Callable[[float, float], bool]) -> Test:
    """Return a test that converts both values with ``read`` and compares them."""

    def test(value: str, pattern: Pattern, values: Values) -> bool:
        try:
            return compare(read(value), read(pattern.expand(values) or ""))
        except ValueError:
            return False

    return test


def _seconds(text: str) -> float:
    """Convert seconds since the epoch, or ISO 8601, to seconds since the epoch."""
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _is_in_network(value: str, pattern: Pattern, values: Values) -> bool:
    try:
        network = ipaddress.ip_network(pattern.expand(values) or "", strict=False)
        return ipaddress.ip_address(value) in network
    except ValueError:
        return False


def _with_negations(tests: dict[str, Test]) -> dict[str, tuple[Test, bool]]:
    """Return all operators: the given ones, and their negated forms where AWS has one."""
    operators: dict[str, tuple[Test, bool]] = {}
    for name, test in tests.items():
        operators[name] = (test, False)
        for kind in ("string", "arn"):
            if name.startswith(kind):
                operators[f"{kind}not{name.removeprefix(kind)}"] = (test, True)
    return operators | {
        "numericnotequals": (tests["numericequals"], True),
        "datenotequals": (tests["dateequals"], True),
        "notipaddress": (tests["ipaddress"], True),
    }


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "equals": lambda one, other: one == other,
    "lessthan": lambda one, other: one < other,
    "lessthanequals": lambda one, other: one <= other,
    "greaterthan": lambda one, other: one > other,
    "greaterthanequals": lambda one, other: one >= other,
}

_OPERATORS = _with_negations(
    {
        "stringequals": _equals,
        "stringequalsignorecase": _equals_ignore_case,
        "stringlike": _like,
        # ArnEquals and ArnLike behave identically:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
        "arnequals": _arn_like,
        "arnlike": _arn_like,
        "bool": _equals_ignore_case,
        "binaryequals": _equals,
        "ipaddress": _is_in_network,
        **{f"numeric{name}": _comparison(float, compare) for name, compare in _COMPARISONS.items()},
        **{f"date{name}": _comparison(_seconds, compare) for name, compare in _COMPARISONS.items()},
    }
)
