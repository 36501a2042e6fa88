"""What the AWS::Serverless transform generates.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from localstack_testbed.cloudformation.errors import TransformError
from localstack_testbed.cloudformation.template.document import parse, parse_fragment
from localstack_testbed.cloudformation.template.serverless import origin
from localstack_testbed.cloudformation.template.transforms import process

REPOSITORY = Path(__file__).parents[4]
PARAMETERS = {
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
}
FUNCTION = "Runtime: python3.13, Handler: a.b, InlineCode: pass"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a network, credentials or a region in the environment."""

    def connect(*_: object) -> None:
        raise AssertionError("The transform must not use the network.")

    monkeypatch.setattr(socket.socket, "connect", connect)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)


def processed(resources: str, region: str = "eu-west-1", **parameters: Any) -> dict[str, Any]:
    document = parse(f"Transform: AWS::Serverless-2016-10-31\n{resources}")
    values = {**PARAMETERS, "AWS::Region": region, **parameters}
    return process(document, values, lambda _: "")


def types(document: dict[str, Any]) -> dict[str, str]:
    return {name: resource["Type"] for name, resource in document["Resources"].items()}


def failure(resources: str) -> str:
    with pytest.raises(TransformError) as raised:
        processed(resources)
    return str(raised.value)


def test_references_to_generated_resources() -> None:
    document = processed(f"""
Resources:
  Api: {{Type: AWS::Serverless::Api, Properties: {{StageName: Prod}}}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      {FUNCTION.replace(", ", chr(10) + "      ")}
      AutoPublishAlias: live
      Events:
        A: {{Type: Api, Properties: {{RestApiId: !Ref Api, Path: /hi, Method: get}}}}
Outputs:
  Alias: {{Value: !Ref F.Alias}}
  Version: {{Value: !Ref F.Version}}
  Role: {{Value: !GetAtt FRole.Arn}}
  Stage: {{Value: !Ref Api.Stage}}
  Url: {{Value: !Sub "https://${{Api}}/${{Api.Stage}}/${{ApiProdStage}}"}}
""")
    version = next(name for name in document["Resources"] if name.startswith("FVersion"))
    assert document["Outputs"] == {
        "Alias": {"Value": {"Ref": "FAliaslive"}},
        "Version": {"Value": {"Ref": version}},
        "Role": {"Value": {"Fn::GetAtt": ["FRole", "Arn"]}},
        "Stage": {"Value": {"Ref": "ApiProdStage"}},
        "Url": {"Value": {"Fn::Sub": "https://${Api}/${ApiProdStage}/${ApiProdStage}"}},
    }
    assert document["Resources"]["FRole"]["Properties"]["ManagedPolicyArns"] == [
        "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    ]
    assert document["Resources"]["F"]["Properties"]["Tags"] == [
        {"Key": "lambda:createdBy", "Value": "SAM"}
    ]
    assert "Transform" not in document


def test_managed_policies_and_policy_templates() -> None:
    document = processed(f"""
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      {FUNCTION.replace(", ", chr(10) + "      ")}
      Policies:
        - AmazonS3ReadOnlyAccess
        - SQSPollerPolicy: {{QueueName: q}}
""")
    role = document["Resources"]["FRole"]["Properties"]
    assert "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" in role["ManagedPolicyArns"]
    assert role["Policies"][0]["PolicyName"] == "FRolePolicy1"


def test_connectors() -> None:
    document = processed(f"""
Resources:
  Q: {{Type: AWS::SQS::Queue}}
  F:
    Type: AWS::Serverless::Function
    Connectors:
      Out: {{Properties: {{Destination: {{Id: Q}}, Permissions: [Write]}}}}
    Properties: {{{FUNCTION}}}
""")
    assert types(document)["FOutPolicy"] == "AWS::IAM::ManagedPolicy"


def test_what_is_rejected_later_by_its_type() -> None:
    document = processed(f"""
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      {FUNCTION.replace(", ", chr(10) + "      ")}
      AutoPublishAlias: live
      DeploymentPreference: {{Type: AllAtOnce}}
      Events:
        Any: {{Type: HttpApi, Properties: {{Path: /hi, Method: get}}}}
  T: {{Type: AWS::Serverless::SimpleTable}}
  N: {{Type: AWS::Serverless::Application, Properties: {{Location: "https://b.s3.amazonaws.com/t"}}}}
""")
    assert set(types(document).values()) >= {
        "AWS::ApiGatewayV2::Api",
        "AWS::ApiGatewayV2::Stage",
        "AWS::CloudFormation::Stack",
        "AWS::CodeDeploy::DeploymentGroup",
        "AWS::DynamoDB::Table",
    }


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-east-1", "aws")]
)
def test_the_region_is_that_of_the_stack(region: str, partition: str) -> None:
    document = processed(
        f"Resources: {{F: {{Type: AWS::Serverless::Function, Properties: {{{FUNCTION}}}}}}}", region
    )
    assert document["Resources"]["FRole"]["Properties"]["ManagedPolicyArns"] == [
        f"arn:{partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    ]


def test_values_of_parameters() -> None:
    """Of an SSM parameter type, the stored value counts."""
    document = processed(
        f"""
Parameters:
  Alias: {{Type: "AWS::SSM::Parameter::Value<String>", Default: /alias}}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: {{{FUNCTION}, AutoPublishAlias: !Ref Alias}}
""",
        Alias="live",
    )
    assert "FAliaslive" in document["Resources"]


def test_the_document_is_not_changed() -> None:
    body = f"""
Transform: AWS::Serverless-2016-10-31
Globals: {{Function: {{Timeout: 5}}}}
Resources: {{F: {{Type: AWS::Serverless::Function, Properties: {{{FUNCTION}}}}}}}
"""
    document = parse(body)
    result = process(document, PARAMETERS, lambda _: "")
    assert document == parse(body)
    assert result["Resources"]["F"]["Properties"]["Timeout"] == 5
    assert "Globals" not in result


PREFIX = (
    "Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application "
    "Specification document. Number of errors found: "
)


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        (
            "F: {Type: AWS::Serverless::Function, "
            "Properties: {Runtime: a, Handler: b, CodeUri: c}}",
            "1. Resource with id [F] is invalid. 'CodeUri' is not a valid S3 Uri of the form "
            "'s3://bucket/key' with optional versionId query parameter.",
        ),
        (
            "A: {Type: AWS::Serverless::Api, Properties: {}}, "
            "B: {Type: AWS::Serverless::Api, Properties: {}}",
            "2. Resource with id [A] is invalid. Missing required property 'StageName'. "
            "Resource with id [B] is invalid. Missing required property 'StageName'.",
        ),
        (
            "A: a",
            "1. Structure of the SAM template is invalid. All 'Resources' must be Objects.",
        ),
        (
            "A: {Type: AWS::Serverless::Application, Properties: "
            "{Location: {ApplicationId: a, SemanticVersion: 1.0.0}}}",
            "1. Resource with id [A] is invalid. The Serverless Application Repository is not "
            "available in this testbed",
        ),
    ],
)
def test_errors(resources: str, message: str) -> None:
    assert failure(f"Resources: {{{resources}}}").startswith(PREFIX + message)


