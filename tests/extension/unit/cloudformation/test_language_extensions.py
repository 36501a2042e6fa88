"""What AWS::LanguageExtensions adds to the template language.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-languageextensions.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from localstack_testbed.cloudformation.errors import TransformError, ValidationError
from localstack_testbed.cloudformation.template.document import parse
from localstack_testbed.cloudformation.template.transforms import process

PARAMETERS = {
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "123456789012",
    "Names": ["alpha", "beta"],
    "Stage": "test",
    "Secret": "sesame",
}
HEAD = """
Transform: AWS::LanguageExtensions
Parameters:
  Names: {Type: CommaDelimitedList}
  Stage: {Type: String}
  Secret: {Type: String, NoEcho: true}
Mappings:
  Sizes:
    test: {Small: "1", Buckets: [a, b]}
  Regions:
    eu-west-1: {Name: Ireland}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
"""


def expanded(body: str) -> dict[str, Any]:
    return process(parse(HEAD + body), PARAMETERS, lambda _: "")


def value_of(expression: str) -> Any:
    """Return what a property's value becomes."""
    body = f"Resources: {{A: {{Type: T, Properties: {{P: {expression}}}}}}}"
    return expanded(body)["Resources"]["A"]["Properties"]["P"]


def failure(body: str) -> str:
    with pytest.raises(TransformError) as raised:
        expanded(body)
    return str(raised.value).removeprefix("Transform AWS::LanguageExtensions failed with: ")


class TestLoops:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html"""

    def test_resources(self) -> None:
        processed = expanded("""
Resources:
  Fn::ForEach::Queues:
    - Name
    - !Ref Names
    - Queue${Name}:
        Type: AWS::SQS::Queue
        Properties:
          QueueName: !Ref Name
          Tags: [{Key: "${Name}", Value: !Sub "${Name}-${Other}"}]
""")
        assert processed["Resources"] == {
            f"Queue{name}": {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    "QueueName": name,
                    # Only Ref and Fn::Sub are replaced.
                    "Tags": [{"Key": "${Name}", "Value": {"Fn::Sub": f"{name}-${{Other}}"}}],
                },
            }
            for name in ("alpha", "beta")
        }
        assert "Transform" not in processed

    def test_other_characters_are_left_out_of_a_key_with_an_ampersand(self) -> None:
        processed = expanded("""
Resources:
  Fn::ForEach::Queues:
    - Name
    - [a-1, b.2]
    - Q&{Name}: {Type: T, Properties: {N: !Ref Name}}
""")
        assert {key: r["Properties"]["N"] for key, r in processed["Resources"].items()} == {
            "Qa1": "a-1",
            "Qb2": "b.2",
        }

    def test_nested_loops(self) -> None:
        processed = expanded("""
Resources: {}
Outputs:
  Fn::ForEach::Buckets:
    - Bucket
    - !FindInMap [Sizes, !Ref Stage, Buckets]
    - Fn::ForEach::Attributes:
        - Attribute
        - [Arn, DomainName]
        - ${Bucket}${Attribute}:
            Value: !GetAtt [!Sub "Bucket${Bucket}", !Ref Attribute]
""")
        assert processed["Outputs"] == {
            f"{bucket}{attribute}": {"Value": {"Fn::GetAtt": [f"Bucket{bucket}", attribute]}}
            for bucket in "ab"
            for attribute in ("Arn", "DomainName")
        }

    def test_conditions_and_properties(self) -> None:
        processed = expanded("""
Conditions:
  Fn::ForEach::Checks:
    - Name
    - [test, prod]
    - Is${Name}: !Equals [!Ref Stage, !Ref Name]
Resources:
  A:
    Type: T
    Condition: !Sub Is${Stage}
    Properties:
      Fn::ForEach::Sizes:
        - Key
        - [Small]
        - ${Key}: !FindInMap [Sizes, !Ref Stage, !Ref Key]
