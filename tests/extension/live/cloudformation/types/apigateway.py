"""Examples of the resource types of API Gateway's REST APIs."""

import json
from collections.abc import Callable
from typing import Any

from tests.extension.live.apigateway.documents import document
from tests.extension.live.cloudformation.types.model import ABSENT, ANY, Change, Example, Seen

MOCK = {
    "Type": "MOCK",
    "RequestTemplates": {"application/json": '{"statusCode": 200}'},
    "IntegrationResponses": [{"StatusCode": "200"}],
}


def _own_tags(seen: Seen, path: str) -> dict[str, str]:
    arn = f"arn:aws:apigateway:us-east-1::{path}"
    tags = seen.client("apigateway").get_tags(resourceArn=arn)["tags"]
    return {key: value for key, value in tags.items() if not key.startswith("aws:")}


def _without(answer: dict[str, Any], *names: str) -> dict[str, Any]:
    return {
        name: value
        for name, value in answer.items()
        if name not in (*names, "ResponseMetadata") and value not in (None, "", {}, [])
    }


def _rest_api(seen: Seen) -> Any:
    client = seen.client("apigateway")
    api = {"restApiId": seen.physical_id}
    found = client.get_rest_api(**api)
    resources = client.get_resources(**api, embed=["methods"])["items"]
    methods = {
        each["path"]: {
            name: _without(method["methodIntegration"], "cacheNamespace")
            for name, method in each.get("resourceMethods", {}).items()
        }
        for each in resources
    }
    named = found["name"] if "-Subject-" not in found["name"] else "by CloudFormation"
    return {
        # The ids are the API's own, and GetTags knows the tags.
        **_without(found, "id", "rootResourceId", "createdDate", "tags", "name"),
        "binaryMediaTypes": sorted(found.get("binaryMediaTypes", ())),
        "name": named,
        "methods": methods,
        "models": sorted(each["name"] for each in client.get_models(**api)["items"]),
        "tags": _own_tags(seen, f"/restapis/{seen.physical_id}"),
    }


def _resource(seen: Seen) -> Any:
    pages = seen.client("apigateway").get_resources(restApiId=seen.others["Api"])["items"]
    other = seen.client("apigateway").get_resources(restApiId=seen.others["OtherApi"])["items"]
    return [sorted(each["path"] for each in items) for items in (pages, other)]


def _method(seen: Seen) -> Any:
    client = seen.client("apigateway")
    result = []
    for name in ("Api", "OtherApi"):
        for each in client.get_resources(restApiId=seen.others[name], embed=["methods"])["items"]:
            for verb in each.get("resourceMethods", {}):
                method = client.get_method(
                    restApiId=seen.others[name], resourceId=each["id"], httpMethod=verb
                )
                integration = method.pop("methodIntegration", {})
                # A default that is the generated id of the resource.
                if integration.get("cacheNamespace") == each["id"]:
                    integration.pop("cacheNamespace")
                result.append([name, each["path"], _without(method), _without(integration)])
    return result


def _in_both_apis(observe: Callable[[Any, str], Any]) -> Callable[[Seen], Any]:
    """Observe what two APIs have."""
    return lambda seen: {
        name: observe(seen.client("apigateway"), seen.others[name]) for name in ("Api", "OtherApi")
    }


def _models(client: Any, api: str) -> Any:
    return [
        [each["contentType"], json.loads(each["schema"]), each.get("description", "")]
        + ([each["name"]] if len(each["name"]) < 5 else [])
        for each in client.get_models(restApiId=api)["items"]
        if each["name"] not in ("Empty", "Error")
    ]


def _validators(client: Any, api: str) -> Any:
    return [
        [each["validateRequestBody"], each["validateRequestParameters"]]
        + ([each["name"]] if len(each["name"]) < 5 else [])
        for each in client.get_request_validators(restApiId=api)["items"]
    ]


def _gateway_responses(client: Any, api: str) -> Any:
    return [
        _without(each)
        for each in client.get_gateway_responses(restApiId=api)["items"]
        if not each["defaultResponse"]
    ]


def _stages(client: Any, api: str) -> Any:
    found = client.get_stages(restApiId=api)["item"]
    stages = sorted(found, key=lambda each: str(each["stageName"]))
    return [_without(each, "createdDate", "lastUpdatedDate", "tags") for each in stages]


