"""Transforms, as deployments and GetTemplate see them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-reference.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from testbed.machine.waiting import until
from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import CAPABILITIES, LIMIT, deployed

LOOP: dict[str, Any] = {
    "Transform": "AWS::LanguageExtensions",
    "Parameters": {"Names": {"Type": "CommaDelimitedList"}},
    "Resources": {
        "Fn::ForEach::Queues": [
            "Name",
            {"Ref": "Names"},
            {
                "Queue${Name}": {
                    "Type": "AWS::SQS::Queue",
                    "DeletionPolicy": {
                        "Fn::FindInMap": ["M", "a", "b", {"DefaultValue": "Delete"}]
                    },
                    "Properties": {
                        "Tags": [
                            {
                                "Key": "details",
                                "Value": {"Fn::ToJsonString": {"topic": {"Ref": "Topic"}}},
                            }
                        ]
                    },
                }
            },
        ],
        "Topic": {"Type": "AWS::SNS::Topic"},
    },
    "Mappings": {"M": {"c": {"d": "e"}}},
    "Outputs": {"Number": {"Value": {"Fn::Length": {"Ref": "Names"}}}},
}


@pytest.fixture
def bucket(aws: Clients, name: str) -> Iterator[str]:
    """A bucket for snippets."""
    aws["s3"].create_bucket(Bucket=name)
    yield name
    for each in aws["s3"].list_objects_v2(Bucket=name).get("Contents", ()):
        aws["s3"].delete_object(Bucket=name, Key=each["Key"])
    aws["s3"].delete_bucket(Bucket=name)


def names(value: str) -> list[dict[str, str]]:
    return [{"ParameterKey": "Names", "ParameterValue": value}]


def test_a_parameter_decides_which_resources_a_loop_makes(aws: Clients) -> None:
    with deployed(aws, LOOP, Parameters=names("a,b")) as stack:
        before = stack.physical_ids()
        assert stack.outputs() == {"Number": "2"}
        # What depends on a resource has its value all the same.
        tags = aws["sqs"].list_queue_tags(QueueUrl=before["Queuea"])["Tags"]
        assert json.loads(tags["details"]) == {"topic": before["Topic"]}

        assert stack.update(LOOP, Parameters=names("b,c,d")) == "UPDATE_COMPLETE", stack.report()

        after = stack.physical_ids()
        assert sorted(after) == ["Queueb", "Queuec", "Queued", "Topic"]
        assert after["Queueb"] == before["Queueb"]
        assert stack.outputs() == {"Number": "3"}

        templates = {
            stage: aws["cloudformation"].get_template(StackName=stack.name, TemplateStage=stage)
            for stage in ("Original", "Processed")
        }
        assert dict(templates["Original"]["TemplateBody"]) == LOOP
        processed = templates["Processed"]["TemplateBody"]
        assert sorted(processed["Resources"]) == sorted(after)
        assert processed["Resources"]["Queueb"]["DeletionPolicy"] == "Delete"
        assert "Transform" not in processed


def test_snippets_are_read_from_s3(aws: Clients, bucket: str) -> None:
    aws["s3"].put_object(Bucket=bucket, Key="queue.yaml", Body=b"Queue:\n  Type: AWS::SQS::Queue\n")
    template = {
        "Resources": {
            "Topic": {"Type": "AWS::SNS::Topic"},
            "Fn::Transform": {
                "Name": "AWS::Include",
                "Parameters": {"Location": {"Fn::Sub": "s3://${Bucket}/queue.yaml"}},
            },
        },
        "Parameters": {"Bucket": {"Type": "String", "Default": bucket}},
    }
    with deployed(aws, template) as stack:
        assert sorted(stack.physical_ids()) == ["Queue", "Topic"]
    summary = aws["cloudformation"].get_template_summary(TemplateBody=json.dumps(template))
    assert summary["DeclaredTransforms"] == ["AWS::Include"]


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        (
            {
                "Transform": "AWS::Serverless-2016-10-31",
                "Resources": {"A": {"Type": "AWS::Serverless::Api", "Properties": {}}},
            },
            "Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application "
            "Specification document. Number of errors found: 1. Resource with id [A] is invalid. "
            "Missing required property 'StageName'.",
        ),
        (
            {
                "Resources": {
                    "Fn::Transform": {
                        "Name": "AWS::Include",
                        "Parameters": {"Location": "s3://no-such-bucket/a"},
                    }
                }
            },
            "Transform AWS::Include failed with: S3 error: The specified bucket does not exist",
        ),
        (
            {"Transform": "Foo", "Resources": {"A": {"Type": "AWS::SQS::Queue"}}},
            "No transform named 000000000000::Foo found.",
        ),
    ],
)
def test_a_failed_transform_is_the_change_sets_reason(
    aws: Clients, name: str, template: dict[str, Any], reason: str
) -> None:
    client = aws["cloudformation"]
    made = client.create_change_set(
        StackName=name,
        ChangeSetName="first",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps(template),
        Capabilities=CAPABILITIES,
    )

    def ended() -> dict[str, Any] | None:
        found = dict(client.describe_change_set(ChangeSetName=made["Id"]))
        return None if found["Status"].endswith(("PENDING", "IN_PROGRESS")) else found

    found = until(ended, within=LIMIT, what="end of the change set")
    assert found["Status"] == "FAILED"
    assert found["StatusReason"].startswith(reason)
    client.delete_stack(StackName=name)


def test_functions_of_a_transform_that_is_not_declared(aws: Clients, name: str) -> None:
    template = {"Resources": LOOP["Resources"], "Parameters": LOOP["Parameters"]}
    with pytest.raises(
        aws["cloudformation"].exceptions.ClientError, match="resource definition is malformed"
    ):
        aws["cloudformation"].create_stack(
            StackName=name, TemplateBody=json.dumps(template), Parameters=names("a")
        )
