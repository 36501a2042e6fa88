"""Templates with wrong values in random places are rejected or deployed, never internal errors."""

from __future__ import annotations

import copy
import json
import os
import random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.extension.conftest import Clients

COUNT = int(os.environ.get("TESTBED_FUZZ_TEMPLATES", "150"))
SEED = int(os.environ.get("TESTBED_FUZZ_SEED", "1"))

TEMPLATE: dict[str, Any] = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Description": "All sections",
    "Metadata": {"a": 1},
    "Parameters": {
        "Delay": {"Type": "Number", "Default": 1, "MinValue": 0, "AllowedValues": [1, 2]},
        "Names": {"Type": "CommaDelimitedList", "Default": "a,b", "NoEcho": True},
        "Text": {"Type": "String", "Default": "x", "AllowedPattern": "[a-z]", "MaxLength": 9},
    },
    "Mappings": {"Map": {"us-east-1": {"Value": "1"}}},
    "Conditions": {
        "Yes": {"Fn::Equals": [{"Ref": "Text"}, "x"]},
        "Both": {"Fn::And": [{"Condition": "Yes"}, {"Fn::Not": [{"Condition": "No"}]}]},
        "No": {"Fn::Or": [{"Fn::Equals": ["a", "b"]}, {"Fn::Equals": ["c", "d"]}]},
    },
    "Rules": {
        "Rule": {
            "RuleCondition": {"Fn::Equals": [{"Ref": "Text"}, "x"]},
            "Assertions": [
                {"Assert": {"Fn::Contains": [["x"], {"Ref": "Text"}]}, "AssertDescription": "d"}
            ],
        }
    },
    "Resources": {
        "Queue": {
            "Type": "AWS::SQS::Queue",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Metadata": {"a": "b"},
            "Properties": {
                "DelaySeconds": {"Fn::FindInMap": ["Map", {"Ref": "AWS::Region"}, "Value"]},
                "RedrivePolicy": {
                    "deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]},
                    "maxReceiveCount": 3,
                },
                "Tags": [{"Key": "k", "Value": {"Fn::Join": ["-", {"Ref": "Names"}]}}],
            },
        },
        "Dead": {"Type": "AWS::SQS::Queue", "DependsOn": ["Parameter"], "Condition": "Both"},
        "Parameter": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {
                "Type": "String",
                "Value": {"Fn::Sub": ["${AWS::StackName}-${A}", {"A": {"Fn::Base64": "x"}}]},
                "Description": {"Fn::If": ["Yes", {"Fn::Select": [0, ["a"]]}, "no"]},
            },
        },
    },
    "Outputs": {
        "Out": {
            "Condition": "Yes",
            "Value": {"Fn::Sub": "${Queue.Arn}"},
            "Export": {"Name": {"Fn::Split": ["-", "a-b"]}},
        }
    },
}
STRANGE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1.5,
    10**40,
    "",
    "x",
    "Queue",
    "AWS::NoValue",
    "{{resolve:ssm:none}}",
    "${",
    "${Missing}",
    [],
    {},
    [None],
    [[]],
    {"Ref": "Queue"},
    {"Ref": ["Queue"]},
    {"Ref": "AWS::NoValue"},
    {"Fn::GetAtt": "Queue"},
    {"Fn::GetAtt": ["Queue", {"Ref": "Text"}]},
    {"Fn::Sub": []},
    {"Fn::If": ["Yes"]},
    {"Fn::Select": ["9", ["a"]]},
    {"Fn::ImportValue": "none"},
    {"Fn::Transform": {"Name": "AWS::Include"}},
    {"Fn::ForEach::Loop": ["A", ["b"], {"${A}": {}}]},
    {"Condition": "Yes"},
)
CALLS = ("create_stack", "create_change_set", "validate_template", "get_template_summary")


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every object or list within a value, with each of its keys."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, dict | list):
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        for key in keys:
            found.append((value, key))
            found += places(value[key])
    return found


def damaged(source: random.Random) -> dict[str, Any]:
    """Return the template with one or two places changed."""
    template = copy.deepcopy(TEMPLATE)
    for _ in range(source.randrange(1, 3)):
        parent, key = source.choice(places(template))
        kind = source.randrange(4)
        if kind == 0:
            del parent[key]
        elif kind == 1 and isinstance(parent, dict):
            parent[source.choice(["x", "Type", "Ref", "Fn::Sub", "Fn::Nothing", "é"])] = parent[key]
        else:
            parent[key] = copy.deepcopy(source.choice(STRANGE))
    transform = source.choice([None, None, "AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"])
    return {**template, "Transform": transform} if transform else template


@pytest.mark.parametrize("seed", [SEED])
def test_no_template_is_an_internal_error(aws: Clients, name: str, seed: int) -> None:
    client = aws["cloudformation"]
    source = random.Random(seed)  # noqa: S311
    failed, stacks = [], []
    for number in range(COUNT):
        body = json.dumps(damaged(source))
        call, stack = source.choice(CALLS), f"{name}-{number}"
        request: dict[str, Any] = {"TemplateBody": body}
        if call in ("create_stack", "create_change_set"):
            request |= {"StackName": stack, "Capabilities": ["CAPABILITY_AUTO_EXPAND"]}
        if call == "create_change_set":
            request |= {"ChangeSetName": "first", "ChangeSetType": "CREATE"}
        try:
            answer = getattr(client, call)(**request)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                failed.append(f"{call} {body}\n  → {error}")
            continue
        if "StackId" in answer:
            stacks.append(answer["StackId"])
        if call == "create_change_set":
            found = client.describe_change_set(ChangeSetName=answer["Id"])
            if "Internal failure" in found.get("StatusReason", ""):
                failed.append(f"{call} {body}\n  → {found['StatusReason']}")
    for stack in stacks:
        client.delete_stack(StackName=stack)
    assert not failed, f"{len(failed)} of {COUNT}:\n" + "\n".join(failed)