def _deployment(seen: Seen) -> Any:
    client = seen.client("apigateway")
    result = {}
    for name in ("Api", "OtherApi"):
        deployments = client.get_deployments(restApiId=seen.others[name])["items"]
        stages = _stages(client, seen.others[name])
        result[name] = {
            "deployments": sorted(each.get("description", "") for each in deployments),
            "stages": [
                {
                    **_without(each, "deploymentId", "canarySettings"),
                    "canary": {
                        **_without(each.get("canarySettings", {}), "deploymentId"),
                        "own": each.get("canarySettings", {}).get("deploymentId")
                        == seen.physical_id,
                    },
                    "own": each["deploymentId"] == seen.physical_id,
                }
                for each in stages
            ],
        }
    return result


def _stage(seen: Seen) -> Any:
    client = seen.client("apigateway")
    result: dict[str, Any] = {
        name: _stages(client, seen.others[name]) for name in ("Api", "OtherApi")
    }
    api = next(name for name in ("Api", "OtherApi") if _has_stage(result[name], seen.physical_id))
    path = f"/restapis/{seen.others[api]}/stages/{seen.physical_id}"
    return {**result, "tags": _own_tags(seen, path)}


def _has_stage(stages: list[dict[str, Any]], name: str) -> bool:
    return any(each["stageName"] == name for each in stages)


def _account(seen: Seen) -> Any:
    return seen.client("apigateway").get_account().get("cloudwatchRoleArn", "")


def _api_key(seen: Seen) -> Any:
    found = seen.client("apigateway").get_api_key(apiKey=seen.physical_id, includeValue=True)
    generated = len(found["name"]) > 5
    return {
        **_without(found, "id", "createdDate", "lastUpdatedDate", "tags", "value", "name"),
        "name": "" if generated else found["name"],
        "value": found["value"] if found["value"].startswith("example") else "generated",
        "tags": _own_tags(seen, f"/apikeys/{seen.physical_id}"),
    }


def _usage_plan(seen: Seen) -> Any:
    found = seen.client("apigateway").get_usage_plan(usagePlanId=seen.physical_id)
    generated = len(found["name"]) > 5
    return {
        **_without(found, "id", "tags", "name"),
        "name": "" if generated else found["name"],
        "tags": _own_tags(seen, f"/usageplans/{seen.physical_id}"),
    }


def _usage_plan_keys(seen: Seen) -> Any:
    client = seen.client("apigateway")
    return {
        name: [each["id"] for each in client.get_usage_plan_keys(usagePlanId=plan)["items"]]
        for name, plan in seen.others.items()
        if name in ("Plan", "OtherPlan")
    }


def _client_certificate(seen: Seen) -> Any:
    found = seen.client("apigateway").get_client_certificate(clientCertificateId=seen.physical_id)
    path = f"/clientcertificates/{seen.physical_id}"
    return {"description": found.get("description", ""), "tags": _own_tags(seen, path)}


def _documentation_parts(client: Any, api: str) -> Any:
    parts = client.get_documentation_parts(restApiId=api)["items"]
    return [[_without(each["location"]), each["properties"]] for each in parts]


def _documentation_versions(client: Any, api: str) -> Any:
    versions = client.get_documentation_versions(restApiId=api)["items"]
    return [[each["version"], each.get("description", "")] for each in versions]


_TAGS = Change(
    [{"Key": "Team", "Value": "a"}, {"Key": "Old", "Value": "x"}],
    [{"Key": "Team", "Value": "b"}, {"Key": "New", "Value": "y"}],
)
_API = {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "example"}}
_OTHER_API = Change({"Ref": "Api"}, {"Ref": "OtherApi"})
_APIS = {"Api": _API, "OtherApi": _API}
_FILLED = {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": document("/a", "/b")}}
_FILLED_APIS = {"Api": _FILLED, "OtherApi": _FILLED}


def _deployed(api: str) -> dict[str, Any]:
    return {"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": {"Ref": api}}}


def _child(api: str, part: str) -> dict[str, Any]:
    return {
        "Type": "AWS::ApiGateway::Resource",
        "Properties": {
            "RestApiId": {"Ref": api},
            "ParentId": {"Fn::GetAtt": [api, "RootResourceId"]},
            "PathPart": part,
        },
    }


def _stage_of(api: str, deployment: str, name: str) -> dict[str, Any]:
    return {
        "Type": "AWS::ApiGateway::Stage",
        "Properties": {
            "RestApiId": {"Ref": api},
            "DeploymentId": {"Ref": deployment},
            "StageName": name,
        },
    }


