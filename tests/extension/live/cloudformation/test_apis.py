"""REST APIs of stacks that change, and what of them is rejected."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import yaml
from botocore.exceptions import ClientError

from tests.extension.conftest import Clients
from tests.extension.live.apigateway.documents import document
from tests.extension.live.cloudformation.deploying import Deployed, deployed

LIMIT_SECONDS = 10
SAM = "AWS::Serverless-2016-10-31"
HANDLER = 'def handler(event, context): return {"statusCode": 200, "body": event["path"]}'


def function(**events: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "InlineCode": HANDLER,
            "Events": {
                name: {"Type": "Api", "Properties": properties}
                for name, properties in events.items()
            },
        },
    }


def site(**events: Any) -> dict[str, Any]:
    """Return a template of a function behind an API."""
    return {"Transform": SAM, "Resources": {"F": function(**events)}}


class Api:
    """The API that SAM makes for a function."""

    def __init__(self, stack: Deployed, endpoint: str) -> None:
        self.id = stack.physical_ids()["ServerlessRestApi"]
        self._url = f"{endpoint}/_aws/execute-api/{self.id}/Prod"

    def answer(self, method: str, path: str) -> tuple[int, str]:
        answer = requests.request(method, f"{self._url}{path}", timeout=LIMIT_SECONDS)
        return answer.status_code, answer.text


@pytest.fixture
def stack(aws: Clients) -> Iterator[Deployed]:
    with deployed(aws, site(A={"Path": "/x", "Method": "get"})) as made:
        yield made


def test_other_path(stack: Deployed, localstack_endpoint: str) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-restapi.html"""
    before = Api(stack, localstack_endpoint)
    deployment = stack.physical_ids()
    assert before.answer("GET", "/x") == (200, "/x")

    assert stack.update(site(A={"Path": "/y", "Method": "get"})) == "UPDATE_COMPLETE"
    after = Api(stack, localstack_endpoint)
    assert after.id == before.id
    assert after.answer("GET", "/y") == (200, "/y")
    assert after.answer("GET", "/x")[0] == 403
    # SAM gives each definition a deployment with another logical id.
    assert set(stack.physical_ids()) != set(deployment)


def test_other_method(stack: Deployed, localstack_endpoint: str) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-deployment.html"""
    template = site(A={"Path": "/x", "Method": "post"}, B={"Path": "/x/{name}", "Method": "get"})
    assert stack.update(template) == "UPDATE_COMPLETE"
    api = Api(stack, localstack_endpoint)
    assert api.answer("POST", "/x") == (200, "/x")
    assert api.answer("GET", "/x/me") == (200, "/x/me")
    assert api.answer("GET", "/x")[0] == 403


def test_failed_update(stack: Deployed, localstack_endpoint: str) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html"""
    template = site(A={"Path": "/y", "Method": "get"})
    template["Resources"]["Broken"] = {
        "Type": "AWS::Lambda::Permission",
        "DependsOn": "ServerlessRestApiProdStage",
        "Properties": {
            "Action": "lambda:InvokeFunction",
            "FunctionName": "no-such-function",
            "Principal": "s3.amazonaws.com",
        },
    }
    assert stack.update(template) == "UPDATE_ROLLBACK_COMPLETE"
    api = Api(stack, localstack_endpoint)
    assert api.answer("GET", "/x") == (200, "/x")
    assert api.answer("GET", "/y")[0] == 403
    assert stack.update(site(A={"Path": "/z", "Method": "get"})) == "UPDATE_COMPLETE"
    assert api.answer("GET", "/z") == (200, "/z")


def test_references_to_a_stage(aws: Clients) -> None:
    """https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources-api.html"""
    template = {
        "Transform": SAM,
        "Resources": {
            "Api": {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "Prod"}},
            "F": function(A={"RestApiId": {"Ref": "Api"}, "Path": "/hi", "Method": "get"}),
            "Plan": {
                "Type": "AWS::ApiGateway::UsagePlan",
                "DependsOn": "ApiProdStage",
                "Properties": {
                    "ApiStages": [{"ApiId": {"Ref": "Api"}, "Stage": {"Ref": "ApiProdStage"}}]
                },
            },
        },
        "Outputs": {"Stage": {"Value": {"Ref": "Api.Stage"}}},
    }
    with deployed(aws, template) as stack:
        ids = stack.physical_ids()
        assert stack.outputs() == {"Stage": "Prod"}
        plan = aws["apigateway"].get_usage_plan(usagePlanId=ids["Plan"])
        assert plan["apiStages"] == [{"apiId": ids["Api"], "stage": "Prod"}]


