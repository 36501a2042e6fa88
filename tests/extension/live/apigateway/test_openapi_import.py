"""OpenAPI documents that replace the content of a REST API."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from tests.extension.conftest import Clients
from tests.extension.live.apigateway.documents import document, method

LIMIT_SECONDS = 10
ROLE = "arn:aws:iam::000000000000:role/api"


@pytest.fixture
def api(aws: Clients, name: str) -> Iterator[str]:
    """An empty REST API."""
    made: str = aws["apigateway"].create_rest_api(name=name)["id"]
    yield made
    aws["apigateway"].delete_rest_api(restApiId=made)


def put(aws: Clients, api: str, content: Any) -> dict[str, Any]:
    answer = aws["apigateway"].put_rest_api(
        restApiId=api, mode="overwrite", body=json.dumps(content)
    )
    return dict(answer)


def resources(aws: Clients, api: str) -> dict[str, Any]:
    items = aws["apigateway"].get_resources(restApiId=api, embed=["methods"])["items"]
    return {each["path"]: each for each in items}


def get_method(aws: Clients, api: str, path: str) -> dict[str, Any]:
    return dict(
        aws["apigateway"].get_method(
            restApiId=api, resourceId=resources(aws, api)[path]["id"], httpMethod="GET"
        )
    )


def test_resources_keep_their_ids(aws: Clients, api: str) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/api/API_PutRestApi.html"""
    root = aws["apigateway"].get_rest_api(restApiId=api)["rootResourceId"]
    put(aws, api, document("/kept/{id}", "/old"))
    before = resources(aws, api)
    assert before["/"]["id"] == root
    answer = put(aws, api, document("/kept/{id}", "/new"))
    after = resources(aws, api)
    assert set(after) == {"/", "/kept", "/kept/{id}", "/new"}
    for path in ("/", "/kept", "/kept/{id}"):
        assert after[path]["id"] == before[path]["id"]
    assert after["/kept/{id}"]["parentId"] == after["/kept"]["id"]
    assert answer["rootResourceId"] == root
    assert answer["name"] == "imported"
    # A parent is deleted with its children.
    aws["apigateway"].delete_resource(restApiId=api, resourceId=after["/kept"]["id"])
    assert set(resources(aws, api)) == {"/", "/new"}


def test_nothing_of_the_former_document_stays(aws: Clients, api: str) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-update.html"""
    client = aws["apigateway"]
    former = {
        "components": {
            "schemas": {"Old": {"type": "object"}},
            "securitySchemes": {
                "old": {
                    "type": "apiKey",
                    "name": "Authorization",
                    "in": "header",
                    "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": "arn:x"},
                }
            },
        },
        "x-amazon-apigateway-request-validators": {"old": {"validateRequestBody": True}},
        "x-amazon-apigateway-binary-media-types": ["image/png"],
        "x-amazon-apigateway-gateway-responses": {"THROTTLED": {"statusCode": 430}},
        "x-amazon-apigateway-minimum-compression-size": 10,
        "x-amazon-apigateway-documentation": {
            "documentationParts": [{"location": {"type": "API"}, "properties": {"a": "b"}}]
        },
    }
    put(aws, api, document("/a", **former))
    throttled = {"restApiId": api, "responseType": "THROTTLED"}
    assert client.get_gateway_response(**throttled)["statusCode"] == "430"

    put(aws, api, document("/a"))
    assert client.get_models(restApiId=api)["items"] == []
    assert client.get_request_validators(restApiId=api)["items"] == []
    assert client.get_authorizers(restApiId=api)["items"] == []
    assert client.get_documentation_parts(restApiId=api)["items"] == []
    assert client.get_gateway_response(**throttled)["defaultResponse"]
    found = client.get_rest_api(restApiId=api)
    assert not found.get("binaryMediaTypes")
    assert found.get("minimumCompressionSize") is None


def test_failed_import_changes_nothing(aws: Clients, api: str) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/api/API_PutRestApi.html"""
    put(aws, api, document("/a", components={"schemas": {"Kept": {"type": "object"}}}))
    before = resources(aws, api)
    with pytest.raises(ClientError):
        put(aws, api, {**document("/b"), "components": {"schemas": {"Broken": "no object"}}})
    assert resources(aws, api) == before
    models = aws["apigateway"].get_models(restApiId=api)["items"]
    assert [each["name"] for each in models] == ["Kept"]


def test_authorization_of_methods(aws: Clients, api: str) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authtype.html"""
    schemes = {
        "signed": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "awsSigv4",
        },
        "key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
    }
    content = document("/default", components={"securitySchemes": schemes}, security=[{"key": []}])
    content["paths"] |= {
        "/signed": {"get": method(security=[{"signed": []}])},
        "/auth": {"get": method(**{"x-amazon-apigateway-auth": {"type": "AWS_IAM"}})},
        "/open": {"get": method(security=[])},
    }
    put(aws, api, content)
    found = {path: get_method(aws, api, path) for path in content["paths"]}
    assert {path: each["authorizationType"] for path, each in found.items()} == {
        "/default": "NONE",
        "/signed": "AWS_IAM",
        "/auth": "AWS_IAM",
        "/open": "NONE",
    }
    assert {path: each["apiKeyRequired"] for path, each in found.items()} == {
        "/default": True,
        "/signed": False,
        "/auth": True,
        "/open": False,
    }


def test_credentials_of_integrations(aws: Clients, api: str) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html"""
    content = document("/a")
    content["paths"]["/a"]["get"]["x-amazon-apigateway-integration"]["credentials"] = ROLE
    put(aws, api, content)
    assert get_method(aws, api, "/a")["methodIntegration"]["credentials"] == ROLE


def test_deployment_answers_as_before_until_the_next(
    aws: Clients, api: str, localstack_endpoint: str
) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html"""
    client = aws["apigateway"]

    def status(path: str) -> int:
        url = f"{localstack_endpoint}/_aws/execute-api/{api}/live{path}"
        return requests.get(url, timeout=LIMIT_SECONDS).status_code

    put(aws, api, document("/old"))
    client.create_deployment(restApiId=api, stageName="live")
    put(aws, api, document("/new"))
    assert (status("/old"), status("/new")) == (200, 403)
    client.create_deployment(restApiId=api, stageName="live")
    assert (status("/old"), status("/new")) == (403, 200)
