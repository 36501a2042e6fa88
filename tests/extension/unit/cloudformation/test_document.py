"""Templates as text.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

import json
from typing import Any

import pytest
from localstack_testbed.cloudformation.template.document import (
    ResourceDeclaration,
    parse,
    parse_fragment,
)

from tests.extension.unit.cloudformation.templates import message, read

RESOURCES = "Resources: {A: {Type: AWS::SQS::Queue}}\n"


@pytest.mark.parametrize(
    ("yaml", "value"),
    [
        ("text", "text"),
        ("'1'", "1"),
        ("1", 1),
        ("-1", -1),
        ("1_000", 1000),
        ("010", 8),
        ("0x1F", 31),
        ("0b11", 3),
        ("1:30", 90),
        pytest.param("089", "089", id="no octal number"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        pytest.param("1e999", "1e999", id="no finite number"),
        pytest.param("9" * 50, "9" * 50, id="too large a number"),
        ("1.2.3", "1.2.3"),
        ("-a", "-a"),
        ("true", True),
        ("Yes", True),
        ("OFF", False),
        pytest.param("Y", "Y", id="no boolean to CloudFormation"),
        ("2012-10-17", "2012-10-17"),
        ("2012-10-17T12:00:00Z", "2012-10-17T12:00:00Z"),
        ("=", "="),
        ("!!str 1", "1"),
        ("!!int '1'", 1),
        ("!!float 1", 1.0),
        ("|\n  a\n  b\n", "a\nb\n"),
        ("[a, {b: c}]", ["a", {"b": "c"}]),
        ("!Ref A", {"Ref": "A"}),
        ("!Ref 1", {"Ref": "1"}),
        ("!Condition A", {"Condition": "A"}),
        ("!GetAtt A.B.C", {"Fn::GetAtt": ["A", "B.C"]}),
        ("!GetAtt [A, B.C]", {"Fn::GetAtt": ["A", "B.C"]}),
        ("!GetAtt A", {"Fn::GetAtt": "A"}),
        ("!Sub '${A}'", {"Fn::Sub": "${A}"}),
        ("!Sub ['${A}', {A: !Ref B}]", {"Fn::Sub": ["${A}", {"A": {"Ref": "B"}}]}),
        ("!GetAZs ''", {"Fn::GetAZs": ""}),
        ("!Base64 no", {"Fn::Base64": "no"}),
        ("!Select [0, !Split [',', a]]", {"Fn::Select": [0, {"Fn::Split": [",", "a"]}]}),
        ("!Transform {Name: AWS::Include}", {"Fn::Transform": {"Name": "AWS::Include"}}),
        (
            "\n  Fn::If: [A, !If [B, 1, 2], !Ref AWS::NoValue]",
            {"Fn::If": ["A", {"Fn::If": ["B", 1, 2]}, {"Ref": "AWS::NoValue"}]},
        ),
    ],
)
def test_yaml(yaml: str, value: Any) -> None:
    assert parse(f"A: {yaml}") == {"A": value}


def test_json() -> None:
    text = '{"A": {"Ref": "B"}, "C": [1, 1.5, true, "x"], "A": 2}'
    assert parse(f"\n {text}") == {"A": 2, "C": [1, 1.5, True, "x"]}


def test_the_last_of_duplicate_keys_counts() -> None:
    """As measured on AWS: https://github.com/go-to-k/cdk-real-drift/pull/1133"""
    assert parse("A: {B: 1, C: 2, B: 3}\nA: {B: 3}") == {"A": {"B": 3}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A: [\nB", "Template format error: YAML not well-formed. (line 3, column 1)"),
        ("A: b\n  c: d", "Template format error: YAML not well-formed. (line 2, column 4)"),
        ("A: b\n---\nC: d", "Template format error: YAML not well-formed. (line 3, column 1)"),
        ("A: '\ud800'", "Template format error: YAML not well-formed."),
        ("A: !Nope b", "Template format error: YAML not well-formed. (line 1, column 4)"),
        ("A: !!binary b", "Template format error: YAML not well-formed. (line 1, column 4)"),
        ("A: !!int b", "Template format error: YAML not well-formed. (line 1, column 4)"),
        ("A: \x00", "Template format error: YAML not well-formed."),
        ("{", "Template format error: JSON not well-formed. (line 1, column 2)"),
        ('{"A": 1}}', "Template format error: JSON not well-formed. (line 1, column 9)"),
        (
            '{"A": NaN}',
            "Template format error: JSON not well-formed: NaN is not a JSON value.",
        ),
        ('{"A": 1e999}', "Template format error: JSON not well-formed: a number is too large."),
        (
            f'{{"A": {"1" * 5000}}}',
            "Template format error: JSON not well-formed: a number is too large.",
        ),
        ("", "Template format error: unsupported structure."),
        ("file://template.yaml", "Template format error: unsupported structure."),
        ("[1]", "Template format error: unsupported structure."),
        (
            "Outputs:",
            "Template format error: [/Outputs] 'null' values are not allowed in templates",
        ),
        (
            '{"A": [{"B": null}]}',
            "Template format error: [/A/0/B] 'null' values are not allowed in templates",
        ),
        (
            "Mappings: {M: {123456789012: {A: b}}}",
            "Template format error: [/Mappings/M] map keys must be strings; "
            "received numeric [123456789012] instead",
        ),
        (
            "A: {yes: 1}",
            "Template format error: [/A] map keys must be strings; received boolean [true] instead",
        ),
        (
            "A: [{!Sub b: 1}]",
            "Template format error: [/A/0] map keys must be strings; received a map instead",
        ),
        (
            "A: &a 1\nB: *a",
            "Template error: YAML aliases are not allowed in CloudFormation templates. "
            "(line 2, column 4)",
        ),
        (
            "A: {<<: {B: 1}}",
            "Template format error: [/A] YAML merge keys (<<) are not allowed in CloudFormation "
            "templates.",
        ),
    ],
)
def test_what_is_not_well_formed(text: str, expected: str) -> None:
    assert message(lambda: parse(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("A: " + "[" * 900 + "]" * 900, id="YAML"),
        pytest.param("A: " + "[" * 50_000, id="YAML without end"),
        pytest.param('{"A": ' + "[" * 900 + "]" * 900 + "}", id="JSON"),
        pytest.param('{"A": ' * 100_000, id="JSON without end"),
    ],
)
def test_deep_nesting(text: str) -> None:
    assert message(lambda: parse(text)).startswith("Template format error: ")


