"""Intrinsic functions.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import threading
from typing import Any

import pytest
from localstack_testbed.cloudformation.template.document import parse
from localstack_testbed.cloudformation.template.evaluation import NO_VALUE, Evaluator
from localstack_testbed.cloudformation.unknown import UNKNOWN

from tests.extension.unit.cloudformation.templates import evaluator, message, read

TEMPLATE = read(
    """
    Parameters:
      Stage: {Type: String, Default: dev}
      Zones: {Type: CommaDelimitedList, Default: 'a, b'}
      Size: {Type: Number, Default: 2}
    Mappings:
      Images: {eu-west-1: {Id: ami-1, Ports: [80, 443]}, '1': {'true': x}}
    Conditions:
      Production: !Equals [!Ref Stage, prod]
      Development: !Not [!Condition Production]
    Resources:
      Queue: {Type: AWS::SQS::Queue}
      Topic: {Type: AWS::SNS::Topic}
      Absent: {Type: AWS::SQS::Queue, Condition: Production}
    """
)
KNOWN = {"Topic": UNKNOWN, "Topic.TopicArn": UNKNOWN}
SELECT = (
    "Template error: Fn::Select requires a list argument with two elements: an integer index and "
    "a list"
)


def evaluated(yaml: str) -> Any:
    return evaluator(TEMPLATE, known=KNOWN).value(parse(f"V: {yaml}"))["V"]


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        ("text", "text"),
        ("[1, true, {a: [1.5]}]", [1, True, {"a": [1.5]}]),
        ("!Ref Stage", "dev"),
        ("!Ref Zones", ["a", "b"]),
        ("!Ref AWS::Region", "eu-west-1"),
        ("!Ref AWS::NotificationARNs", ["arn:aws:sns:eu-west-1:111122223333:a"]),
        ("!Ref Queue", "Queue-id"),
        pytest.param("{Ref: Stage, A: b}", {"Ref": "Stage", "A": "b"}, id="no function"),
        pytest.param("{Condition: {A: b}}", {"Condition": {"A": "b"}}, id="a policy's condition"),
        ("!GetAtt Queue.Arn", "Queue-Arn"),
        ("!GetAtt [Queue, Outputs.Url]", "Queue-Outputs.Url"),
        ("{Fn::GetAtt: Queue.Arn}", "Queue-Arn"),
        ("!GetAtt [Queue, !Ref Stage]", "Queue-dev"),
        (
            "!Sub a-${Stage}-${AWS::Region}-${Queue}-${Queue.Arn}",
            "a-dev-eu-west-1-Queue-id-Queue-Arn",
        ),
        ("!Sub ['${A}-${Stage}', {A: !Ref Size}]", "2-dev"),
        pytest.param("!Sub ['${Stage}', {Stage: x}]", "x", id="variables before parameters"),
        pytest.param("!Sub ['${a.b}', {a.b: x}]", "x", id="a variable with a dot"),
        ("!Sub ['${A}${B}', {A: true, B: 1}]", "true1"),
        ("!Sub 'x${!Literal}$${Stage}${'", "x${Literal}$dev${"),
        ("!Sub ''", ""),
        pytest.param("!Sub '[${AWS::NoValue}]'", "[]", id="nothing in a string"),
        ("!Join ['-', [a, 1, true, !Ref Stage]]", "a-1-true-dev"),
        ("!Join ['', !Ref Zones]", "ab"),
        ("!Join [',', [a, !Ref AWS::NoValue, !If [Production, b, !Ref AWS::NoValue]]]", "a"),
        ("!Join [',', []]", ""),
        ("!Select [1, [a, b]]", "b"),
        ("!Select ['0', !Ref Zones]", "a"),
        ("!Select [!Ref Size, [a, b, !Ref Queue]]", "Queue-id"),
        ("!Select [0, [{a: !Ref Stage}]]", {"a": "dev"}),
        ("!Split [',', 'a,,b']", ["a", "", "b"]),
        ("!Split ['-', !Ref Queue]", ["Queue", "id"]),
        ("!Select [1, !Split ['/', !Sub '${Stage}/${Size}']]", "2"),
        ("!FindInMap [Images, !Ref AWS::Region, Id]", "ami-1"),
        ("!FindInMap [Images, eu-west-1, Ports]", [80, 443]),
        pytest.param("!FindInMap [Images, 1, true]", "x", id="keys are strings"),
        ("!FindInMap [Images, mars-1, Id, {DefaultValue: !Ref Stage}]", "dev"),
        ("!FindInMap [Images, eu-west-1, Id, {DefaultValue: y}]", "ami-1"),
        ("!Base64 hällo", "aMOkbGxv"),
        ("!Base64 {'Fn::Sub': '${Stage}'}", "ZGV2"),
        ("!Cidr [192.168.0.0/24, 3, 5]", ["192.168.0.0/27", "192.168.0.32/27", "192.168.0.64/27"]),
        ("!Cidr [10.0.7.9/16, '2', '8']", ["10.0.0.0/24", "10.0.1.0/24"]),
        ("!Cidr ['2600:1f18:abc:de00::/56', 1, 64]", ["2600:1f18:abc:de00::/64"]),
        ("!GetAZs ''", ["eu-west-1a", "eu-west-1b", "eu-west-1c"]),
        ("!GetAZs {Ref: AWS::Region}", ["eu-west-1a", "eu-west-1b", "eu-west-1c"]),
        ("!ImportValue net", "import of net"),
        ("!ImportValue {'Fn::Sub': '${Stage}-net'}", "import of dev-net"),
        ("!If [Production, !Ref Nowhere, small]", "small"),
        ("!If [Development, !If [Production, a, [!Ref Stage]], c]", ["dev"]),
        ("{Fn::Length: !Ref Zones}", 2),
        ("{Fn::ToJsonString: {a: !Ref Queue, b: [1, true]}}", '{"a":"Queue-id","b":[1,true]}'),
        ("{A: !Ref AWS::NoValue, B: [!Ref AWS::NoValue, 1]}", {"B": [1]}),
    ],
)
def test_values(yaml: str, expected: Any) -> None:
    assert evaluated(yaml) == expected


def test_no_value() -> None:
    assert evaluator(TEMPLATE).value({"Ref": "AWS::NoValue"}) is NO_VALUE
    assert (
        evaluator(TEMPLATE).value({"A": {"Fn::If": ["Production", 1, {"Ref": "AWS::NoValue"}]}})
        == {}
    )


def test_lists_of_parameters_are_not_shared() -> None:
    values = evaluator(TEMPLATE)
    values.value({"Ref": "Zones"}).append("c")
    assert values.value({"Ref": "Zones"}) == ["a", "b"]


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        ("!Ref Topic", UNKNOWN),
        ("!GetAtt Topic.TopicArn", UNKNOWN),
        ("{A: [!Ref Topic, b]}", {"A": [UNKNOWN, "b"]}),
        ("!Sub '${Stage}-${Topic}'", UNKNOWN),
        ("!Sub ['${A}', {A: !GetAtt Topic.TopicArn}]", UNKNOWN),
        ("!Join [',', [a, !Ref Topic]]", UNKNOWN),
        ("!Join [',', !Split [':', !Ref Topic]]", UNKNOWN),
        ("!Select [1, [!Ref Topic, b]]", "b"),
        ("!Select [0, [!Ref Topic, b]]", UNKNOWN),
        ("!Select [0, !Split [':', !Ref Topic]]", UNKNOWN),
        ("!Base64 {Ref: Topic}", UNKNOWN),
        ("{Fn::ToJsonString: {a: [!Ref Topic]}}", UNKNOWN),
        ("{Fn::Length: [!Ref Topic]}", 1),
        ("{Fn::Length: !Split [':', !Ref Topic]}", UNKNOWN),
        ("!If [Production, !Ref Topic, b]", "b"),
        ("!If [Development, !Ref Topic, b]", UNKNOWN),
        ("!Sub '{{resolve:ssm:${Topic}}}'", UNKNOWN),
    ],
)
def test_unknown_values(yaml: str, expected: Any) -> None:
    assert evaluated(yaml) == expected


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        ("'{{resolve:ssm:/a:1}}'", "<ssm:/a:1>"),
        ("'a{{resolve:ssm-secure:/a}}b{{resolve:ssm:/c}}d'", "a<ssm-secure:/a>b<ssm:/c>d"),
        (
            "!Sub '{{resolve:secretsmanager:${Queue}:SecretString:key}}'",
            "<secretsmanager:Queue-id:SecretString:key>",
        ),
        ("!Join ['', ['{{resolve:', 'ssm:/', !Ref Stage, '}}']]", "<ssm:/dev>"),
        pytest.param("!Split [':', '{{resolve:ssm:/a}}']", ["{{resolve", "ssm", "/a}}"], id="last"),
        ("{A: ['{{resolve:ssm:/a}}', 1]}", {"A": ["<ssm:/a>", 1]}),
        ("'{{other:ssm:/a}}'", "{{other:ssm:/a}}"),
    ],
)
def test_dynamic_references(yaml: str, expected: Any) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html"""
    assert evaluated(yaml) == expected


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        ("!Ref [a]", "Template error: All References must be of type string"),
        (
            "!Ref Nowhere",
            "Template format error: Unresolved resource dependencies [Nowhere] in the Resources "
            "block of the template",
        ),
        (
            "!Sub '${Nowhere}'",
            "Template format error: Unresolved resource dependencies [Nowhere] in the Resources "
            "block of the template",
        ),
        (
            "!GetAtt Absent.Arn",
            "Template format error: Unresolved resource dependencies [Absent] in the Resources "
            "block of the template",
        ),
        (
            "!GetAtt Nowhere.Arn",
            "Template error: instance of Fn::GetAtt references undefined resource Nowhere",
        ),
        (
            "!GetAtt [A, B, C]",
            "Template error: every Fn::GetAtt object requires two non-empty parameters, the "
            "resource name and the resource attribute",
        ),
        (
            "!GetAtt [Queue, '']",
            "Template error: every Fn::GetAtt object requires two non-empty parameters, the "
            "resource name and the resource attribute",
        ),
        (
            "!GetAtt Queue",
            "Template error: if specifying one argument to Fn::GetAtt, that argument must be a "
            "non-empty string in format <LogicalId>.<Attribute>",
        ),
        (
            "!Sub ['${A}']",
            "Template error: One or more Fn::Sub intrinsic functions don't specify expected "
            "arguments. Specify a string as first argument, and an optional second argument to "
            "specify a mapping of values to replace in the string",
        ),
        (
            "!Sub '${ Stage }'",
            "Template error: variable names in Fn::Sub syntax must contain only alphanumeric "
            "characters, underscores, periods, and colons (found ${ Stage })",
        ),
        (
            "!Sub '${Zones}'",
            "Template error: variable Zones in Fn::Sub expression does not resolve to a string",
        ),
        (
            "!Sub ['${A}', {A: [b]}]",
            "Template error: every value of the context object of every Fn::Sub object must be a "
            "string or a function that returns a string",
        ),
        (
            "!Join [',', a]",
            "Template error: every Fn::Join object requires two parameters, (1) a string delimiter "
            "and (2) a list of strings to be joined or a function that returns a list of strings "
            "(such as Fn::GetAZs) to be joined.",
        ),
        (
            "!Join [',', [[a]]]",
            "Template error: every Fn::Join object requires two parameters, (1) a string delimiter "
            "and (2) a list of strings to be joined or a function that returns a list of strings "
            "(such as Fn::GetAZs) to be joined.",
        ),
        (
            "!Split [!Ref Zones]",
            "Template error: every Fn::Split object requires two parameters, (1) a string "
            "delimiter and (2) a string to be split or a function that returns a string to be "
            "split.",
        ),
        (
            "!Split [',', !Ref Zones]",
            "Template error: every Fn::Split object requires two parameters, (1) a string "
            "delimiter and (2) a string to be split or a function that returns a string to be "
            "split.",
        ),
        (
            "!Select [2, !Ref Zones]",
            "Template error: Fn::Select cannot select nonexistent value at index 2",
        ),
        (
            "!Select [-1, [a]]",
            "Template error: Fn::Select cannot select nonexistent value at index -1",
        ),
        ("!Select [a, [a]]", SELECT),
        ("!Select [0, a]", SELECT),
        ("!Select [[a]]", SELECT),
        (
            "!FindInMap [Images, mars-1, Id]",
            "Template error: Unable to get mapping for Images::mars-1::Id",
        ),
        (
            "!FindInMap [Nowhere, a, b]",
            "Template error: Mapping named 'Nowhere' is not present in the 'Mappings' section of "
            "template.",
        ),
        (
            "!FindInMap [Images, a]",
            "Template error: every Fn::FindInMap object requires three parameters, the map name, "
            "map key and the attribute for return value",
        ),
        ("!Base64 [a]", "Template error: every Fn::Base64 object must have a String-typed value."),
        (
            "!Cidr [10.0.0.0/24, 300, 4]",
            "Template error: Fn::Cidr count 300 is not between 1 and 256",
        ),
        (
            "!Cidr [10.0.0.0/24, 9, 5]",
            "Template error: Fn::Cidr 10.0.0.0/24 has only 8 blocks with 5 subnet bits",
        ),
        (
            "!Cidr [10.0.0.0/24, 1, 9]",
            "Template error: Fn::Cidr cannot split 10.0.0.0/24 into blocks with 9 subnet bits",
        ),
        (
            "!ImportValue {Ref: Queue}",
            "Template error: the attribute in Fn::ImportValue must not depend on any resources, "
            "imported values, or Fn::GetAZs",
        ),
        (
            "!If [Production, a]",
            "Template error: Fn::If requires a list argument with three elements",
        ),
        (
            "!If [!Equals [a, b], a, b]",
            "Template error: Fn::If requires a list argument with the first element being a "
            "condition",
        ),
        (
            "!If [Nowhere, a, b]",
            "Template error: unresolved condition dependency Nowhere in Fn::If",
        ),
        (
            "!Equals [a, b]",
            "Template error: Fn::Equals can only be used in the Conditions and Rules of a template",
        ),
        (
            "{Fn::Join: ['', []], A: b}",
            "Template error: Fn::Join must be the only member of its object",
        ),
    ],
)
def test_errors(yaml: str, expected: str) -> None:
    assert message(lambda: evaluated(yaml)) == expected