def _plan_stage(stage: str) -> dict[str, Any]:
    return {"ApiId": {"Ref": "Api"}, "Stage": {"Ref": stage}}


_KEY = {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Enabled": True}}
_PLAN = {"Type": "AWS::ApiGateway::UsagePlan"}
_MODEL = {
    "Type": "AWS::ApiGateway::Model",
    "Properties": {"RestApiId": {"Ref": "Api"}, "Name": "pet", "Schema": {"type": "object"}},
}

# The test does not replace names that are as short as these.
EXAMPLES = [
    Example(
        type="AWS::ApiGateway::RestApi",
        properties={"Name": "example"},
        changes={
            "Name": Change("before", "after"),
            "Description": Change("What it is for", ABSENT),
            "Body": Change(
                document("/a", "/old/{id}", components={"schemas": {"Old": {"type": "object"}}}),
                document("/a", "/new"),
            ),
            "Parameters": Change(
                {"basepath": "prepend"},
                {"basepath": "ignore"},
                also={"Body": document("/a", servers=[{"url": "https://example.com/base"}])},
            ),
            "ApiKeySourceType": Change("AUTHORIZER", ABSENT),
            "BinaryMediaTypes": Change(["image/png", "image/gif"], ["image/gif", "image~1jpeg"]),
            "EndpointConfiguration": Change({"Types": ["REGIONAL"]}, ABSENT),
            "MinimumCompressionSize": Change(1024, ABSENT),
            "Tags": _TAGS,
        },
        observe=_rest_api,
        exceptions={
            "BodyS3Location": "is the same as Body; the test of its own has the bucket's object",
            "FailOnWarnings": "says what an import does, and is not stored",
        },
        unavailable={
            "Mode": "merge",
            "CloneFrom": ANY,
            "DisableExecuteApiEndpoint": True,
            "EndpointAccessMode": ANY,
            "EndpointConfiguration": {"Types": ["PRIVATE"], "VpcEndpointIds": ANY},
            "Policy": ANY,
            "SecurityPolicy": ANY,
        },
    ),
    Example(
        type="AWS::ApiGateway::Resource",
        properties={
            "RestApiId": {"Ref": "Api"},
            "ParentId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
            "PathPart": "a",
        },
        changes={
            "PathPart": Change("a", "b"),
            "ParentId": Change({"Fn::GetAtt": ["Api", "RootResourceId"]}, {"Ref": "Parent"}),
        },
        observe=_resource,
        others={**_APIS, "Parent": _child("Api", "parent")},
        exceptions={"RestApiId": "cannot change without ParentId, whose change is the same"},
    ),
    Example(
        type="AWS::ApiGateway::Method",
        properties={
            "RestApiId": {"Ref": "Api"},
            "ResourceId": {"Ref": "Resource"},
            "HttpMethod": "GET",
            "Integration": MOCK,
        },
        changes={
            "HttpMethod": Change("GET", "POST"),
            "ResourceId": Change({"Ref": "Resource"}, {"Ref": "OtherResource"}),
            "ApiKeyRequired": Change(True, ABSENT),
            "AuthorizationType": Change("AWS_IAM", ABSENT),
            "OperationName": Change("Read", ABSENT),
            "RequestModels": Change({"application/json": {"Ref": "Model"}}, ABSENT),
            "RequestParameters": Change(
                {"method.request.querystring.q": True}, {"method.request.header.h": False}
            ),
            "RequestValidatorId": Change({"Ref": "Validator"}, ABSENT),
            "MethodResponses": Change(
                [{"StatusCode": "200"}, {"StatusCode": "404"}],
                [{"StatusCode": "200", "ResponseParameters": {"method.response.header.h": True}}],
            ),
            "Integration": Change(
                {**MOCK, "PassthroughBehavior": "NEVER", "CacheNamespace": "mine"},
                {
                    "Type": "HTTP",
                    "IntegrationHttpMethod": "POST",
                    "Uri": "https://example.com/",
                    "TimeoutInMillis": 5000,
                    "RequestParameters": {"integration.request.header.h": "'x'"},
                    "IntegrationResponses": [
                        {
                            "StatusCode": "200",
                            "SelectionPattern": "2..",
                            "ResponseTemplates": {"application/json": "ok"},
                        }
                    ],
                },
            ),
        },
        observe=_method,
        others={
            **_APIS,
            "Resource": _child("Api", "a"),
            "OtherResource": _child("Api", "b"),
            "Model": _MODEL,
            "Validator": {
                "Type": "AWS::ApiGateway::RequestValidator",
                "Properties": {"RestApiId": {"Ref": "Api"}},
            },
        },
        exceptions={
            "RestApiId": "cannot change without ResourceId, whose change is the same",
            "AuthorizerId": "belongs to types of authorization that are not available yet",
            "AuthorizationScopes": "belongs to types of authorization that are not available yet",
        },
        unavailable={
            "AuthorizationType": ("CUSTOM", "COGNITO_USER_POOLS"),
            "Integration": {
                "ConnectionType": "VPC_LINK",
                "IntegrationTarget": ANY,
                "ResponseTransferMode": "STREAM",
            },
        },
    ),
    Example(
        type="AWS::ApiGateway::Model",
        properties={"RestApiId": {"Ref": "Api"}, "Schema": {"type": "object"}},
        changes={
            "RestApiId": _OTHER_API,
            "Name": Change("one", "two"),
            "ContentType": Change("application/xml", ABSENT),
            "Description": Change("What it is for", ABSENT),
            "Schema": Change({"type": "object"}, {"type": "array"}),
        },
        observe=_in_both_apis(_models),
        others=_APIS,
    ),
    Example(
        type="AWS::ApiGateway::RequestValidator",
        properties={"RestApiId": {"Ref": "Api"}},
        changes={
            "RestApiId": _OTHER_API,
            "Name": Change("one", "two"),
            "ValidateRequestBody": Change(True, ABSENT),
            "ValidateRequestParameters": Change(ABSENT, True),
        },
        observe=_in_both_apis(_validators),
        others=_APIS,
    ),
    Example(
        type="AWS::ApiGateway::GatewayResponse",
        properties={"RestApiId": {"Ref": "Api"}, "ResponseType": "THROTTLED"},
        changes={
            "RestApiId": _OTHER_API,
            "ResponseType": Change("THROTTLED", "INVALID_API_KEY"),
            "StatusCode": Change("400", ABSENT),
            "ResponseParameters": Change({"gatewayresponse.header.h": "'x'"}, ABSENT),
            "ResponseTemplates": Change({"application/json": "{}"}, ABSENT),
        },
        observe=_in_both_apis(_gateway_responses),
        others=_APIS,
    ),
    Example(
        type="AWS::ApiGateway::Deployment",
        properties={"RestApiId": {"Ref": "Api"}},
        changes={
            "RestApiId": _OTHER_API,
            "Description": Change("before", ABSENT),
            "StageName": Change("one", "two"),
            "StageDescription": Change(
                {"Description": "before", "Variables": {"a": "1"}, "LoggingLevel": "INFO"},
                {"Description": "after", "MethodSettings": [{"ThrottlingRateLimit": 7}]},
                also={"StageName": "one"},
            ),
            "DeploymentCanarySettings": Change(
                {"PercentTraffic": 10}, {"PercentTraffic": 20}, also={"StageName": {"Ref": "Live"}}
            ),
        },
        observe=_deployment,
        others={
            **_FILLED_APIS,
            "Deployed": _deployed("Api"),
            "Live": _stage_of("Api", "Deployed", "live"),
        },
    ),
    Example(
        type="AWS::ApiGateway::Stage",
        properties={
            "RestApiId": {"Ref": "Api"},
            "DeploymentId": {"Ref": "Deployment"},
            "StageName": "one",
        },
        changes={
            "StageName": Change("one", "two"),
            "DeploymentId": Change({"Ref": "Deployment"}, {"Ref": "NextDeployment"}),
            "Description": Change("before", ABSENT),
            "Variables": Change({"kept": "1", "old": "x"}, {"kept": "2", "new": "y"}),
            "TracingEnabled": Change(True, ABSENT),
            "CacheClusterEnabled": Change(True, ABSENT),
            "CacheClusterSize": Change("0.5", "1.6", also={"CacheClusterEnabled": True}),
            "CanarySetting": Change(
                {
                    "DeploymentId": {"Ref": "NextDeployment"},
                    "PercentTraffic": 10,
                    "StageVariableOverrides": {"a": "1"},
                },
                ABSENT,
            ),
            "DocumentationVersion": Change({"Ref": "Documentation"}, ABSENT),
            "MethodSettings": Change(
                [
                    {"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": 20},
                    {"ResourcePath": "/a", "HttpMethod": "GET", "LoggingLevel": "INFO"},
                ],
                [{"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingBurstLimit": 40}],
            ),
            "Tags": _TAGS,
        },
        observe=_stage,
        others={
            **_FILLED_APIS,
            "Deployment": _deployed("Api"),
            "NextDeployment": _deployed("Api"),
            "Documentation": {
                "Type": "AWS::ApiGateway::DocumentationVersion",
                "Properties": {"RestApiId": {"Ref": "Api"}, "DocumentationVersion": "v1"},
            },
        },
        exceptions={
            "RestApiId": "cannot change without DeploymentId; the schema says that it replaces",
        },
        unavailable={"AccessLogSetting": ANY, "ClientCertificateId": ANY},
    ),
    Example(
        type="AWS::ApiGateway::Account",
        properties={},
        changes={
            "CloudWatchRoleArn": Change(
                "arn:aws:iam::000000000000:role/logs", "arn:aws:iam::000000000000:role/more"
            )
        },
        observe=_account,
    ),
    Example(
        type="AWS::ApiGateway::ApiKey",
        properties={},
        changes={
            "Name": Change("one", "two"),
            "Value": Change("example-1-0123456789abcdef", "example-2-0123456789abcdef"),
            "Description": Change("What it is for", ABSENT),
            "Enabled": Change(True, ABSENT),
            "CustomerId": Change("someone", ABSENT),
            "StageKeys": Change(
                [{"RestApiId": {"Ref": "Api"}, "StageName": {"Ref": "One"}}],
                [{"RestApiId": {"Ref": "Api"}, "StageName": {"Ref": "Two"}}],
            ),
            "Tags": _TAGS,
        },
        observe=_api_key,
        others={
            "Api": _FILLED,
            "Deployment": _deployed("Api"),
            "One": _stage_of("Api", "Deployment", "one"),
            "Two": _stage_of("Api", "Deployment", "two"),
        },
        exceptions={"GenerateDistinctId": "says how the id is generated"},
    ),
    Example(
        type="AWS::ApiGateway::UsagePlan",
        properties={},
        changes={
            "UsagePlanName": Change("one", ABSENT),
            "Description": Change("What it is for", ABSENT),
            "ApiStages": Change([_plan_stage("One")], [_plan_stage("Two")]),
            "Tags": _TAGS,
        },
        observe=_usage_plan,
        others={
            "Api": _FILLED,
            "Deployment": _deployed("Api"),
            "One": _stage_of("Api", "Deployment", "one"),
            "Two": _stage_of("Api", "Deployment", "two"),
        },
        unavailable={"Quota": ANY, "Throttle": ANY, "ApiStages": [{"Throttle": ANY}]},
    ),
    Example(
        type="AWS::ApiGateway::UsagePlanKey",
        properties={
            "KeyId": {"Ref": "Key"},
            "KeyType": "API_KEY",
            "UsagePlanId": {"Ref": "Plan"},
        },
        changes={
            "KeyId": Change({"Ref": "Key"}, {"Ref": "OtherKey"}),
            "UsagePlanId": Change({"Ref": "Plan"}, {"Ref": "OtherPlan"}),
        },
        observe=_usage_plan_keys,
        others={"Key": _KEY, "OtherKey": _KEY, "Plan": _PLAN, "OtherPlan": _PLAN},
        exceptions={"KeyType": "API_KEY is the only value"},
    ),
    Example(
        type="AWS::ApiGateway::ClientCertificate",
        properties={},
        changes={"Description": Change("before", ABSENT), "Tags": _TAGS},
        observe=_client_certificate,
    ),
    Example(
        type="AWS::ApiGateway::DocumentationPart",
        properties={
            "RestApiId": {"Ref": "Api"},
            "Location": {"Type": "API"},
            "Properties": '{"description": "before"}',
        },
        changes={
            "RestApiId": _OTHER_API,
            "Location": Change({"Type": "API"}, {"Type": "METHOD", "Path": "/a", "Method": "GET"}),
            "Properties": Change('{"description": "before"}', '{"description": "after"}'),
        },
        observe=_in_both_apis(_documentation_parts),
        others=_APIS,
    ),
    Example(
        type="AWS::ApiGateway::DocumentationVersion",
        properties={"RestApiId": {"Ref": "Api"}, "DocumentationVersion": "v1"},
        changes={
            "DocumentationVersion": Change("v1", "v2"),
            "Description": Change("before", ABSENT),
        },
        observe=_in_both_apis(_documentation_versions),
        others=_APIS,
        exceptions={"RestApiId": "cannot change without the version, which is a name"},
    ),
]
