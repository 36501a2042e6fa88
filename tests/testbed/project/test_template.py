from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from testbed.errors import ProjectError
from testbed.project.template import check_parameters, read_template


def written(folder: Path, text: str) -> Path:
    path = folder / "template.yaml"
    path.write_text(text)
    return path


def test_short_intrinsic_functions_become_long(tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html"""
    template = read_template(
        written(
            tmp_path,
            "Resources:\n"
            "  A: !Ref B\n"
            "  C: !GetAtt D.Arn\n"
            "  E: !Sub ${F}/x\n"
            "  G: !Join ['-', [a, !Ref B]]\n"
            "  H: !If [Cond, !GetAtt [D, Arn], !Ref AWS::NoValue]\n"
            "  I: {Condition: !Condition Cond}\n",
        )
    )
    assert template["Resources"] == {
        "A": {"Ref": "B"},
        "C": {"Fn::GetAtt": ["D", "Arn"]},
        "E": {"Fn::Sub": "${F}/x"},
        "G": {"Fn::Join": ["-", ["a", {"Ref": "B"}]]},
        "H": {"Fn::If": ["Cond", {"Fn::GetAtt": ["D", "Arn"]}, {"Ref": "AWS::NoValue"}]},
        "I": {"Condition": {"Condition": "Cond"}},
    }


def test_dates_stay_text(tmp_path: Path) -> None:
    template = read_template(written(tmp_path, "Resources: {A: {Version: 2012-10-17}}"))
    assert template["Resources"]["A"]["Version"] == "2012-10-17"


@pytest.mark.parametrize("text", ["[]", "Outputs: {}", "Resources: ["])
def test_what_is_no_template(tmp_path: Path, text: str) -> None:
    with pytest.raises(ProjectError, match="is not"):
        read_template(written(tmp_path, text))


PARAMETERS = {
    "Parameters": {
        "Kind": {"Type": "String", "AllowedValues": ["a", "b"]},
        "Count": {"Type": "Number", "AllowedValues": [1, 2]},
        "Rate": {
            "Type": "String",
            "AllowedPattern": r"rate\(.+\)",
            "ConstraintDescription": "must be rate(…)",
        },
    }
}


GOOD = {"Kind": "b", "Count": "2", "Rate": "rate(1 day)"}


def test_values_that_a_template_allows() -> None:
    check_parameters(PARAMETERS, GOOD)
    check_parameters({}, {})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"Kind": "c"}, "Invalid value 'c' of the parameter Kind"),
        ({"Count": "3"}, "Invalid value '3' of the parameter Count"),
        ({"Rate": "a rate(1 day)"}, "Rate: must be rate"),
        ({"Other": "x"}, "no parameter Other"),
    ],
)
def test_values_that_a_template_does_not_allow(values: dict[str, str], message: str) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html"""
    with pytest.raises(ProjectError, match=message):
        check_parameters(PARAMETERS, {**GOOD, **values})


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ({"Type": "CommaDelimitedList", "AllowedValues": ["a", "b", "c"]}, "a, c"),
        ({"Type": "CommaDelimitedList", "AllowedPattern": "[a-z]+"}, "ab,cd"),
        ({"Type": "List<Number>", "AllowedValues": [80, 443]}, "443,80"),
        ({"Type": "List<Number>", "MinValue": 1, "MaxValue": 9}, "1,2.5,9"),
        ({"Type": "List<AWS::EC2::Subnet::Id>", "AllowedValues": ["s-1", "s-2"]}, "s-1,s-2"),
        ({"Type": "CommaDelimitedList"}, ""),
        ({"Type": "Number", "MinValue": "-1", "MaxValue": "1"}, "-0.5"),
        ({"Type": "String", "MinLength": 1, "MaxLength": 3}, "a,b"),
        ({"Type": "String", "AllowedValues": [True, False]}, "true"),
        ({"Type": "AWS::SSM::Parameter::Value<String>", "AllowedValues": ["x"]}, "/name"),
    ],
)
def test_constraints_that_values_satisfy(parameter: dict[str, Any], value: str) -> None:
    """https://aws.amazon.com/about-aws/whats-new/2022/12/specify-validation-checks-commadelimitedlist-parameter-aws-cloudformation/"""
    check_parameters({"Parameters": {"P": parameter}}, {"P": value})
    check_parameters({"Parameters": {"P": {**parameter, "Default": value}}}, {})


@pytest.mark.parametrize(
    ("parameter", "value", "message"),
    [
        ({"Type": "CommaDelimitedList", "AllowedValues": ["a", "b"]}, "a,x", "'x' .* one of: a, b"),
        ({"Type": "CommaDelimitedList", "AllowedPattern": "[a-z]+"}, "a,1", "'1' .* match"),
        ({"Type": "List<Number>"}, "1,x", "'x' .* a number"),
        ({"Type": "List<Number>", "MaxValue": 9}, "1,10", "'10' .* at most 9"),
        ({"Type": "Number"}, "", "'' .* a number"),
        ({"Type": "Number", "MinValue": 2}, "1", "at least 2"),
        ({"Type": "String", "MinLength": 2}, "a", "at least 2 characters long"),
        ({"Type": "String", "MaxLength": 2}, "abc", "at most 2 characters long"),
        (
            {"Type": "String", "MaxLength": 2, "ConstraintDescription": "must be short"},
            "abc",
            "P: must be short",
        ),
    ],
)
def test_constraints_that_values_break(parameter: dict[str, Any], value: str, message: str) -> None:
    with pytest.raises(ProjectError, match=message):
        check_parameters({"Parameters": {"P": parameter}}, {"P": value})
    with pytest.raises(ProjectError, match=message):
        check_parameters({"Parameters": {"P": {**parameter, "Default": value}}}, {})


def test_parameter_without_a_value_is_named_with_how_to_give_it() -> None:
    with pytest.raises(ProjectError, match="P has no value and no default") as caught:
        check_parameters({"Parameters": {"P": {"Type": "String"}}}, {})
    for way in ("--parameter P=VALUE", "samconfig.toml", "testbed_parameters = P=VALUE"):
        assert way in caught.value.message


def test_all_parameters_with_problems_are_listed() -> None:
    template = {"Parameters": {"P": {"Type": "String", "Description": "a name"}, "Q": {}}}
    with pytest.raises(ProjectError, match="2 problems") as caught:
        check_parameters(template, {})
    first, second = caught.value.details.splitlines()
    assert "P (a name) has no value" in first
    assert "Q has no value" in second


def test_sections_without_content_are_left_to_cloudformation(tmp_path: Path) -> None:
    template = read_template(
        written(
            tmp_path,
            "Parameters:\nGlobals:\nOutputs:\nResources:\n"
            "  F: {Type: AWS::Serverless::Function, Properties: }\n  G:\n",
        )
    )
    check_parameters(template, {})


def test_pattern_of_java_is_left_to_cloudformation() -> None:
    parameter = {"Type": "String", "AllowedPattern": r"\p{Alpha}+"}
    check_parameters({"Parameters": {"P": parameter}}, {"P": "1"})


@pytest.mark.parametrize(
    "malformed",
    [
        {"MinLength": "many"},
        {"MaxValue": {"Ref": "Other"}, "Type": "Number"},
        {"AllowedValues": 5},
        {"Type": ["String"]},
    ],
)
def test_malformed_parameters_are_left_to_cloudformation(malformed: dict[str, Any]) -> None:
    parameter = {"Type": "String", "Default": "1", **malformed}
    check_parameters({"Parameters": {"P": parameter}}, {})
