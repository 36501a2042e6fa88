"""An invalid template changes nothing.

https://repost.aws/knowledge-center/cloudformation-template-validation
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html
"""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import Deployed
from tests.extension.live.cloudformation.templates import queue, template


@pytest.fixture
def stack(aws: Clients, name: str) -> Deployed:
    return Deployed(aws, name)


INVALID = [
    (
        template(Queue=queue(), Typo={"Type": "AWS::SQS::Queu"}),
        "Template format error: Unrecognized resource types: [AWS::SQS::Queu]",
    ),
    (
        template(Queue=queue(), Table={"Type": "AWS::DynamoDB::Table"}),
        "Table (AWS::DynamoDB::Table)",
    ),
    (
        template(Queue=queue(QueuName="x")),
        "Properties validation failed for resource Queue with message:"
        "\n#: extraneous key [QueuName] is not permitted",
    ),
    (template(Role={"Type": "AWS::IAM::Role"}), "required key [AssumeRolePolicyDocument]"),
    (
        template(Queue=queue(DelaySeconds="soon")),
        "#/DelaySeconds: expected type: Number, found: String",
    ),
    (
        template(Queue=queue(QueueName={"Ref": "Nothing"})),
        "Template format error: Unresolved resource dependencies [Nothing] in the Resources block",
    ),
    (
        template(Logs={"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupClass": "DELIVERY"}}),
        "The LogGroupClass DELIVERY is not",
    ),
    (
        template(
            Alias={
                "Type": "AWS::Lambda::Alias",
                "Properties": {"FunctionName": "f", "FunctionVersion": "1", "Name": "live"},
                "UpdatePolicy": {
                    "Fn::If": [
                        "Gradual",
                        {
                            "CodeDeployLambdaAliasUpdate": {
                                "ApplicationName": "shop",
                                "DeploymentGroupName": "shop",
                            }
                        },
                        {"Ref": "AWS::NoValue"},
                    ]
                },
            }
        )
        | {"Conditions": {"Gradual": {"Fn::Equals": ["yes", "yes"]}}},
        "Alias (AWS::Lambda::Alias): UpdatePolicy.CodeDeployLambdaAliasUpdate is not available",
    ),
    (
        template(
            Signals={
                "Type": "AWS::CloudFormation::WaitCondition",
                "CreationPolicy": {"ResourceSignal": {"Count": 1}},
            }
        ),
        "Signals (AWS::CloudFormation::WaitCondition): CreationPolicy is not available",
    ),
    (
        template(A=queue(), B=queue(QueueName={"Fn::GetAtt": ["A", "Url"]})),
        "Template error: resource A does not support attribute type Url in Fn::GetAtt",
    ),
]


@pytest.mark.parametrize(("invalid", "message"), INVALID)
def test_creation(stack: Deployed, invalid: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError) as raised:
        stack.create(invalid)
    assert raised.value.response["Error"]["Code"] == "ValidationError"
    assert message in raised.value.response["Error"]["Message"]
    with pytest.raises(ClientError, match="does not exist"):
        stack.client.describe_stacks(StackName=stack.name)


def test_update(stack: Deployed) -> None:
    stack.create(template(Queue=queue()))
    before = stack.physical_ids()
    for invalid, message in INVALID:
        with pytest.raises(ClientError) as raised:
            stack.update(invalid)
        assert message in raised.value.response["Error"]["Message"]
    assert stack.status() == "CREATE_COMPLETE"
    assert stack.physical_ids() == before


@pytest.mark.parametrize(
    ("properties", "missing"),
    [({}, "CAPABILITY_IAM"), ({"RoleName": "role"}, "CAPABILITY_NAMED_IAM")],
)
def test_capabilities(stack: Deployed, properties: dict[str, str], missing: str) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/control-access-with-iam.html"""
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": {}, **properties},
    }
    with pytest.raises(ClientError) as raised:
        stack.client.create_stack(
            StackName=stack.name, TemplateBody=json.dumps(template(Role=role))
        )
    error = raised.value.response["Error"]
    assert error["Code"] == "InsufficientCapabilitiesException"
    assert error["Message"] == f"Requires capabilities : [{missing}]"
