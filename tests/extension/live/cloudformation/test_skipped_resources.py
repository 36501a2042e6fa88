"""Resources of types, and properties, that this testbed does not have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.extension.conftest import Clients, running_localstack
from tests.extension.live.cloudformation.deploying import deployed

TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 1}},
        "Queue": {
            "Type": "AWS::SQS::Queue",
            "Properties": {"Tags": [{"Key": "stream", "Value": {"Ref": "Stream"}}]},
        },
        # IAM accepts only ARNs in a policy.
        "Policy": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": {
                        "Effect": "Allow",
                        "Action": "kinesis:PutRecord",
                        "Resource": {"Fn::GetAtt": ["Stream", "Arn"]},
                    },
                }
            },
        },
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupClass": "DELIVERY"}},
    },
    "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Stream", "Arn"]}}},
}


def test_skipped_resources_are_named_and_properties_ignored(tmp_path: Path) -> None:
    with running_localstack(tmp_path / "ls", TESTBED_SKIP_UNSUPPORTED_RESOURCES="1") as localstack:
        aws = Clients(localstack.endpoint)
        client = aws["cloudformation"]
        with deployed(aws, TEMPLATE, "skipping") as stack:
            changed = {**TEMPLATE, "Outputs": {}}
            assert stack.update(changed) == "UPDATE_COMPLETE"
            found = {
                each["LogicalResourceId"]: each.get("ResourceStatusReason", "")
                for each in client.describe_stack_resources(StackName=stack.name)["StackResources"]
            }
            assert "does not have the type AWS::Kinesis::Stream" in found["Stream"]
            assert "does not have" not in found["Queue"]
            assert found["Logs"].startswith("Ignored: The LogGroupClass ")
