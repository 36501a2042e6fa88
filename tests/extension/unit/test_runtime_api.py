"""The Lambda Runtime API serves the runtime, and rejects web pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from localstack_testbed.lambda_executor.runtime_api import (
    VERSION,
    Failed,
    InitializationFailed,
    Invocation,
    Ready,
    RuntimeApi,
    RuntimeEvent,
    Succeeded,
)

LIMIT_SECONDS = 10
INVOCATION = Invocation("request-1", "arn:aws:lambda:us-east-1:0:function:f", b"{}", 0, "trace")
FOREIGN = [
    {"Host": "attacker.example"},
    {"Host": "127.0.0.1"},
    {"Origin": "http://attacker.example"},
    {"Origin": "null"},
    {"Referer": "http://localhost:3000/"},
    {"Sec-Fetch-Site": "cross-site"},
]

Reported = list[RuntimeEvent]


@pytest.fixture
def reported() -> Reported:
    return []


@pytest.fixture
def url(reported: Reported) -> Iterator[str]:
    api = RuntimeApi(reported.append)
    api.send(INVOCATION)
    yield f"http://{api.address}{VERSION}"
    api.close()


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/invocation/next"),
        ("POST", "/init/error"),
        ("POST", "/invocation/request-1/response"),
        ("POST", "/invocation/request-1/error"),
    ],
)
def test_request_of_a_web_page(
    url: str, reported: Reported, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = requests.request(method, url + path, headers=headers, timeout=LIMIT_SECONDS)
    assert answer.status_code == 403
    assert reported == []
    assert "request-1" not in answer.text + str(answer.headers)


def test_request_of_the_runtime(url: str, reported: Reported) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html"""
    event = requests.get(f"{url}/invocation/next", timeout=LIMIT_SECONDS)
    assert event.headers["Lambda-Runtime-Aws-Request-Id"] == "request-1"
    answer = requests.post(f"{url}/invocation/request-1/response", b"1", timeout=LIMIT_SECONDS)
    assert answer.status_code == 202
    assert reported == [Ready(), Succeeded(b"1")]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/init/error", InitializationFailed(b"{}", "Runtime.Unknown")),
        ("/invocation/request-1/error", Failed(b"{}", "Runtime.Unknown")),
    ],
)
def test_error_of_the_runtime(
    url: str, reported: Reported, path: str, expected: RuntimeEvent
) -> None:
    assert requests.post(url + path, b"{}", timeout=LIMIT_SECONDS).status_code == 202
    assert reported == [expected]
