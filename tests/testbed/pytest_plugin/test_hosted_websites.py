"""Websites served by AWS: how tests control them, and the function that answers."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from testbed.pytest_plugin.hosted_websites import HostedWebsites
from testbed.pytest_plugin.stack import Stack
from testbed.websites.page import Page

URL = "https://a1.execute-api.eu-west-1.amazonaws.com/v1"


class Bucket:
    """A stand-in for S3, as far as both sides use it."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:
        self.objects[Key] = Body

    def delete_object(self, *, Bucket: str, Key: str) -> None:
        del self.objects[Key]

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key])}


class Visitor:
    """Requests pages from the function, and records how long it slept."""

    def __init__(self, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
        # As Lambda sets them; without credentials the SDK looks for some at 169.254.169.254.
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        monkeypatch.setenv("BUCKET_NAME", "sites")
        from testbed.pytest_plugin.hosting.function import answering

        self.waited: list[float] = []
        monkeypatch.setattr(answering, "_S3", bucket)
        monkeypatch.setattr(answering, "time", SimpleNamespace(sleep=self.waited.append))
        self._handler = answering.handler

    def visit(self, url: str) -> tuple[int, str]:
        """Return the status and the body."""
        answer = self._handler({"pathParameters": {"site": url.removeprefix(f"{URL}/")}}, None)
        return answer["statusCode"], answer["body"]


def test_website_answers_what_the_test_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = Bucket()
    aws: Any = SimpleNamespace(s3=bucket, region="eu-west-1", is_local=False)
    websites = HostedWebsites(Stack("websites", {"Url": URL, "BucketName": "sites"}, aws))
    site = websites.open(Page.of("shop", "Welcome"))
    other = websites.open(Page.of("shop", "Hello"))
    assert site.url.startswith(f"{URL}/shop-")
    visitor = Visitor(bucket, monkeypatch)

    assert visitor.visit(site.url) == (200, "Welcome")
    site.slow(2.5)
    site.answers(503)
    assert visitor.visit(site.url) == (503, "Service Unavailable\n")
    site.down()
    assert visitor.visit(site.url)[0] == 502
    site.recovers()
    assert visitor.visit(site.url) == (200, "Welcome")
    assert visitor.waited == [0, 2.5, 2.5, 0]
    site.close()
    assert visitor.visit(site.url)[0] == 404
    assert visitor.visit(other.url) == (200, "Hello")
    with pytest.raises(ValueError, match="999"):
        site.answers(999)
