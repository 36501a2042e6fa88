"""The redirection of the code under test to the emulator."""

from __future__ import annotations

import os

import boto3
import pytest

from testbed.pytest_plugin.redirection import Redirection, redirected_url

ENDPOINT = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("url", "redirected"),
    [
        ("https://sqs.us-east-1.amazonaws.com/", f"{ENDPOINT}/"),
        ("https://lambda.cn-north-1.amazonaws.com.cn/a?b=c", f"{ENDPOINT}/a?b=c"),
        ("https://my.shop.s3.amazonaws.com/k%20", f"{ENDPOINT}/my.shop/k%20"),
        ("https://shop.s3.eu-west-1.amazonaws.com/", f"{ENDPOINT}/shop/"),
        ("https://s3.eu-west-1.amazonaws.com/shop/k", f"{ENDPOINT}/shop/k"),
        ("https://s3.dualstack.eu-west-1.amazonaws.com/shop", f"{ENDPOINT}/shop"),
        ("http://127.0.0.1:4566/queue", "http://127.0.0.1:4566/queue"),
        ("https://amazonaws.com.example.org/", "https://amazonaws.com.example.org/"),
        ("https://notamazonaws.com/", "https://notamazonaws.com/"),
    ],
)
def test_only_addresses_of_aws_are_redirected(url: str, redirected: str) -> None:
    assert redirected_url(url, ENDPOINT) == redirected


def test_variables_are_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://other")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    before = dict(os.environ)
    redirection = Redirection()
    redirection.use_credentials()
    assert (os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_REGION"]) == ("test", "eu-west-1")
    assert not {"AWS_PROFILE", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"} & os.environ.keys()
    with redirection.during(True):  # before the emulator runs
        assert "AWS_ENDPOINT_URL" not in os.environ
        redirection.start(ENDPOINT, "us-east-1")
        assert os.environ["AWS_ENDPOINT_URL"] == ENDPOINT
    for uses in (False, True, False):
        with redirection.during(uses):
            assert ("AWS_ENDPOINT_URL" in os.environ) is uses
            made = boto3.client("sqs").meta.endpoint_url
            assert (made == ENDPOINT) is uses
    redirection.end()
    assert dict(os.environ) == before