def test_document_in_a_bucket(aws: Clients, name: str, localstack_endpoint: str) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigateway-restapi-s3location.html"""
    aws["s3"].create_bucket(Bucket=name)
    bodies = {"first.json": document("/first"), "second.json": document("/second")}

    def template(key: str) -> dict[str, Any]:
        location = {"Bucket": name, "Key": key}
        api = {"Type": "AWS::ApiGateway::RestApi", "Properties": {"BodyS3Location": location}}
        return {"Resources": {"Api": api}}

    def paths(stack: Deployed) -> set[str]:
        api = stack.physical_ids()["Api"]
        return {each["path"] for each in aws["apigateway"].get_resources(restApiId=api)["items"]}

    for key, body in bodies.items():
        aws["s3"].put_object(Bucket=name, Key=key, Body=json.dumps(body))
    with deployed(aws, template("first.json")) as stack:
        assert paths(stack) == {"/", "/first"}
        assert stack.update(template("second.json")) == "UPDATE_COMPLETE"
        assert paths(stack) == {"/", "/second"}


AUTHORIZER = document(
    "/a",
    components={
        "securitySchemes": {
            "mine": {
                "type": "apiKey",
                "name": "Authorization",
                "in": "header",
                "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": "arn:x"},
            }
        }
    },
)


def test_document_in_a_bucket_with_what_is_not_available(aws: Clients, name: str) -> None:
    stream = document("/a")
    [operation] = stream["paths"]["/a"].values()
    operation["x-amazon-apigateway-integration"]["responseTransferMode"] = "STREAM"
    aws["s3"].create_bucket(Bucket=name)
    for number, body in enumerate((json.dumps(AUTHORIZER), yaml.safe_dump(stream))):
        aws["s3"].put_object(Bucket=name, Key=str(number), Body=body)

    for key, expected in (("0", "authorizer mine"), ("1", "ResponseTransferMode STREAM")):
        location = {"Bucket": name, "Key": key}
        api = {"Type": "AWS::ApiGateway::RestApi", "Properties": {"BodyS3Location": location}}
        # The report of the failed creation has the reason.
        with (
            pytest.raises(AssertionError, match=expected),
            deployed(aws, {"Resources": {"Api": api}}),
        ):
            pass


@pytest.mark.parametrize(
    ("type_name", "properties", "named"),
    [
        ("AWS::ApiGateway::RestApi", {"Body": AUTHORIZER}, "authorizer mine"),
        (
            "AWS::ApiGateway::Stage",
            {"RestApiId": "x", "AccessLogSetting": {"Format": "$context.status"}},
            "AccessLogSetting",
        ),
        (
            "AWS::ApiGateway::Method",
            {
                "RestApiId": "x",
                "ResourceId": "x",
                "HttpMethod": "GET",
                "AuthorizationType": "CUSTOM",
            },
            "AuthorizationType CUSTOM",
        ),
        ("AWS::ApiGateway::UsagePlan", {"Throttle": {"RateLimit": 5}}, "Throttle"),
        (
            "AWS::ApiGateway::Authorizer",
            {"RestApiId": "x", "Name": "mine", "Type": "TOKEN"},
            "AWS::ApiGateway::Authorizer",
        ),
    ],
)
def test_what_would_not_be_carried_out_is_rejected(
    aws: Clients, name: str, type_name: str, properties: dict[str, Any], named: str
) -> None:
    template = {"Resources": {"Subject": {"Type": type_name, "Properties": properties}}}
    with pytest.raises(ClientError) as error:
        aws["cloudformation"].create_stack(StackName=name, TemplateBody=json.dumps(template))
    assert "Subject" in str(error.value)
    assert named in str(error.value)
    assert "testbed" in str(error.value)
