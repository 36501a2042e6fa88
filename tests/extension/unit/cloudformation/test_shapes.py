"""Functions with wrong arguments, where they are not evaluated.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import pytest
from localstack_testbed.cloudformation.template.shapes import check_shapes

from tests.extension.unit.cloudformation.templates import PSEUDO_PARAMETERS, message, read

TEMPLATE = """
Parameters: {P: {Type: String}, L: {Type: CommaDelimitedList}}
Mappings: {M: {a: {b: c}}}
Conditions: {No: !Equals [a, b], Unused: CONDITION}
Resources:
  A: {Type: X}
  Absent: {Type: X, Condition: 'No', Properties: {p: PROPERTY}}
Outputs: {O: {Value: OUTPUT, Condition: 'No'}}
"""


def check(condition: str = "!Equals [a, b]", value: str = "a", output: str = "a") -> str:
    text = TEMPLATE.replace("No:", "'No':")
    text = text.replace("CONDITION", condition).replace("PROPERTY", value)
    template = read(text.replace("OUTPUT", output))
    return message(lambda: check_shapes(template, {**PSEUDO_PARAMETERS, "P": "a", "L": ["a", "b"]}))


@pytest.mark.parametrize(
    "value",
    [
        "!If ['No', !Join ['', !Ref L], !Ref AWS::NoValue]",
        "!Join ['', [!Ref A, !If ['No', b, !Ref AWS::NoValue]]]",
        "!Select [1, !If ['No', [a, b], [c]]]",
        "!Select [1, !Split ['/', !GetAtt A.Arn]]",
        "!Select [0, [!If ['No', a, !Ref AWS::NoValue], b]]",
        "!Sub ['${A.Arn}-${B}', {B: !ImportValue {'Fn::Sub': '${P}'}}]",
        "!FindInMap [M, !Ref P, b]",
        "!FindInMap [M, x, y, {DefaultValue: z}]",
        "!Base64 {'Fn::If': ['No', a, !Ref A]}",
        "{Fn::Length: !Ref L}",
        "{Fn::ToJsonString: {a: !Ref A}}",
        "{Condition: {StringEquals: {a: b}}}",
    ],
)
def test_valid_functions(value: str) -> None:
    assert check(value=value) == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("!Join [',']", "every Fn::Join object requires two parameters"),
        ("!If ['No', !Split [a], b]", "every Fn::Split object requires two parameters"),
        ("!If ['No', a]", "Fn::If requires a list argument with three elements"),
        ("!If [Nowhere, a, b]", "unresolved condition dependency Nowhere in Fn::If"),
        ("!FindInMap [N, a, b]", "Mapping named 'N' is not present in the 'Mappings' section"),
        ("!Select [2, !Ref L]", "Fn::Select cannot select nonexistent value at index 2"),
        ("!FindInMap [M, a, x]", "Unable to get mapping for M::a::x"),
        ("!Sub '${L}'", "variable L in Fn::Sub expression does not resolve to a string"),
        ("!Equals [a, b]", "Fn::Equals can only be used in the Conditions and Rules"),
        ("{Fn::Replace: a}", "Encountered unsupported function: Fn::Replace"),
    ],
)
def test_wrong_arguments_in_a_resource_whose_condition_is_false(value: str, expected: str) -> None:
    assert check(value=value).startswith(f"Template error: {expected}")


@pytest.mark.parametrize("value", ["!Ref L", "{a: b}", "!Ref AWS::NoValue"])
def test_outputs_are_strings(value: str) -> None:
    assert check(output=value) == (
        "Template format error: Output O is malformed. The Value field of every Outputs member "
        "must evaluate to a String."
    )


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("!And [!Equals [a, b]]", "Template error: every Fn::And object requires a list"),
        ("!Equals [a]", "Template error: every Fn::Equals object requires a list"),
        ("!Ref P", "Template format error: Conditions can only be boolean operations"),
        ("!Equals [!FindInMap [M, x, b], c]", "Template error: Unable to get mapping for M::x::b"),
    ],
)
def test_conditions_that_nothing_uses(condition: str, expected: str) -> None:
    assert check(condition=condition).startswith(expected)


def test_without_parameters() -> None:
    template = read(
        "Parameters: {P: {Type: String}}\n"
        "Conditions: {C: !Equals [!Ref P, a]}\n"
        "Resources: {A: {Type: X, Properties: {p: !Join ['', [!Ref P, !Select [2, !GetAZs '']]]}}}"
    )
    check_shapes(template)
