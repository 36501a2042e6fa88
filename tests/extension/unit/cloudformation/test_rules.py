"""Rules.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-rules.html
"""

import pytest
from localstack_testbed.cloudformation.template.rules import check_rules

from tests.extension.unit.cloudformation.templates import PSEUDO_PARAMETERS, message, read

TEMPLATE = """
Parameters:
  Stage: {Type: String}
  Version: {Type: AWS::SSM::Parameter::Value<String>}
  Zones: {Type: CommaDelimitedList}
Resources: {A: {Type: AWS::SQS::Queue}}
Conditions: {C: !Equals [a, a]}
Rules:
"""
VALUES = {**PSEUDO_PARAMETERS, "Stage": "prod", "Version": "21", "Zones": ["a", "b"]}

BOOTSTRAP = """
  CheckBootstrapVersion:
    Assertions:
      - Assert:
          Fn::Not:
            - Fn::Contains:
                - ["1", "2", "3", "4", "5"]
                - Ref: Version
        AssertDescription: CDK bootstrap stack version 6 required.
"""


def check(rules: str, **values: object) -> str:
    template = read(TEMPLATE + rules)
    return message(lambda: check_rules(template, {**VALUES, **values}))


def test_bootstrap_version_of_cdk() -> None:
    assert check(BOOTSTRAP) == ""
    assert check(BOOTSTRAP, Version="5") == (
        "Rule CheckBootstrapVersion failed: CDK bootstrap stack version 6 required."
    )


@pytest.mark.parametrize(
    ("function", "holds"),
    [
        ("!Equals [!Ref Stage, prod]", True),
        ("!Equals [!Ref AWS::Region, us-east-1]", False),
        ("!And [!Equals [a, a], !Not [!Equals [a, b]]]", True),
        ("!Or [!Equals [a, b], !Equals [a, b]]", False),
        ("!Contains [[dev, prod], !Ref Stage]", True),
        ("!Contains [!Ref Zones, c]", False),
        ("!EachMemberEquals [[prod, prod], !Ref Stage]", True),
        ("!EachMemberEquals [!Ref Zones, a]", False),
        ("!EachMemberIn [!Ref Zones, [a, b, c]]", True),
        ("!EachMemberIn [!Ref Zones, [a]]", False),
        ("!EachMemberIn [!RefAll String, [dev, prod]]", True),
        ("!Contains [!RefAll String, dev]", False),
    ],
)
def test_functions(function: str, holds: bool) -> None:
    failed = check(f"  R: {{Assertions: [{{Assert: {function}}}]}}")
    assert failed == ("" if holds else "Rule R failed")


def test_a_rule_whose_condition_is_false_is_not_checked() -> None:
    rule = (
        "  R: {RuleCondition: !Equals [!Ref Stage, prod],"
        " Assertions: [{Assert: !Contains [!Ref Zones, c]}]}"
    )
    assert check(rule) == "Rule R failed"
    assert check(rule, Stage="dev") == ""


def test_all_failed_assertions_are_reported() -> None:
    rules = (
        "  R: {Assertions: [{Assert: !Equals [a, b], AssertDescription: One.},"
        " {Assert: !Equals [a, a]}, {Assert: !Equals [a, b], AssertDescription: Two.}]}\n"
        "  S: {Assertions: [{Assert: !Equals [a, b]}]}"
    )
    assert check(rules) == "Rule R failed: One.\nRule R failed: Two.\nRule S failed"


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (
            "!Contains [a, b]",
            "Template error: every Fn::Contains object requires a list of strings and a string",
        ),
        (
            "!EachMemberIn [!Ref Zones, a]",
            "Template error: every Fn::EachMemberIn object requires two lists of strings",
        ),
        (
            "!Not [{Condition: C}]",
            "Template error: Conditions cannot be used in the Rules section.",
        ),
        (
            "!Equals [!Ref A, b]",
            "Template format error: Unresolved dependencies [A]. Cannot reference resources in the "
            "Rules block of the template",
        ),
        (
            "!Ref Stage",
            "Template error: every Assert of rule R must be a rule function that returns a boolean",
        ),
        (
            "!Equals [!ValueOf [Stage, Tags.a], b]",
            "Template error: Fn::ValueOf is not available in this testbed, which does not know the "
            "attributes of the resources that parameters name",
        ),
    ],
)
def test_invalid_functions(function: str, expected: str) -> None:
    assert check(f"  R: {{Assertions: [{{Assert: {function}}}]}}") == expected
