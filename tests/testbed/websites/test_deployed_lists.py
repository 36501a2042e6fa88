"""Websites in the deployed list of a project."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from testbed.errors import ProjectError
from testbed.project.project import Project
from testbed.project.uploads import Upload
from testbed.project.website_list import WebsiteList
from testbed.websites.deployed_lists import DeployedLists
from testbed.websites.page import Behavior
from testbed.websites.websites import HostedWebsite

SITE = HostedWebsite("tea", "http://tea/", "http://tea/", Behavior(), 0)
SCHEMA = {"properties": {"sites": {"maxItems": 1}}}


class NoSuchKey(Exception):
    """The error of S3."""


class Bucket:
    """A stand-in for S3 with one object, which others may change before it is written."""

    exceptions = SimpleNamespace(NoSuchKey=NoSuchKey)

    def __init__(self, content: bytes | None, *, others: list[bytes] | None = None) -> None:
        self.content = content
        self._others = others or []

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        assert (Bucket, Key) == ("bucket", "a/sites.yaml")
        if self.content is None:
            raise NoSuchKey
        return {"Body": io.BytesIO(self.content), "ETag": str(hash(self.content))}

    def put_object(
        self, *, Bucket: str, Key: str, Body: bytes, IfMatch: str = "", IfNoneMatch: str = ""
    ) -> None:
        if self._others:
            self.content = self._others.pop()
        same = IfNoneMatch == "*" if self.content is None else IfMatch == str(hash(self.content))
        if not same:
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "PutObject")
        self.content = Body

    def names(self) -> list[str]:
        assert self.content is not None
        return [site["name"] for site in yaml.safe_load(self.content)["sites"]]


def lists(bucket: Bucket, folder: Path, schema: dict[str, Any] | None = None) -> DeployedLists:
    file = folder / "sites.yaml"
    file.write_text("sites: []\n")
    (folder / "schema.json").write_text(json.dumps(schema or {}))
    upload = Upload(
        "sites.yaml", file, "Uri", folder / "schema.json", WebsiteList("sites", "name", "url")
    )
    project = Project(folder, folder / "template.yaml", "s", "us-east-1", uploads=(upload,))
    aws: Any = SimpleNamespace(s3=bucket)
    return DeployedLists(project, aws, {"Uri": "s3://bucket/a/sites.yaml"})


def test_added_and_removed(tmp_path: Path) -> None:
    bucket = Bucket(b"sites: [{name: blog}]")
    deployed = lists(bucket, tmp_path)
    assert deployed.add(SITE) == ["sites.yaml"]
    assert bucket.names() == ["blog", "tea"]
    assert deployed.remove("tea") == ["sites.yaml"]
    assert bucket.names() == ["blog"]
    assert deployed.remove("tea") == []
    bucket.content = b"sites: 7"  # uploaded by hand
    assert deployed.remove("tea") == []


def test_file_that_is_not_deployed_yet(tmp_path: Path) -> None:
    bucket = Bucket(None)
    assert lists(bucket, tmp_path).add(SITE) == ["sites.yaml"]
    assert bucket.names() == ["tea"]


def test_change_at_the_same_time_is_kept(tmp_path: Path) -> None:
    bucket = Bucket(b"sites: []", others=[b"sites: [{name: other}]"])
    lists(bucket, tmp_path).add(SITE)
    assert bucket.names() == ["other", "tea"]


def test_list_that_would_be_invalid_stays(tmp_path: Path) -> None:
    before = b"sites: [{name: blog}]"
    bucket = Bucket(before)
    with pytest.raises(ProjectError, match="not valid"):
        lists(bucket, tmp_path, SCHEMA).add(SITE)
    assert bucket.content == before
