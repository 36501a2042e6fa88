"""Addresses of AWS in outputs, and where the emulator has the same resources."""

from __future__ import annotations

from typing import Any

import pytest

from testbed.aws import addresses
from testbed.aws.clients import Aws

URL = "http://127.0.0.1:4566"
QUEUE = f"{URL}/queue/us-east-1/000000000000/orders"


class Gateway:
    """API Gateway with one API, whose stages it knows."""

    def __init__(self, *stages: str) -> None:
        self.stages = stages

    def get_stages(self, restApiId: str) -> dict[str, Any]:
        return {"item": [{"stageName": name} for name in self.stages]}


def made_aws(
    monkeypatch: pytest.MonkeyPatch,
    *stages: str,
    local: bool = True,
    own_stages: tuple[str, ...] = (),
) -> Aws:
    """Return clients for a stack with an API, a queue and a bucket."""
    resources = {
        "AWS::ApiGateway::RestApi": {"Api": "abc1"},
        "AWS::ApiGateway::Stage": {f"Stage{name}": name for name in own_stages},
        None: {"Api": "abc1", "Queue": QUEUE, "Bucket": "my.shop-1"},
    }
    monkeypatch.setattr(
        addresses, "stack_resources", lambda _aws, _stack, kind=None: resources[kind]
    )
    aws = Aws(URL, "eu-west-1")
    aws.is_local = local
    monkeypatch.setattr(aws, "apigateway", Gateway(*stages), raising=False)
    return aws


@pytest.mark.parametrize(
    ("value", "local"),
    [
        ("https://abc1.execute-api.eu-west-1.amazonaws.com/v1", f"{URL}/_aws/execute-api/abc1/v1"),
        ("see https://abc1.execute-api.cn-north-1.amazonaws.com.cn/a, b", None),
        ("https://other.execute-api.eu-west-1.amazonaws.com/v1", None),
        ("https://sqs.eu-west-1.amazonaws.com/000000000000/orders", QUEUE),
        ("https://sqs.eu-west-1.amazonaws.com/000000000000/others", None),
        ("https://my.shop-1.s3.amazonaws.com/a.txt", f"{URL}/my.shop-1/a.txt"),
        ("https://my.shop-1.s3.eu-west-1.amazonaws.com", f"{URL}/my.shop-1"),
        ("https://s3.eu-west-1.amazonaws.com/my.shop-1/a", f"{URL}/my.shop-1/a"),
        ("https://other.s3.amazonaws.com/a.txt", None),
        ("arn:aws:s3:::my.shop-1", None),
        (QUEUE, None),
    ],
)
def test_addresses_in_outputs(
    monkeypatch: pytest.MonkeyPatch, value: str, local: str | None
) -> None:
    aws = made_aws(monkeypatch)
    found = addresses.local_outputs(aws, "shop", {"Value": value})
    if value.startswith("see "):
        assert found == {"Value": f"see {URL}/_aws/execute-api/abc1/a, b"}
    else:
        assert found == {"Value": local or value}


def test_outputs_of_a_stack_on_aws_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = {"Api": "https://abc1.execute-api.eu-west-1.amazonaws.com/v1"}
    assert addresses.local_outputs(made_aws(monkeypatch, local=False), "shop", outputs) == outputs


@pytest.mark.parametrize(
    ("stages", "own", "found"),
    [
        (("v1",), (), "v1"),
        (("Stage", "Prod"), (), "Prod"),
        (("Stage",), (), "Stage"),
        (("v1", "v2"), ("v2",), "v2"),
        (("v1", "v2"), (), None),
        ((), (), None),
    ],
)
def test_api_without_an_output(
    monkeypatch: pytest.MonkeyPatch, stages: tuple[str, ...], own: tuple[str, ...], found: str
) -> None:
    aws = made_aws(monkeypatch, *stages, own_stages=own)
    url = addresses.api_url(aws, "shop", {})
    assert url == (f"{URL}/_aws/execute-api/abc1/{found}" if found else None)


def test_output_with_a_path_names_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = {"Hello": "https://abc1.execute-api.eu-west-1.amazonaws.com/Prod/hello/"}
    aws = made_aws(monkeypatch, "Stage", "Prod", "Test")
    assert addresses.api_url(aws, "shop", outputs) == f"{URL}/_aws/execute-api/abc1/Prod"


def test_api_on_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = made_aws(monkeypatch, "v1", local=False)
    url = "https://abc1.execute-api.eu-west-1.amazonaws.com/v1"
    assert addresses.api_url(aws, "shop", {}) == url
    assert addresses.api_url(aws, "shop", {"Api": f"{url}/"}) == url
