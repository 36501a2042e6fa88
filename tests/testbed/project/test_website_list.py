"""The list of websites in an uploaded file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed.errors import ProjectError
from testbed.project.project import Project
from testbed.project.uploads import Upload
from testbed.project.website_list import WebsiteList, website_list

KEYS = WebsiteList("targets", "id", "href")
REAL = {"id": "shop", "href": "https://shop.example.com/", "expect": "Welcome"}
OTHER = {"id": "blog", "href": "https://blog.example.com/"}


def content(*entries: Any) -> bytes:
    return yaml.safe_dump({"version": 2, "targets": list(entries)}).encode()


def test_websites_are_added_and_stand_in_for_others() -> None:
    changed = KEYS.with_websites(
        content(REAL, OTHER), {"shop": "http://x/", "tea": "http://y/"}, "f"
    )

    assert yaml.safe_load(changed) == {
        "version": 2,
        "targets": [OTHER, {"id": "shop", "href": "http://x/"}, {"id": "tea", "href": "http://y/"}],
    }
    assert KEYS.has(changed, "tea", "f")
    assert not KEYS.has(changed, "te", "f")


def test_the_projects_own_entry_returns() -> None:
    original = content(REAL)
    local = KEYS.with_websites(original, {"shop": "http://x/", "tea": "http://y/"}, "f")

    without_tea = KEYS.without_website(local, "tea", original, "f")
    assert not KEYS.has(without_tea, "tea", "f")
    assert yaml.safe_load(KEYS.without_website(without_tea, "shop", original, "f")) == (
        yaml.safe_load(original)
    )


def test_json_stays_json() -> None:
    changed = KEYS.with_websites(b'{"targets": []}', {"shop": "http://x/"}, "targets.json")

    assert json.loads(changed) == {"targets": [{"id": "shop", "href": "http://x/"}]}


@pytest.mark.parametrize("invalid", [b"", b"[]", b"targets: 7", b"targets: [shop]", b"a: [", b"7"])
def test_file_without_the_list(invalid: bytes) -> None:
    with pytest.raises(ProjectError, match=r"s3://b/sites.yaml (has no list|is not valid)"):
        KEYS.with_websites(invalid, {"shop": "http://x/"}, "s3://b/sites.yaml")


@pytest.mark.parametrize(
    "value", [True, "sites", {}, {"list": "a", "name": "b"}, {"list": 1, "name": "b", "url": "c"}]
)
def test_description_that_is_not_complete(value: object) -> None:
    with pytest.raises(ProjectError, match=r"`websites` of sites\.yaml is not of the form"):
        website_list({"file": "sites.yaml", "websites": value}, Path("pyproject.toml"))


def test_deployed_content_has_the_websites(tmp_path: Path) -> None:
    file = tmp_path / "targets.yaml"
    file.write_bytes(content(OTHER))
    upload = Upload("targets.yaml", file, "Uri", None, KEYS)
    project = Project(tmp_path, tmp_path / "template.yaml", "s", "us-east-1", uploads=(upload,))

    [unchanged] = project.with_websites({}).uploads
    assert unchanged.content() == file.read_bytes()
    [changed] = project.with_websites({"tea": "http://y/"}).uploads
    assert yaml.safe_load(changed.content())["targets"][-1] == {"id": "tea", "href": "http://y/"}