def test_included_files_may_have_aliases() -> None:
    text = "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\ne: *x"
    assert parse_fragment(text) == {
        "a": {"b": 1, "c": 2},
        "d": {"b": 1, "c": 3},
        "e": {"b": 1, "c": 2},
    }
    assert parse_fragment("[1, !Ref A]") == [1, {"Ref": "A"}]


def test_aliases_do_not_grow_without_bounds() -> None:
    nested = ["a0: &a0 [1, 1]"]
    nested += [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 100)]
    for text in ("\n".join(nested), "a: &a [*a]"):
        assert "YAML not well-formed" in message(lambda text=text: parse_fragment(text))  # type: ignore[misc]


def test_sections() -> None:
    template = read(
        """
        AWSTemplateFormatVersion: 2010-09-09
        Description: A shop
        Transform: [AWS::LanguageExtensions, {Name: AWS::Include}]
        Metadata: {A: [1]}
        Parameters: {P: {Type: Number, Default: 1}}
        Mappings: {M: {a-b: {c.d: [e]}}}
        Conditions: {C: !Equals [a, b]}
        Resources:
          A: {Type: AWS::SQS::Queue}
          B:
            Type: AWS::SNS::Topic
            DependsOn: A
            Condition: C
            DeletionPolicy: Retain
            UpdateReplacePolicy: Delete
            Metadata: {D: e}
            Properties: {TopicName: b}
        Outputs: {O: {Value: !Ref A, Export: {Name: o}}}
        """
    )
    assert template.description == "A shop"
    assert template.transforms == ("AWS::LanguageExtensions", "AWS::Include")
    assert template.metadata == {"A": [1]}
    assert template.parameters == {"P": {"Type": "Number", "Default": 1}}
    assert template.mappings == {"M": {"a-b": {"c.d": ["e"]}}}
    assert template.conditions == {"C": {"Fn::Equals": ["a", "b"]}}
    assert template.outputs == {"O": {"Value": {"Ref": "A"}, "Export": {"Name": "o"}}}
    assert list(template.resources.values()) == [
        ResourceDeclaration("A", "AWS::SQS::Queue"),
        ResourceDeclaration(
            "B",
            "AWS::SNS::Topic",
            properties={"TopicName": "b"},
            depends_on=("A",),
            condition="C",
            deletion_policy="Retain",
            update_replace_policy="Delete",
            metadata={"D": "e"},
        ),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Description: a", "Template format error: At least one Resources member must be defined."),
        ("Resources: {}", "Template format error: At least one Resources member must be defined."),
        ("Resources: [a]", "Template format error: [/Resources] Resources must be an object."),
        (
            "Resources: {A: {Properties: {}}}",
            "Template format error: [/Resources/A] Every Resources object must contain a Type "
            "member.",
        ),
        (
            "Resources: {A: a}",
            "Template format error: [/Resources/A] resource definition is malformed",
        ),
        (
            "Resources: {A-b: {Type: AWS::SQS::Queue}}",
            "Template format error: Resource name A-b is non alphanumeric.",
        ),
        (
            "Resources: {A: {Type: AWS::SQS::Queue, Tags: []}}",
            "Invalid template resource property 'Tags'",
        ),
        (
            "Resources: {A: {Type: AWS::SQS::Queue, DependsOn: !Ref B}}",
            "Template format error: DependsOn must be a string or list of strings",
        ),
        (
            "Resources: {A: {Type: AWS::SQS::Queue, Condition: !Equals [a, b]}}",
            "Template format error: [/Resources/A] Every Condition member must be a string.",
        ),
        (
            "Resources: {A: {Type: AWS::SQS::Queue, Properties: [a]}}",
            "Template format error: [/Resources/A/Properties] Properties must be an object.",
        ),
        (
            RESOURCES + "Foo: 1\nBar: 2",
            "Invalid template property or properties [Foo, Bar]",
        ),
        (
            RESOURCES + "Hooks: {}",
            "The Hooks section is not available in this testbed, which has no blue/green "
            "deployments of ECS services",
        ),
        (
            RESOURCES + "AWSTemplateFormatVersion: 2023-10-10",
            "Template format error: AWSTemplateFormatVersion 2023-10-10 is not supported; the only "
            "valid value is 2010-09-09.",
        ),
        (
            RESOURCES + f"Description: {'x' * 1025}",
            "Template format error: 'Description' length is greater than 1024",
        ),
        (
            RESOURCES + "Description: {a: b}",
            "Template format error: Every Description member must be a string.",
        ),
        (
            RESOURCES + "Parameters: {P-q: {Type: String}}",
            "Template format error: Parameter name P-q is non alphanumeric.",
        ),
        (
            RESOURCES + "Outputs: {O_p: {Value: a}}",
            "Template format error: Outputs name 'O_p' is non alphanumeric.",
        ),
        (
            RESOURCES + "Parameters: {P: {Default: a}}",
            "Template format error: Every Parameters object must contain a Type member.",
        ),
        (
            RESOURCES + "Parameters: {P: {Type: String, Value: a}}",
            "Invalid template parameter property 'Value'",
        ),
        (
            RESOURCES + "Parameters: {P: {Type: String, Default: !Ref Q}}",
            "Template format error: Every Default member must be a string.",
        ),
        (
            RESOURCES + "Parameters: {A: {Type: String}}",
            "Template error: all resources and parameters must have unique names. "
            "Common name(s):[A]",
        ),
        (
            RESOURCES + "Mappings: {M: {a: b}}",
            "Template format error: [/Mappings/M/a] Every Mappings attribute must be a map",
        ),
        (
            RESOURCES + "Mappings: {M: {a: {b: {c: d}}}}",
            "Template format error: [/Mappings/M/a/b] Every Mappings attribute value must be a "
            "String or a List.",
        ),
        (
            RESOURCES + "Outputs: {O: {Description: a}}",
            "Template format error: Every Outputs member must contain a Value object",
        ),
        (
            RESOURCES + "Outputs: {O: {Value: a, Export: b}}",
            "Template format error: [/Outputs/O/Export] Output Export must contain a Name object "
            "only.",
        ),
        (
            RESOURCES + "Rules: {R: {Assertions: [a]}}",
            "Template format error: [/Rules/R] Every Rules object must contain a list of "
            "Assertions.",
        ),
    ],
)
def test_invalid_sections(text: str, expected: str) -> None:
    assert message(lambda: read(text)) == expected


@pytest.mark.parametrize(
    ("section", "item", "limit"),
    [
        ("Resources", {"Type": "AWS::SQS::Queue"}, 500),
        ("Parameters", {"Type": "String"}, 200),
        ("Outputs", {"Value": "a"}, 200),
        ("Mappings", {"a": {"b": "c"}}, 200),
    ],
)
def test_quotas(section: str, item: Any, limit: int) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""

    def template(count: int) -> str:
        resources = {"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}
        return json.dumps({**resources, section: {f"N{n}": item for n in range(count)}})

    read(template(limit))
    assert message(lambda: read(template(limit + 1))) == (
        f"Template format error: Number of {section.lower()}, {limit + 1}, is greater than maximum "
        f"allowed, {limit}"
    )
