"""Properties are validated and converted as CloudFormation does it.

https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
https://repost.aws/knowledge-center/cloudformation-resolve-model-val-failed
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from localstack_testbed.cloudformation.schemas.conversion import Conversion
from localstack_testbed.cloudformation.schemas.data_files import load, type_names
from localstack_testbed.cloudformation.schemas.schema import (
    InvalidPropertiesError,
    ResourceSchema,
    exists_on_aws,
    schema,
)
from localstack_testbed.cloudformation.unknown import UNKNOWN

from tests.extension.schemas import DATA, supported_types

QUEUE = "AWS::SQS::Queue"
FUNCTION = "AWS::Lambda::Function"
ROLE = "AWS::IAM::Role"
TYPES = sorted(path.stem.replace("_", "::") for path in DATA.glob("*.json"))
CODE: dict[str, Any] = {"Code": {"ZipFile": "x"}, "Role": "arn:aws:iam::000000000000:role/r"}


def of(name: str) -> ResourceSchema:
    found = schema(name)
    assert found is not None
    return found


def made(**keywords: Any) -> ResourceSchema:
    """Return a schema that no type has."""
    return ResourceSchema({"typeName": "Test::Test::Test", "attributes": [], **keywords})


def errors(described: ResourceSchema, properties: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidPropertiesError) as raised:
        described.convert(properties)
    return str(raised.value).splitlines()


@pytest.mark.parametrize(
    ("name", "given", "converted"),
    [
        (QUEUE, {"DelaySeconds": "5"}, {"DelaySeconds": 5}),
        (QUEUE, {"DelaySeconds": 5.0}, {"DelaySeconds": 5}),
        (QUEUE, {"FifoQueue": "true"}, {"FifoQueue": True}),
        (QUEUE, {"FifoQueue": "False"}, {"FifoQueue": False}),
        (QUEUE, {"QueueName": 5}, {"QueueName": "5"}),
        (QUEUE, {"QueueName": True}, {"QueueName": "true"}),
        (
            QUEUE,
            {"RedrivePolicy": '{"deadLetterTargetArn": "arn", "maxReceiveCount": "3"}'},
            {"RedrivePolicy": {"deadLetterTargetArn": "arn", "maxReceiveCount": 3}},
        ),
        (QUEUE, {"Tags": [{"Key": "a", "Value": 1}]}, {"Tags": [{"Key": "a", "Value": "1"}]}),
        (
            "AWS::CloudWatch::Alarm",
            {
                "ComparisonOperator": "GreaterThanThreshold",
                "EvaluationPeriods": "1",
                "MetricName": "m",
                "Threshold": "0.5",
            },
            {
                "ComparisonOperator": "GreaterThanThreshold",
                "EvaluationPeriods": 1,
                "MetricName": "m",
                "Threshold": 0.5,
            },
        ),
        (
            FUNCTION,
            {**CODE, "Environment": {"Variables": {"A1": 1, "B1": False, "C1": 0.5}}},
            {**CODE, "Environment": {"Variables": {"A1": "1", "B1": "false", "C1": "0.5"}}},
        ),
        (
            ROLE,
            {"AssumeRolePolicyDocument": '{"Statement": []}'},
            {"AssumeRolePolicyDocument": {"Statement": []}},
        ),
        (
            "AWS::ApiGateway::Method",
            {
                "RestApiId": "a",
                "ResourceId": "b",
                "HttpMethod": "GET",
                "RequestParameters": {"method.request.header.X": "true"},
            },
            {
                "RestApiId": "a",
                "ResourceId": "b",
                "HttpMethod": "GET",
                "RequestParameters": {"method.request.header.X": True},
            },
        ),
        # What is a list stays one, and text that is no JSON stays text.
        (
            "AWS::SNS::TopicPolicy",
            {"PolicyDocument": "not JSON", "Topics": ["t"]},
            {"PolicyDocument": "not JSON", "Topics": ["t"]},
        ),
    ],
)
def test_conversion(name: str, given: dict[str, Any], converted: dict[str, Any]) -> None:
    found = of(name).convert(given)
    assert found == converted
    assert repr(found) == repr(converted)  # True is not 1, and 5 is not 5.0


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        (FUNCTION, {"Code": {}}, ["#: required key [Role] not found"]),
        (
            QUEUE,
            {"Quename": "x"},
            ["#: extraneous key [Quename] is not permitted (did you mean QueueName?)"],
        ),
        (QUEUE, {"Zzz": "x"}, ["#: extraneous key [Zzz] is not permitted"]),
        (QUEUE, {"Arn": "x"}, ["#: extraneous key [Arn] is not permitted"]),
        (QUEUE, {"DelaySeconds": "x"}, ["#/DelaySeconds: expected type: Number, found: String"]),
        (QUEUE, {"DelaySeconds": True}, ["#/DelaySeconds: expected type: Number, found: Boolean"]),
        (
            QUEUE,
            {"DelaySeconds": 0.5},
            ["#/DelaySeconds: expected type: Integer, found: BigDecimal"],
        ),
        (QUEUE, {"QueueName": ["x"]}, ["#/QueueName: expected type: String, found: JSONArray"]),
        (QUEUE, {"QueueName": {}}, ["#/QueueName: expected type: String, found: JSONObject"]),
        (QUEUE, {"QueueName": None}, ["#/QueueName: expected type: String, found: Null"]),
        (QUEUE, {"FifoQueue": "yes"}, ["#/FifoQueue: expected type: Boolean, found: String"]),
        (QUEUE, {"FifoQueue": 1}, ["#/FifoQueue: expected type: Boolean, found: Integer"]),
        (
            QUEUE,
            {"DelaySeconds": 901},
            ["#/DelaySeconds: failed validation constraint for keyword [maximum] (at most 900)"],
        ),
        (QUEUE, {"Tags": {"a": "b"}}, ["#/Tags: expected type: JSONArray, found: JSONObject"]),
        (
            QUEUE,
            {"Tags": [{"Key": "a"}, {"Key": "b", "Value": "c", "More": 1}]},
            [
                "#/Tags/0: required key [Value] not found",
                "#/Tags/1: extraneous key [More] is not permitted",
            ],
        ),
        (FUNCTION, {**CODE, "Code": "x"}, ["#/Code: expected type: JSONObject, found: String"]),
        (
            FUNCTION,
            {**CODE, "Environment": {"Variables": {"AB": {"a": 1}}}},
            ["#/Environment/Variables/AB: expected type: String, found: JSONObject"],
        ),
        (
            FUNCTION,
            {**CODE, "FunctionName": "x" * 141},
            ["#/FunctionName: expected maxLength: 140, actual: 141"],
        ),
        (
            "AWS::S3::Bucket",
            {"BucketName": "Upper_Case"},
            [
                "#/BucketName: failed validation constraint for keyword [pattern]"
                " (^[a-z0-9][a-z0-9.-]*[a-z0-9]$)"
            ],
        ),
        (
            ROLE,
            {
                "AssumeRolePolicyDocument": {},
                "ManagedPolicyArns": ["arn:aws:iam::aws:policy/A"] * 2,
            },
            ["#/ManagedPolicyArns: array items are not unique"],
        ),
        (
            "AWS::CloudFormation::Stack",
            {"TemplateURL": "u", "Parameters": {"A": ["b"]}},
            ["#/Parameters/A: expected type: String, found: JSONArray"],
        ),
        (
            "AWS::Events::Rule",
            {"Name": "r"},
            ["#: at least one of the keys [EventPattern, ScheduleExpression] is required"],
        ),
        (
            "AWS::CloudWatch::Alarm",
            {
                "ComparisonOperator": "GreaterThanThreshold",
                "EvaluationPeriods": 1,
                "MetricName": "m",
                "Statistic": "Sum",
                "ExtendedStatistic": "p90",
            },
            ["#: keys [ExtendedStatistic] and [Statistic] are mutually exclusive"],
        ),
    ],
)
def test_message(name: str, given: dict[str, Any], expected: list[str]) -> None:
    assert errors(of(name), given) == expected


def test_allowed_values_are_named() -> None:
    message = "#/LogGroupClass: failed validation constraint for keyword [enum]"
    found = errors(of("AWS::Logs::LogGroup"), {"LogGroupClass": "BEST"})
    assert found[0].startswith(f"{message} (one of: STANDARD, ")


def test_all_that_is_wrong_is_listed() -> None:
    found = errors(of(FUNCTION), {"Timeout": "x", "Memory": 1})
    assert found == [
        "#: required key [Code] not found",
        "#: required key [Role] not found",
        "#/Timeout: expected type: Number, found: String",
        "#: extraneous key [Memory] is not permitted (did you mean MemorySize?)",
    ]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        (QUEUE, {"DelaySeconds": UNKNOWN, "RedrivePolicy": UNKNOWN, "Tags": UNKNOWN}),
        (QUEUE, {"RedrivePolicy": {"deadLetterTargetArn": UNKNOWN, "maxReceiveCount": UNKNOWN}}),
        (QUEUE, {"Tags": [UNKNOWN, {"Key": UNKNOWN, "Value": UNKNOWN}]}),
        (ROLE, {"AssumeRolePolicyDocument": {}, "ManagedPolicyArns": [UNKNOWN, UNKNOWN]}),
        (
            "AWS::Events::Connection",
            {"AuthorizationType": UNKNOWN, "AuthParameters": {"BasicAuthParameters": UNKNOWN}},
        ),
    ],
)
def test_unknown_values_pass(name: str, given: dict[str, Any]) -> None:
    assert of(name).convert(given) == given


def test_one_of_several() -> None:
    basic = {"Username": "u", "Password": "p"}
    connection = of("AWS::Events::Connection")
    given = {"AuthorizationType": "BASIC", "AuthParameters": {"BasicAuthParameters": basic}}
    assert connection.convert(given) == given
    found = errors(connection, {"AuthParameters": {}})
    assert found == [
        "#/AuthParameters: minimum size: [1], found: [0]",
        "#/AuthParameters: #: 0 subschemas matched instead of one",
        "#/AuthParameters: required key [BasicAuthParameters] not found",
        "#/AuthParameters: required key [OAuthParameters] not found",
        "#/AuthParameters: required key [ApiKeyAuthParameters] not found",
    ]


def test_any_of_several() -> None:
    policy = {"PolicyName": "p", "PolicyDocument": {}}
    assert of("AWS::IAM::Policy").convert({**policy, "Roles": ["r"]})
    found = errors(of("AWS::IAM::Policy"), policy)
    assert found[0] == "#: #: no subschema matched out of the total 3 subschemas"


def test_subschemas_convert() -> None:
    described = made(properties={"A": {"anyOf": [{"type": "boolean"}, {"type": "integer"}]}})
    assert described.convert({"A": "5"}) == {"A": 5}
    described = made(properties={"A": {"allOf": [{"type": "integer"}, {"maximum": 5}]}})
    assert errors(described, {"A": 6}) == [
        "#/A: #: only 1 subschema matches out of 2",
        "#/A: failed validation constraint for keyword [maximum] (at most 5)",
    ]


def test_ranges_are_checked_later_if_at_all() -> None:
    """Few are in AWS's schemas, so that most are found when the service is called."""
    given = {"DelaySeconds": "901"}
    assert of(QUEUE).convert(given, check_ranges=False) == {"DelaySeconds": 901}
    assert errors(of(QUEUE), given)


