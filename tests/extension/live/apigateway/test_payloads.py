"""Bodies of requests to REST APIs, which a function gets as they were sent.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.extension.conftest import Clients
from tests.extension.lambda_functions import FunctionFactory

LIMIT_SECONDS = 10
ECHO = "def handler(event, context): return {'statusCode': 200, 'body': event['body']}"


@pytest.fixture
def url(
    aws: Clients, localstack_endpoint: str, functions: FunctionFactory, name: str
) -> Iterator[str]:
    """The URL of an API whose function returns the body that it received."""
    client = aws["apigateway"]
    function = functions(ECHO)
    made = client.create_rest_api(name=name)
    place: dict[str, Any] = {"restApiId": made["id"], "resourceId": made["rootResourceId"]}
    client.put_method(**place, httpMethod="ANY", authorizationType="NONE")
    client.put_integration(
        **place,
        httpMethod="ANY",
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function.arn}"
        "/invocations",
    )
    aws["lambda"].add_permission(
        FunctionName=function.name,
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    client.create_deployment(restApiId=made["id"], stageName="test")
    yield f"{localstack_endpoint}/_aws/execute-api/{made['id']}/test/"
    client.delete_rest_api(restApiId=made["id"])


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_body_arrives_unchanged(url: str, method: str) -> None:
    for content_type, body in (
        ("application/x-www-form-urlencoded", '{"id": "r 1", "total": 12.5}'),
        ("application/x-www-form-urlencoded", "b=2&a=1%20x+y&a="),
        ("multipart/form-data; boundary=x", "--x\r\nnot what it should be"),
        ("application/json", '{"id": 1}'),
    ):
        answer = requests.request(
            method, url, data=body, headers={"Content-Type": content_type}, timeout=LIMIT_SECONDS
        )
        assert answer.text == body, content_type