def test_unsupported_function() -> None:
    assert message(lambda: evaluated("{Fn::Replace: [a]}")).startswith(
        "Template error: Encountered unsupported function: Fn::Replace Supported functions are: "
        "[Fn::Base64, "
    )


def test_errors_name_the_section() -> None:
    value = {"Ref": "Absent"}
    assert message(lambda: evaluator(TEMPLATE).value(value, "Outputs")) == (
        "Template format error: Unresolved resource dependencies [Absent] in the Outputs block of "
        "the template"
    )


def conditions(yaml: str, stage: str = "dev") -> Evaluator:
    template = read(
        f"""
        Parameters:
          Stage: {{Type: String}}
          Size: {{Type: Number, Default: 1}}
          Zones: {{Type: CommaDelimitedList, Default: 'a,b'}}
        Mappings: {{M: {{a: {{b: c}}}}}}
        Resources: {{R: {{Type: X}}}}
        Conditions: {yaml}
        """
    )
    return evaluator(template, {"Stage": stage})


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        ("!Equals [!Ref Stage, dev]", True),
        ("!Equals [!Ref Stage, prod]", False),
        pytest.param("!Equals [!Ref Size, 1]", True, id="numbers as strings"),
        pytest.param("!Equals [true, 'true']", True, id="booleans as strings"),
        ("!Equals [!FindInMap [M, a, b], c]", True),
        ("!Equals [!Join ['', !Ref Zones], !Sub '${A}b']", None),
        ("!Equals [!Select [0, !Ref Zones], a]", True),
        ("!Not [!Equals [a, b]]", True),
        ("!And [!Equals [a, a], !Equals [a, b]]", False),
        ("!Or [!Equals [a, a], !Equals [a, b]]", True),
        ("!Or [!Equals [a, c], {Condition: Other}]", True),
        ("{Condition: Other}", True),
    ],
)
def test_conditions(yaml: str, expected: bool | None) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html"""
    values = conditions(f"{{C: {yaml}, Other: !Equals [a, a]}}")
    if expected is None:
        assert "Unresolved dependencies [A]" in message(lambda: values.condition("C"))
    else:
        assert values.condition("C") is expected


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        (
            "!Equals [a]",
            "Template error: every Fn::Equals object requires a list of 2 string parameters.",
        ),
        (
            "!Equals [!Ref Zones, a]",
            "Template error: every Fn::Equals object requires a list of 2 string parameters.",
        ),
        (
            "!And [!Equals [a, a]]",
            "Template error: every Fn::And object requires a list of at least 2 and at most 10 "
            "boolean parameters.",
        ),
        (
            "!Or [a, !Equals [a, a]]",
            "Template error: every Fn::Or object requires a list of at least 2 and at most 10 "
            "boolean parameters.",
        ),
        (
            "!Not [!Equals [a, a], !Equals [a, a]]",
            "Template error: every Fn::Not object requires a list with exactly 1 boolean "
            "parameter.",
        ),
        (
            "!Equals [!Ref R, a]",
            "Template format error: Unresolved dependencies [R]. Cannot reference resources in the "
            "Conditions block of the template",
        ),
        (
            "!Equals [!GetAtt R.Arn, a]",
            "Template format error: Unresolved dependencies [R]. Cannot reference resources in the "
            "Conditions block of the template",
        ),
        (
            "!Equals [!ImportValue a, a]",
            "Template error: Cannot use Fn::ImportValue in Conditions.",
        ),
        (
            "!Not [!Condition Nowhere]",
            "Template error: unresolved condition dependency Nowhere in Condition",
        ),
        (
            "'yes'",
            "Template format error: Conditions can only be boolean operations on parameters and "
            "other conditions",
        ),
        (
            "!Not [!Condition C]",
            "Template error: Found circular condition dependency: [C]",
        ),
        (
            "!Not [!Condition D]",
            "Template error: Found circular condition dependency: [C, D]",
        ),
    ],
)
def test_invalid_conditions(yaml: str, expected: str) -> None:
    values = conditions(f"{{C: {yaml}, D: !Not [!Condition C]}}")
    assert message(lambda: values.condition("C")) == expected
    # An error leaves no condition behind that seems to be in evaluation.
    assert message(lambda: values.condition("C")) == expected


def test_conditions_are_evaluated_when_they_are_needed() -> None:
    values = conditions("{Good: !Equals [a, a], Bad: !Equals [a]}")
    assert values.value({"Fn::If": ["Good", 1, {"Fn::If": ["Bad", 2, 3]}]}) == 1


def test_threads_share_an_evaluator() -> None:
    chain = ", ".join(f"C{n}: !Not [!Condition C{n + 1}]" for n in range(50))
    values = conditions(f"{{{chain}, C50: !Equals [a, a]}}")
    results: list[bool] = []
    threads = [
        threading.Thread(target=lambda n=n: results.append(values.condition(f"C{2 * n}")))
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 20


def test_active_resources() -> None:
    assert evaluator(TEMPLATE).active_resources() == ["Queue", "Topic"]
    assert evaluator(TEMPLATE, {"Stage": "prod"}).active_resources() == ["Queue", "Topic", "Absent"]
    template = read("Resources: {A: {Type: X, Condition: Nowhere}}")
    assert message(lambda: evaluator(template).active_resources()) == (
        "Template format error: Unresolved condition dependency Nowhere in the Resources block of "
        "the template"
    )