def test_dependencies() -> None:
    described = made(properties={"A": {}, "B": {}}, dependencies={"A": ["B"]})
    assert described.convert({"B": 1}) == {"B": 1}
    assert errors(described, {"A": 1}) == ["#: property [B] is required"]


def test_the_given_properties_are_not_changed() -> None:
    given: dict[str, Any] = {"DelaySeconds": "5", "Tags": [{"Key": "a", "Value": "b"}]}
    converted = of(QUEUE).convert(given)
    converted["Tags"][0]["Value"] = "c"
    assert given == {"DelaySeconds": "5", "Tags": [{"Key": "a", "Value": "b"}]}


class TestTags:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html"""

    def test_list(self) -> None:
        own = {"Tags": [{"Key": "a", "Value": "own"}]}
        assert of(QUEUE).with_tags(own, {"a": "stack", "b": "stack"}) == {
            "Tags": [{"Key": "a", "Value": "own"}, {"Key": "b", "Value": "stack"}]
        }
        assert of(QUEUE).with_tags({}, {"b": "c"}) == {"Tags": [{"Key": "b", "Value": "c"}]}

    def test_map(self) -> None:
        own = {"Tags": {"a": "own"}}
        assert of("AWS::SSM::Parameter").with_tags(own, {"a": "stack", "b": "stack"}) == {
            "Tags": {"a": "own", "b": "stack"}
        }

    @pytest.mark.parametrize("name", ["AWS::SQS::QueuePolicy", "AWS::IAM::Policy"])
    def test_types_without_tags(self, name: str) -> None:
        assert of(name).with_tags({}, {"a": "b"}) == {}

    def test_unknown(self) -> None:
        assert of(QUEUE).with_tags({"Tags": UNKNOWN}, {"a": "b"}) == {"Tags": UNKNOWN}

    @pytest.mark.parametrize("name", TYPES)
    def test_stack_tags_match_the_schema(self, name: str) -> None:
        described = of(name)
        tags = described.with_tags({}, {"a": "b"})
        data = load(name) or {}
        conversion = Conversion(data.get("definitions", {}))
        conversion.convert({"properties": data.get("properties", {})}, tags)
        assert not conversion.errors


class TestChanges:
    def test_create_only(self) -> None:
        old, new = {"QueueName": "a", "DelaySeconds": 1}, {"QueueName": "b", "DelaySeconds": 2}
        assert of(QUEUE).replacing_changes(old, new) == ["QueueName"]
        assert of(QUEUE).changes(old, new) == ["DelaySeconds", "QueueName"]

    def test_removed_and_added(self) -> None:
        assert of(QUEUE).replacing_changes({"QueueName": "a"}, {}) == ["QueueName"]
        assert of(QUEUE).replacing_changes({}, {"QueueName": "a"}) == ["QueueName"]
        assert of(QUEUE).changes({}, {}) == []

    def test_unknown_values_differ(self) -> None:
        assert of(QUEUE).changes({"QueueName": "a"}, {"QueueName": UNKNOWN}) == ["QueueName"]

    def test_order(self) -> None:
        tags = [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}]
        assert of(QUEUE).changes({"Tags": tags}, {"Tags": tags[::-1]}) == []
        assert (
            of(ROLE).changes({"ManagedPolicyArns": ["a", "b"]}, {"ManagedPolicyArns": ["b", "a"]})
            == []
        )
        assert of(FUNCTION).changes({"Layers": ["a", "b"]}, {"Layers": ["b", "a"]}) == ["Layers"]

    def test_unordered_items_are_counted(self) -> None:
        described = made(properties={"A": {"type": "array", "insertionOrder": False}})
        assert described.changes({"A": [1, 1, 2]}, {"A": [2, 1, 1]}) == []
        assert described.changes({"A": [1, 1, 2]}, {"A": [2, 2, 1]}) == ["A"]
        assert described.changes({"A": [1]}, {"A": [True]}) == ["A"]

    def test_nested_paths(self) -> None:
        described = made(
            properties={
                "A": {"$ref": "#/definitions/A"},
                "L": {"type": "array", "items": {"$ref": "#/definitions/A"}},
            },
            definitions={"A": {"properties": {"X": {}, "Y": {}}}},
            createOnlyProperties=["/properties/A/X", "/properties/L/*/Y"],
        )
        assert described.create_only == {"A/X", "L/*/Y"}
        changes = described.replacing_changes
        assert changes({"A": {"X": 1}}, {"A": {"X": 1, "Y": 2}}) == []
        assert changes({"A": {"X": 1}}, {"A": {"X": 2}}) == ["A/X"]
        assert changes({"A": {"X": 1}}, {}) == ["A/X"]
        assert changes({"L": [{"Y": 1, "X": 1}]}, {"L": [{"Y": 1, "X": 2}]}) == []
        assert changes({"L": [{"Y": 1}]}, {"L": [{"Y": 2}]}) == ["L/*/Y"]


class TestData:
    def test_every_supported_type_has_a_schema(self) -> None:
        assert set(TYPES) == set(supported_types()), (
            "run: PYTHONPATH=extension/src .venv/bin/python -m tests.extension.schemas"
        )

    @pytest.mark.parametrize("name", TYPES)
    def test_schema(self, name: str) -> None:
        described, data = of(name), load(name) or {}
        assert set(data.get("required", ())) <= described.properties
        read_only = {pointer.split("/")[2] for pointer in data.get("readOnlyProperties", ())}
        tops = {path.partition("/")[0] for path in described.create_only}
        assert tops <= described.properties | read_only
        assert exists_on_aws(name)

    @pytest.mark.parametrize("name", TYPES)
    def test_patterns_are_regular_expressions_that_end(self, name: str) -> None:
        """Some of AWS's take exponential time where a text does not match at its end."""
        for pattern in patterns(load(name)):
            for part in ("a", "a ", "a/", "a.", "a-", "1", "\u00e4 "):
                re.search(pattern, part * 100 + "\n\x00")

    @pytest.mark.parametrize(
        ("name", "exists"),
        [
            ("AWS::SQS::Queue", True),
            ("AWS::DynamoDB::Table", True),
            ("AWS::CDK::Metadata", True),
            ("AWS::CloudFormation::CustomResource", True),
            ("Custom::Anything", True),
            ("AWS::Serverless::Function", True),
            ("AWS::SQS::Queu", False),
            ("AWS::Serverless::Lambda", False),
        ],
    )
    def test_types_of_aws(self, name: str, exists: bool) -> None:
        assert exists_on_aws(name) == exists

    def test_names_are_sorted(self) -> None:
        names = (DATA / "types.txt").read_text().splitlines()
        assert names == sorted(set(names))
        assert len(names) == len(type_names())

    @pytest.mark.parametrize(
        "name", ["Custom::Thing", "AWS::CloudFormation::CustomResource", "AWS::CDK::Metadata"]
    )
    def test_types_without_a_schema(self, name: str) -> None:
        assert schema(name) is None

    def test_attributes(self) -> None:
        assert {"Arn", "QueueName", "QueueUrl"} <= of(QUEUE).attributes
        stack = of("AWS::CloudFormation::Stack")
        assert stack.has_attribute("Outputs.Anything")
        assert not stack.has_attribute("Outputs")
        assert not stack.has_attribute("Anything")

    def test_deletion_before_replacement(self) -> None:
        assert of("AWS::Logs::MetricFilter").deleted_before_replacement
        assert not of(QUEUE).deleted_before_replacement


def patterns(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from patterns(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key == "pattern" and isinstance(each, str):
                yield each
            elif key == "patternProperties":
                yield from each
            yield from patterns(each)
