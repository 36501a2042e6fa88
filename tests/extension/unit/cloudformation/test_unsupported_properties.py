"""Properties that the testbed does not carry out, and what is not known before a deployment."""

from typing import Any

import pytest
from localstack_testbed.cloudformation.resources.model import Context, ResourceError
from localstack_testbed.cloudformation.resources.registry import resource_type
from localstack_testbed.cloudformation.schemas.schema import schema
from localstack_testbed.cloudformation.unknown import UNKNOWN

from tests.extension.live.cloudformation.types import EXAMPLES
from tests.extension.live.cloudformation.types.model import Example

STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/orders"
AUTHORIZER = {"x-amazon-apigateway-authorizer": {"type": "token"}}


def problem(name: str, properties: dict[str, Any]) -> str | None:
    kind = resource_type(name)
    assert kind is not None
    return kind.unsupported(properties)


@pytest.mark.parametrize(
    "example", [each for each in EXAMPLES if each.unavailable], ids=lambda example: example.type
)
def test_what_the_page_says_is_rejected(example: Example) -> None:
    for shown, properties in example.rejected():
        found = problem(example.type, dict(properties))
        assert found, shown
        assert "available in this testbed" in found


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.type)
def test_the_page_has_what_is_rejected(example: Example) -> None:
    described = schema(example.type)
    assert described is not None
    shown = {name for each in EXAMPLES if each.type == example.type for name in each.unavailable}
    for name in described.properties - shown:
        assert problem(example.type, {**example.properties, name: UNKNOWN}) is None, name


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("CloudFormation::CustomResource", {"ServiceToken": "a"}, {"ServiceToken": "b"}),
        ("CloudFormation::WaitCondition", {"Timeout": "1"}, {"Timeout": "2"}),
        ("KMS::Key", {}, {"KeySpec": "RSA_2048"}),
        ("KMS::Key", {}, {"KeyUsage": "SIGN_VERIFY"}),
        ("KMS::Key", {}, {"MultiRegion": True}),
        ("KMS::Key", {}, {"Origin": "EXTERNAL"}),
    ],
)
def test_changes_that_the_page_says_are_rejected(
    name: str, old: dict[str, Any], new: dict[str, Any]
) -> None:
    kind = resource_type(f"AWS::{name}")
    assert kind
    context = Context("shop", "arn", "000000000000", "us-east-1", "Subject", f"AWS::{name}", "t")
    with pytest.raises(ResourceError):
        kind.update(context, "id", old, new)


@pytest.mark.parametrize(
    ("name", "properties", "expected"),
    [
        ("ApiGateway::RestApi", {"Body": {"securityDefinitions": {"a": AUTHORIZER}}}, "a"),
        (
            "ApiGateway::RestApi",
            {"Body": {"components": {"securitySchemes": {"a": AUTHORIZER}}}},
            "authorizer a",
        ),
        ("ApiGateway::RestApi", {"Policy": UNKNOWN}, "Policy"),
        ("ApiGateway::RestApi", {"Body": {"x-amazon-apigateway-policy": UNKNOWN}}, "Policy"),
        (
            "ApiGateway::RestApi",
            {
                "Body": {
                    "x-amazon-apigateway-endpoint-configuration": {
                        "disableExecuteApiEndpoint": True
                    }
                }
            },
            "DisableExecuteApiEndpoint",
        ),
        ("ApiGateway::RestApi", {"EndpointConfiguration": {"Types": ["PRIVATE"]}}, "Private"),
        ("ApiGateway::Method", {"AuthorizationType": "COGNITO_USER_POOLS"}, "COGNITO_USER_POOLS"),
        ("ApiGateway::Stage", {"AccessLogSetting": UNKNOWN}, "AccessLogSetting"),
        (
            "ApiGateway::Deployment",
            {"StageDescription": {"AccessLogSetting": {"Format": "x"}}},
            "StageDescription.AccessLogSetting",
        ),
        ("ApiGateway::UsagePlan", {"Quota": {"Limit": 5}}, "Quota"),
        ("Events::Rule", {"Targets": [{"Id": "a", "Arn": STREAM}]}, "service kinesis"),
        ("Scheduler::Schedule", {"Target": {"Arn": STREAM}}, "service kinesis"),
        ("ApiGateway::UsagePlan", {"ApiStages": [{"Throttle": UNKNOWN}]}, "ApiStages.Throttle"),
        ("SSM::Parameter", {"Policies": "[]"}, "Policies"),
        ("SecretsManager::RotationSchedule", {"HostedRotationLambda": UNKNOWN}, "HostedRotation"),
    ],
)
def test_rejected(name: str, properties: dict[str, Any], expected: str) -> None:
    assert expected in (problem(f"AWS::{name}", properties) or "")


@pytest.mark.parametrize(
    ("name", "properties"),
    [
        ("ApiGateway::RestApi", {"Body": UNKNOWN, "EndpointConfiguration": UNKNOWN}),
        ("ApiGateway::RestApi", {"Body": {"components": UNKNOWN, "securityDefinitions": UNKNOWN}}),
        ("ApiGateway::RestApi", {"EndpointConfiguration": {"Types": UNKNOWN}}),
        ("ApiGateway::Method", {"AuthorizationType": UNKNOWN, "Integration": UNKNOWN}),
        ("ApiGateway::Method", {"AuthorizationType": "AWS_IAM", "ApiKeyRequired": True}),
        ("ApiGateway::Stage", {"DeploymentId": UNKNOWN, "MethodSettings": UNKNOWN}),
        ("ApiGateway::Deployment", {"StageDescription": UNKNOWN}),
        ("ApiGateway::UsagePlan", {"ApiStages": UNKNOWN}),
        ("ApiGateway::UsagePlan", {"ApiStages": [UNKNOWN]}),
        ("SSM::Parameter", {"DataType": UNKNOWN}),
        ("SecretsManager::RotationSchedule", {"RotationRules": UNKNOWN}),
        (
            "S3::Bucket",
            {"BucketEncryption": {"ServerSideEncryptionConfiguration": [UNKNOWN]}},
        ),
        ("IAM::Role", {"Policies": UNKNOWN}),
        ("Logs::LogGroup", {"DeletionProtectionEnabled": False, "LogGroupClass": UNKNOWN}),
        ("Lambda::EventSourceMapping", {"EventSourceArn": UNKNOWN}),
        ("Lambda::EventSourceMapping", {"EventSourceArn": "arn:aws:sqs:us-east-1:0:queue"}),
        ("Lambda::EventInvokeConfig", {"DestinationConfig": UNKNOWN}),
        ("Lambda::EventInvokeConfig", {"DestinationConfig": {"OnFailure": UNKNOWN}}),
        ("Lambda::Permission", {"Principal": UNKNOWN}),
    ],
)
def test_not_rejected(name: str, properties: dict[str, Any]) -> None:
    assert problem(f"AWS::{name}", properties) is None
