"""Gateway responses with the headers and bodies that a REST API has for them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.extension.conftest import Clients

LIMIT_SECONDS = 10


@pytest.fixture
def api(aws: Clients, name: str) -> Iterator[str]:
    """A REST API whose only method requires an API key."""
    client = aws["apigateway"]
    made = client.create_rest_api(name=name)
    where = {"restApiId": made["id"], "resourceId": made["rootResourceId"], "httpMethod": "GET"}
    client.put_method(**where, authorizationType="NONE", apiKeyRequired=True)
    client.put_integration(**where, type="MOCK")
    yield made["id"]
    client.delete_rest_api(restApiId=made["id"])


def deploy(aws: Clients, api: str, kind: str, **response: Any) -> None:
    client = aws["apigateway"]
    client.put_gateway_response(restApiId=api, responseType=kind, **response)
    client.create_deployment(restApiId=api, stageName="test", variables={"color": "blue"})


@pytest.mark.parametrize("kind", ["INVALID_API_KEY", "DEFAULT_4XX"])
def test_headers_and_body(aws: Clients, localstack_endpoint: str, api: str, kind: str) -> None:
    deploy(
        aws,
        api,
        kind,
        responseParameters={
            "gatewayresponse.header.Access-Control-Allow-Origin": "'*'",
            "gatewayresponse.header.X-Key": "method.request.header.x-api-key",
            "gatewayresponse.header.X-Query": "method.request.querystring.q",
            "gatewayresponse.header.X-Stage": "context.stage",
            "gatewayresponse.header.X-Missing": "method.request.header.missing",
        },
        responseTemplates={
            "application/json": '{"error": $context.error.messageString, '
            '"type": "$context.error.responseType", "color": "$stageVariables.color"}',
            "text/plain": "$context.error.message.",
        },
    )
    url = f"{localstack_endpoint}/_aws/execute-api/{api}/test/?q=a"

    answer = requests.get(url, headers={"x-api-key": "none"}, timeout=LIMIT_SECONDS)

    assert answer.status_code == 403
    assert answer.json() == {"error": "Forbidden", "type": "INVALID_API_KEY", "color": "blue"}
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["X-Key"] == "none"
    assert answer.headers["X-Query"] == "a"
    assert answer.headers["X-Stage"] == "test"
    assert "X-Missing" not in answer.headers

    text = requests.get(url, headers={"Accept": "text/plain, */*"}, timeout=LIMIT_SECONDS)
    assert (text.headers["Content-Type"], text.text) == ("text/plain", "Forbidden.")


def test_a_body_stays_without_a_template(aws: Clients, localstack_endpoint: str, api: str) -> None:
    deploy(aws, api, "DEFAULT_4XX", responseParameters={"gatewayresponse.header.X-A": "'b'"})
    url = f"{localstack_endpoint}/_aws/execute-api/{api}/test/"

    answer = requests.get(url, timeout=LIMIT_SECONDS)

    assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"})
    assert answer.headers["X-A"] == "b"
    assert answer.headers["x-amzn-ErrorType"] == "ForbiddenException"
