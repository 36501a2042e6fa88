"""Events and responses of function URLs, in payload format 2.0.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

import base64
import http.client
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.extension.conftest import Clients
from tests.extension.lambda_functions import Function, FunctionFactory

ECHO = "def handler(event, context): return event"


@dataclass(frozen=True)
class Response:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def all(self, header: str) -> list[str]:
        return [value for name, value in self.headers if name.lower() == header]


class Url:
    """A function URL."""

    def __init__(self, aws: Clients, endpoint: str, function: Function, **settings: Any) -> None:
        created = aws["lambda"].create_function_url_config(
            FunctionName=function.name, AuthType="NONE", **settings
        )
        self.url = created["FunctionUrl"]
        self.host = f"{self.url.split('/')[-2]}.lambda-url.us-east-1.on.aws"
        self._endpoint = urlsplit(endpoint).netloc
        self.path = urlsplit(self.url).path.rstrip("/")

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Response:
        connection = http.client.HTTPConnection(self._endpoint, timeout=30)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, f"{self.path}{path}", body, named)
            response = connection.getresponse()
            return Response(response.status, response.getheaders(), response.read())
        finally:
            connection.close()


@pytest.fixture
def echo(aws: Clients, localstack_endpoint: str, functions: FunctionFactory) -> Url:
    return Url(aws, localstack_endpoint, functions(ECHO))


def test_url_works_as_it_is(echo: Url, localstack_endpoint: str) -> None:
    """No name server has to know the host."""
    assert re.fullmatch(rf"{localstack_endpoint}/_aws/lambda-url/[a-z0-9]{{32}}/", echo.url)
    for path, received in (("", "/"), ("/", "/"), ("/a/b", "/a/b"), ("/a/", "/a/")):
        event = echo.call("GET", path).json
        assert event["rawPath"] == received
        assert event["requestContext"]["domainName"] == echo.host


def test_host_of_localstack_works_too(echo: Url, localstack_endpoint: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(localstack_endpoint).netloc, timeout=30)
    host = echo.host.replace("on.aws", "localhost.localstack.cloud")
    try:
        connection.request("GET", "/x", headers={"Host": host})
        assert json.load(connection.getresponse())["rawPath"] == "/x"
    finally:
        connection.close()


def test_event(echo: Url) -> None:
    event = echo.call(
        "GET",
        "/my/path?one=1&one=2&two=a%20b",
        Cookie="first=1; second=2",
        X_Custom="Value",
        User_Agent="tests",
    ).json

    context = event.pop("requestContext")
    headers = event.pop("headers")
    assert event == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/my/path",
        "rawQueryString": "one=1&one=2&two=a%20b",
        "cookies": ["first=1", "second=2"],
        "queryStringParameters": {"one": "1,2", "two": "a b"},
        "isBase64Encoded": False,
    }
    assert headers["x-custom"] == "Value"
    assert headers["host"] == echo.host
    assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", context.pop("time"))
    assert isinstance(context.pop("timeEpoch"), int)
    assert context.pop("requestId")
    url_id = echo.host.partition(".")[0]
    assert context == {
        "accountId": "anonymous",
        "apiId": url_id,
        "domainName": echo.host,
        "domainPrefix": url_id,
        "http": {
            "method": "GET",
            "path": "/my/path",
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": "tests",
        },
        "routeKey": "$default",
        "stage": "$default",
    }


def test_event_has_only_what_the_request_has(echo: Url) -> None:
    event = echo.call("GET", "/").json

    assert event["rawPath"] == "/"
    assert event["rawQueryString"] == ""
    assert not event.keys() & {"cookies", "queryStringParameters", "body"}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_text_body(echo: Url, method: str) -> None:
    event = echo.call(method, "/", b'{"a": 1}', Content_Type="application/json").json

    assert event["requestContext"]["http"]["method"] == method
    assert (event["body"], event["isBase64Encoded"]) == ('{"a": 1}', False)


def test_binary_body(echo: Url) -> None:
    event = echo.call("POST", "/", b"\x00\xff", Content_Type="application/octet-stream").json

    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == b"\x00\xff"


def test_form_arrives_unchanged(echo: Url) -> None:
    event = echo.call(
        "POST", "/", b'{"a": "b c"}', Content_Type="application/x-www-form-urlencoded"
    ).json

    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == b'{"a": "b c"}'


def test_request_id_is_that_of_the_invocation(
    aws: Clients, localstack_endpoint: str, functions: FunctionFactory
) -> None:
    source = """
        def handler(event, context):
            return [event["requestContext"]["requestId"], context.aws_request_id]
    """
    first, second = Url(aws, localstack_endpoint, functions(source)).call("GET", "/").json

    assert first == second


@pytest.mark.parametrize(
    ("result", "body"),
    [
        ("{'message': 'hello'}", {"message": "hello"}),
        ("{'body': 'hello'}", {"body": "hello"}),
        ("[1, 2]", [1, 2]),
        ("True", True),
    ],
    ids=["object", "object with body", "array", "boolean"],
)
def test_result_without_status_code_is_the_body(
    aws: Clients, localstack_endpoint: str, functions: FunctionFactory, result: str, body: Any
) -> None:
    function = functions(f"def handler(event, context): return {result}")

    response = Url(aws, localstack_endpoint, function).call("GET", "/")

    assert (response.status, response.json) == (200, body)
    assert response.all("content-type") == ["application/json"]


def test_text_as_result_is_the_body_as_it_is(
    aws: Clients, localstack_endpoint: str, functions: FunctionFactory
) -> None:
    """As AWS does; its page shows quotation marks around it."""
    function = functions("def handler(event, context): return 'hello'")

    response = Url(aws, localstack_endpoint, function).call("GET", "/")

    assert (response.status, response.body) == (200, b"hello")


def test_custom_response(
    aws: Clients, localstack_endpoint: str, functions: FunctionFactory
) -> None:
    function = functions(
        """
        def handler(event, context):
            return {
                "statusCode": 201,
                "headers": {"Content-Type": "text/plain", "My-Custom-Header": "Custom Value"},
                "cookies": ["first=1; Max-Age=78000", "second=2"],
                "body": "made",
            }
        """
    )

    response = Url(aws, localstack_endpoint, function).call("POST", "/", b"")

    assert (response.status, response.body) == (201, b"made")
    assert response.all("content-type") == ["text/plain"]
    assert response.all("my-custom-header") == ["Custom Value"]
    assert response.all("set-cookie") == ["first=1; Max-Age=78000", "second=2"]


def test_binary_response(
    aws: Clients, localstack_endpoint: str, functions: FunctionFactory
) -> None:
    function = functions(
        """
        import base64

        def handler(event, context):
            body = base64.b64encode(bytes([0, 255])).decode()
            headers = {"content-type": "image/png"}
            return {"statusCode": 200, "headers": headers, "body": body, "isBase64Encoded": True}
        """
    )

    response = Url(aws, localstack_endpoint, function).call("GET", "/")

    assert response.body == b"\x00\xff"
    assert response.all("content-type") == ["image/png"]


def test_function_error_is_a_bad_gateway(
    aws: Clients, localstack_endpoint: str, functions: FunctionFactory
) -> None:
    function = functions("def handler(event, context): raise ValueError('secret')")

    response = Url(aws, localstack_endpoint, function).call("GET", "/")

    assert (response.status, response.body) == (502, b"Internal Server Error")


def test_url_without_concurrency_is_throttled(
    aws: Clients, localstack_endpoint: str, functions: FunctionFactory
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html"""
    function = functions(ECHO)
    url = Url(aws, localstack_endpoint, function)
    aws["lambda"].put_function_concurrency(
        FunctionName=function.name, ReservedConcurrentExecutions=0
    )

    assert url.call("GET", "/").status == 429


def test_url_of_an_alias(
    aws: Clients, localstack_endpoint: str, functions: FunctionFactory
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html"""
    source = "def handler(event, context): return [context.function_version, {number}]"
    function = functions(source.format(number=1))
    function.publish()
    aws["lambda"].create_alias(FunctionName=function.name, Name="live", FunctionVersion="1")
    functions.update(function, source.format(number=2))
    function.wait_until_updated()

    url = Url(aws, localstack_endpoint, function, Qualifier="live")

    assert url.call("GET", "/").json == ["1", 1]


def test_url_that_does_not_exist(echo: Url) -> None:
    echo.path = f"/_aws/lambda-url/{'x' * 32}"

    response = echo.call("GET", "/")

    assert response.status == 403
    assert response.json == {"Message": None}
