"""Parameters.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from collections.abc import Mapping
from typing import Any

import pytest
from localstack_testbed.cloudformation.template.parameters import ParameterValue, resolve

from tests.extension.unit.cloudformation.templates import message, stored


def value(given: str | None, **declared: Any) -> ParameterValue:
    return values({"P": declared}, {} if given is None else {"P": given})["P"]


def values(
    declared: Mapping[str, Mapping[str, Any]],
    given: Mapping[str, str],
    previous: Mapping[str, ParameterValue] | None = None,
    use_previous: frozenset[str] = frozenset(),
) -> dict[str, ParameterValue]:
    return resolve(declared, given, previous or {}, use_previous, stored)


@pytest.mark.parametrize(
    ("type_name", "given", "resolved"),
    [
        ("String", "a, b", "a, b"),
        ("String", "", ""),
        ("Number", "1.50", "1.50"),
        ("List<Number>", "80, 443", ["80", "443"]),
        ("CommaDelimitedList", "a, b ,c", ["a", "b", "c"]),
        # As on AWS: https://github.com/aws-cloudformation/cfn-language-discussion/issues/102
        ("CommaDelimitedList", "", [""]),
        ("AWS::EC2::VPC::Id", "vpc-1", "vpc-1"),
        ("List<AWS::EC2::Subnet::Id>", "subnet-1,subnet-2", ["subnet-1", "subnet-2"]),
        ("AWS::SSM::Parameter::Name", "/version", "/version"),
    ],
)
def test_types(type_name: str, given: str, resolved: Any) -> None:
    assert value(given, Type=type_name) == ParameterValue(given, resolved)


@pytest.mark.parametrize(
    ("type_name", "given", "resolved"),
    [
        ("AWS::SSM::Parameter::Value<String>", "/version", "21"),
        ("AWS::SSM::Parameter::Value<List<String>>", "/zones", ["a", "b"]),
        ("AWS::SSM::Parameter::Value<CommaDelimitedList>", "/zones", ["a", "b"]),
        ("AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", "/version", "21"),
        ("AWS::SSM::Parameter::Value<List<AWS::EC2::Subnet::Id>>", "/zones", ["a", "b"]),
    ],
)
def test_values_of_parameter_store(type_name: str, given: str, resolved: Any) -> None:
    assert value(given, Type=type_name) == ParameterValue(given, resolved, is_ssm=True)


@pytest.mark.parametrize(
    ("default", "text"), [("a", "a"), (1, "1"), (1.5, "1.5"), (True, "true"), (False, "false")]
)
def test_defaults(default: Any, text: str) -> None:
    assert value(None, Type="String", Default=default) == ParameterValue(text, text)
    assert value("b", Type="String", Default=default) == ParameterValue("b", "b")


@pytest.mark.parametrize(("given", "hidden"), [(True, True), ("true", True), ("False", False)])
def test_no_echo(given: Any, hidden: bool) -> None:
    assert value("a", Type="String", NoEcho=given).no_echo is hidden


@pytest.mark.parametrize(
    ("declared", "given"),
    [
        ({"Type": "String", "AllowedValues": ["a", True, 1]}, "true"),
        ({"Type": "String", "AllowedValues": ["a", True, 1]}, "1"),
        ({"Type": "CommaDelimitedList", "AllowedValues": ["a", "b"]}, "b, a"),
        ({"Type": "String", "AllowedPattern": "[a-z]+"}, "abc"),
        ({"Type": "String", "AllowedPattern": r"^[\p{Alnum}_]*\p{Punct}$"}, "a_1!"),
        ({"Type": "CommaDelimitedList", "AllowedPattern": "[a-z]+"}, "abc, d"),
        ({"Type": "String", "MinLength": "2", "MaxLength": 3}, "abc"),
        ({"Type": "Number", "MinValue": -1.5, "MaxValue": "3"}, "-1.5"),
        ({"Type": "List<Number>", "MinValue": 1, "MaxValue": 3}, "1,3"),
        ({"Type": "AWS::EC2::KeyPair::KeyName", "MinLength": 1, "AllowedPattern": ".+"}, "key"),
    ],
)
def test_satisfied_constraints(declared: dict[str, Any], given: str) -> None:
    value(given, **declared)


@pytest.mark.parametrize(
    ("declared", "given", "expected"),
    [
        ({"Type": "String", "AllowedValues": ["a"]}, "b", "must be one of AllowedValues"),
        (
            {"Type": "CommaDelimitedList", "AllowedValues": ["a"]},
            "a,b",
            "must be one of AllowedValues",
        ),
        ({"Type": "String", "AllowedPattern": "[a-z]+"}, "aB", "must match pattern [a-z]+"),
        ({"Type": "String", "AllowedPattern": "^a$"}, "a\n", "must match pattern ^a$"),
        ({"Type": "String", "AllowedPattern": r"\d"}, "٣", r"must match pattern \d"),
        ({"Type": "CommaDelimitedList", "AllowedPattern": "a"}, "a,b", "must match pattern a"),
        ({"Type": "CommaDelimitedList", "AllowedPattern": r"\w+"}, "", r"must match pattern \w+"),
        ({"Type": "String", "MinLength": 8}, "a", "must contain at least 8 characters"),
        ({"Type": "String", "MaxLength": "1"}, "ab", "must contain at most 1 characters"),
        ({"Type": "Number"}, "a", "must be a number"),
        ({"Type": "Number"}, "nan", "must be a number"),
        ({"Type": "Number"}, "", "must be a number"),
        ({"Type": "List<Number>"}, "1,a", "must be a number"),
        ({"Type": "Number", "MinValue": 1}, "0", "must be a number not less than 1"),
        ({"Type": "Number", "MaxValue": "2.5"}, "3", "must be a number not greater than 2.5"),
    ],
)
def test_unsatisfied_constraints(declared: dict[str, Any], given: str, expected: str) -> None:
    assert message(lambda: value(given, **declared)) == f"Parameter 'P' {expected}"
    described = {**declared, "ConstraintDescription": "think again"}
    assert message(lambda: value(given, **described)) == (
        "Parameter P failed to satisfy constraint: think again"
    )


def test_defaults_have_to_satisfy_constraints() -> None:
    declared = {"Type": "String", "Default": "b", "AllowedValues": ["a"]}
    assert message(lambda: value(None, **declared)) == "Parameter 'P' must be one of AllowedValues"


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({"Type": "Text"}, "Template format error: Unrecognized parameter type: Text"),
        (
            {"Type": "AWS::SSM::Parameter::Value<Number>"},
            "Template format error: Unrecognized parameter type: "
            "AWS::SSM::Parameter::Value<Number>",
        ),
        (
            {"Type": "String", "NoEcho": "maybe"},
            "Template format error: [/Parameters/P/NoEcho] must be a boolean",
        ),
        (
            {"Type": "String", "MinLength": "few"},
            "Template format error: [/Parameters/P/MinLength] must be a number",
        ),
        (
            {"Type": "String", "MinValue": 1},
            "Template error: Parameter 'P' MinValue must be on a parameter of type Number",
        ),
        (
            {"Type": "Number", "MaxLength": 1},
            "Template error: Parameter 'P' MaxLength must be on a parameter of type String",
        ),
        (
            {"Type": "String", "AllowedPattern": "["},
            "Template error: Parameter 'P' AllowedPattern must be a valid regular expression",
        ),
    ],
)
def test_invalid_declarations(declared: dict[str, Any], expected: str) -> None:
    assert message(lambda: value("/version", **declared)) == expected


def test_missing_and_undeclared_parameters() -> None:
    declared = {
        "A": {"Type": "String"},
        "B": {"Type": "String"},
        "C": {"Type": "String", "Default": ""},
    }
    assert message(lambda: values(declared, {})) == "Parameters: [A, B] must have values"
    given = {"A": "", "B": "", "Y": "", "X": ""}
    assert message(lambda: values(declared, given)) == (
        "Parameters: [X, Y] do not exist in the template"
    )
    assert values(declared, {"A": "", "B": "b"})["A"].resolved == ""


def test_previous_values() -> None:
    """A default replaces a previous value that the request does not ask for."""
    declared = {"A": {"Type": "String", "Default": "a"}, "B": {"Type": "String", "Default": "b"}}
    previous = {"A": ParameterValue("old", "old"), "B": ParameterValue("old", "old")}
    resolved = values(declared, {}, previous, frozenset({"A"}))
    assert {name: each.resolved for name, each in resolved.items()} == {"A": "old", "B": "b"}


def test_previous_values_of_parameter_store_are_read_again() -> None:
    declared = {"A": {"Type": "AWS::SSM::Parameter::Value<String>"}}
    previous = {"A": ParameterValue("/version", "20", is_ssm=True)}
    assert values(declared, {}, previous, frozenset({"A"}))["A"].resolved == "21"


def test_previous_value_that_does_not_exist() -> None:
    assert message(lambda: values({"A": {"Type": "String"}}, {}, {}, frozenset({"A"}))) == (
        "Invalid input for parameter key A. Cannot specify usePreviousValue as true for a "
        "parameter key not in the previous template"
    )