""")
        assert processed["Conditions"] == {
            "Istest": {"Fn::Equals": ["test", "test"]},
            "Isprod": {"Fn::Equals": ["test", "prod"]},
        }
        assert processed["Resources"]["A"]["Condition"] == "Istest"
        assert processed["Resources"]["A"]["Properties"] == {"Small": "1"}

    @pytest.mark.parametrize(
        ("loop", "message"),
        [
            ("[Name, [a]]", "Fn::ForEach layout is incorrect"),
            ("[Name, a, {'A${Name}': {}}]", "Fn::ForEach layout is incorrect"),
            (
                "[Name, !GetAtt B.Names, {'A${Name}': {}}]",
                "Could not find a collection or could not be resolved for Fn::ForEach",
            ),
            (
                "[Name, !Ref Stage, {'A${Name}': {}}]",
                "Could not find a collection or could not be resolved for Fn::ForEach",
            ),
            (
                "[Name, [a, a], {'A${Name}': {}}]",
                "Duplicate key 'Aa' when merging keys to parent object in Fn::ForEach",
            ),
            (
                "[Name, [a], {A: {}}]",
                "The key 'A' of Fn::ForEach::Loop must contain ${Name} or &{Name}",
            ),
        ],
    )
    def test_invalid_loops(self, loop: str, message: str) -> None:
        assert failure(f"Resources: {{'Fn::ForEach::Loop': {loop}}}") == message

    def test_iterations_are_limited(self) -> None:
        items = [f"i{number}" for number in range(100)]
        fragment: dict[str, Any] = {"O${A}${B}${C}${D}": {"Value": "1"}}
        for identifier in "DCBA":
            fragment = {f"Fn::ForEach::Loop{identifier}": [identifier, items, fragment]}
        message = failure(f"Resources: {{Q: {{Type: T}}}}\nOutputs: {json.dumps(fragment)}")
        assert message == "The loops of a template may have at most 20000 iterations"

    def test_conditions_that_use_others_often(self) -> None:
        conditions: dict[str, Any] = {"C0": {"Fn::Equals": ["a", "a"]}}
        for number in range(1, 60):
            before = {"Condition": f"C{number - 1}"}
            conditions[f"C{number}"] = {"Fn::And": [before, before]}
        length = {"Fn::Length": {"Fn::If": ["C59", ["a"], []]}}
        document = {
            "Transform": "AWS::LanguageExtensions",
            "Conditions": conditions,
            "Resources": {"A": {"Type": "T", "Properties": {"P": length}}},
        }
        processed = process(document, PARAMETERS, lambda _: "")
        assert processed["Resources"]["A"]["Properties"] == {"P": 1}

    def test_names_of_outputs_are_alphanumeric(self) -> None:
        loop = "{'Fn::ForEach::Loop': [N, [a-1], {'O${N}': {Value: 1}}]}"
        body = f"Resources: {{}}\nOutputs: {loop}"
        assert failure(body) == "OutputKey 'Oa-1' should be alphanumeric"

    def test_a_loop_may_not_have_the_name_of_a_resource(self) -> None:
        body = "Resources: {A: {Type: T}, 'Fn::ForEach::A': [N, [a], {'O${N}': {}}]}"
        assert failure(body).startswith("The name of the loop Fn::ForEach::A must be unique")

    def test_other_sections(self) -> None:
        body = "Resources: {}\nMetadata: {'Fn::ForEach::A': [N, [a], {'O${N}': {}}]}"
        assert failure(body).endswith("not in Metadata")


class TestFunctions:
    @pytest.mark.parametrize(
        ("expression", "value"),
        [
            ("{'Fn::Length': !Ref Names}", 2),
            ("{'Fn::Length': [a, b, c]}", 3),
            ("{'Fn::Length': !Split [',', 'a,b']}", 2),
            (
                "{'Fn::ToJsonString': {a: !Ref Stage, b: [1, true, 'ü']}}",
                '{"a":"test","b":[1,true,"ü"]}',
            ),
            ("{'Fn::ToJsonString': [!Ref Names]}", '[["alpha","beta"]]'),
            ("!FindInMap [Sizes, !Sub '${Stage}', Small]", "1"),
            ("!FindInMap [Regions, !Ref AWS::Region, Name]", "Ireland"),
            ("!FindInMap [Sizes, prod, Small, {DefaultValue: none}]", "none"),
            (
                "!FindInMap [Sizes, prod, Small, {DefaultValue: !GetAtt B.C}]",
                {"Fn::GetAtt": ["B", "C"]},
            ),
            ("!Ref Stage", "test"),
            ("!Ref Names", ["alpha", "beta"]),
            ("{Ref: !Sub 'B${Stage}'}", {"Ref": "Btest"}),
            ("!GetAtt [!Sub 'B${Stage}', Arn]", {"Fn::GetAtt": ["Btest", "Arn"]}),
            ("!Sub '${Stage}-${!Literal}'", "test-${Literal}"),
            ("!Sub '${Stage}-${B.Arn}'", {"Fn::Sub": "${Stage}-${B.Arn}"}),
            ("!Select [1, !Ref Names]", "beta"),
            ("!Join ['-', [!Ref Stage, x]]", "test-x"),
            # Known to the stack only, or not to be shown
            ("!Ref AWS::Region", {"Ref": "AWS::Region"}),
            ("!Ref Secret", {"Ref": "Secret"}),
            ("!Sub '${Secret}'", {"Fn::Sub": "${Secret}"}),
            ("!If [IsProd, !Ref Stage, 1]", {"Fn::If": ["IsProd", "test", 1]}),
            (
                "{'Fn::ToJsonString': {a: !GetAtt B.C}}",
                {"Fn::ToJsonString": {"a": {"Fn::GetAtt": ["B", "C"]}}},
            ),
        ],
    )
    def test_values(self, expression: str, value: Any) -> None:
        assert value_of(expression) == value

    @pytest.mark.parametrize("expression", ["{Ref: !GetAtt B.C}", "!GetAtt [!GetAtt B.C, D]"])
    def test_names_that_are_not_known(self, expression: str) -> None:
        body = f"Resources: {{A: {{Type: T, Properties: {{P: {expression}}}}}}}"
        assert "could not be resolved" in failure(body)

    def test_length_of_something_unknown(self) -> None:
        body = "Resources: {A: {Type: T, Properties: {P: {'Fn::Length': !GetAtt B.C}}}}"
        assert failure(body) == "The Fn::Length value could not be resolved for properties"

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("{Condition: A}", "Fn::ToJsonString does not support Condition intrinsic function"),
            ("{S: [{Effect: Allow, Condition: {}}]}", "Condition layout is incorrect"),
        ],
    )
    def test_json_with_the_key_condition(self, content: str, message: str) -> None:
        """https://github.com/aws-cloudformation/cfn-language-discussion/issues/156"""
        body = (
            f"Resources: {{A: {{Type: T, Properties: {{P: {{'Fn::ToJsonString': {content}}}}}}}}}"
        )
        assert failure(body) == message

    @pytest.mark.parametrize("attribute", ["DeletionPolicy", "UpdateReplacePolicy"])
    def test_policies(self, attribute: str) -> None:
        body = "Resources: {A: {Type: T, %s: %s}}"
        processed = expanded(body % (attribute, "!If [IsProd, Retain, Delete]"))
        assert processed["Resources"]["A"][attribute] == "Delete"
        assert (
            failure(body % (attribute, "!GetAtt B.C"))
            == f"Unsupported expression for {attribute} in resource A"
        )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "Resources: {'Fn::ForEach::Loop': [N, [a], {'A${N}': {}}]}",
            "Template format error: [/Resources/Fn::ForEach::Loop] resource definition is "
            "malformed",
        ),
        (
            "Resources: {A: {Type: T, Properties: {P: {'Fn::Length': [a]}}}}",
            "Template error: Fn::Length requires the transform AWS::LanguageExtensions",
        ),
    ],
)
def test_a_template_without_the_transform(body: str, message: str) -> None:
    with pytest.raises(ValidationError) as raised:
        process(parse(body), PARAMETERS, lambda _: "")
    assert str(raised.value).startswith(message)