def test_an_empty_template() -> None:
    assert failure("Outputs: {}").endswith("'Resources' section is required")


def test_this_repositorys_template() -> None:
    """It is what the translator makes of it, with the logical ids that AWS would give."""
    body = (REPOSITORY / "template.yaml").read_text()
    document = parse_fragment(body.replace("handlers/", "s3://bucket/code.zip"))
    values = {**PARAMETERS, "AlertEmail": "a@example.com"}
    result = process(document, values, lambda _: "")
    assert {
        "WebsiteMonitorCheckRequested",
        "WebsiteMonitorCheckRequestedPermission",
        "WebsiteMonitorEventInvokeConfig",
        "IncidentRecorderAlerts",
        "StatusApiGetStatusPermissionv1",
        "Apiv1Stage",
    } <= set(result["Resources"])
    # No stage named "Stage"
    deployment = next(
        r for r in result["Resources"].values() if r["Type"] == "AWS::ApiGateway::Deployment"
    )
    assert "StageName" not in deployment["Properties"]


@pytest.mark.parametrize(
    ("generated", "declared"),
    [
        ("FRole", "F"),
        ("FunctionRole", "Function"),
        ("ServerlessHttpApiApiGatewayDefaultStage", "F"),
        ("ServerlessRestApi", None),
        ("Table", None),
        ("TableStream", None),
    ],
)
def test_what_a_resource_was_generated_for(generated: str, declared: str | None) -> None:
    document = parse("""
Resources:
  Function: {Type: AWS::Serverless::Function}
  F: {Type: AWS::Serverless::Function, Properties: {Events: {A: {Type: HttpApi}}}}
  Table: {Type: AWS::DynamoDB::Table}
""")
    assert origin(document, generated) == declared
