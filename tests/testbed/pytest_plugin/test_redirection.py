"""The redirection of the code under test to the emulator."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

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
        ("https://shop.s3.dualstack.eu-west-1.amazonaws.com/k", f"{ENDPOINT}/shop/k"),
        ("https://shop.s3-fips.dualstack.us-gov-west-1.amazonaws.com/k", f"{ENDPOINT}/shop/k"),
        ("https://shop.s3-accelerate.dualstack.amazonaws.com/k", f"{ENDPOINT}/shop/k"),
        ("https://shop.s3.cn-north-1.amazonaws.com.cn/k", f"{ENDPOINT}/shop/k"),
        ("https://sqs.eusc-de-east-1.amazonaws.eu/", f"{ENDPOINT}/"),
        ("https://sqs.us-iso-east-1.c2s.ic.gov/", f"{ENDPOINT}/"),
        ("https://lambda.cn-north-1.api.amazonwebservices.com.cn/", f"{ENDPOINT}/"),
        ("http://127.0.0.1:4566/queue", "http://127.0.0.1:4566/queue"),
        ("https://amazonaws.com.example.org/", "https://amazonaws.com.example.org/"),
        ("https://notamazonaws.com/", "https://notamazonaws.com/"),
    ],
)
def test_only_addresses_of_aws_are_redirected(url: str, redirected: str) -> None:
    assert redirected_url(url, ENDPOINT) == redirected


def test_redirected_requests_use_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients remember the proxies of the environment in which they were created."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    redirection = Redirection()
    redirection.use_credentials()
    try:
        early = boto3.client("sqs", region_name="us-east-1")
        with answering() as endpoint:
            redirection.start(endpoint, "us-east-1")
            late = boto3.client("sqs", region_name="us-east-1")
            assert [client.list_queues()["QueueUrls"] for client in (early, late)] == [["u"]] * 2
    finally:
        redirection.end()


@contextmanager
def answering() -> Iterator[str]:
    """Serve the answer to ListQueues; yield the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = b'{"QueueUrls": ["u"]}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


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
