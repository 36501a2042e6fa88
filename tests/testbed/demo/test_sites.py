"""The list of sites that the demo uploads."""

from pathlib import Path

import pytest
import yaml

from testbed.demo.sites import SiteEntry, real_sites, sites_upload
from testbed.errors import ProjectError, TestbedError
from testbed.project.discovery import find_project, find_root
from testbed.project.project import Project
from testbed.project.uploads import Upload


def names(*urls: str, taken: tuple[str, ...] = ()) -> list[str]:
    return [site.name for site in real_sites(urls, taken)]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.com/", "example-com"),
        ("https://www.example.com/path?x=1#y", "example-com"),
        ("HTTP://Example.COM:8080", "example-com"),
        ("http://127.0.0.1:9/", "127-0-0-1"),
        ("http://[::1]/", "1"),
        ("http://[::]/", "site"),
        ("https://a_b.example/", "a-b-example"),
        (f"https://{'a' * 63}.{'b' * 63}.example/", "a" * 63),
        (f"https://{'a' * 62}.example/", "a" * 62),
    ],
)
def test_site_is_named_after_its_host(url: str, name: str) -> None:
    assert real_sites([url], ()) == (SiteEntry(name, url),)


def test_names_differ() -> None:
    assert names("http://a.b/", "http://a.b/2", "http://www.a.b", taken=("a-b-2",)) == [
        "a-b",
        "a-b-3",
        "a-b-4",
    ]
    assert names(f"http://{'a' * 63}/", taken=("a" * 63,)) == ["a" * 61 + "-2"]


def test_a_url_given_twice_is_one_site() -> None:
    assert names("http://a.b/", "http://a.b/") == ["a-b"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com/",
        "file:///etc/hosts",
        "https://",
        "https:///path",
        "https://me:secret@example.com/",
        "https://example.com:port/",
        "https://example.com:99999/",
        "http://[::1/",
    ],
)
def test_invalid_website_is_rejected(url: str) -> None:
    with pytest.raises(TestbedError, match="is not the URL of a website") as raised:
        real_sites([url], ())

    assert "https://example.com/" in raised.value.advice


@pytest.fixture
def project() -> Project:
    return find_project(find_root(Path(__file__).parent))


def test_list_is_written_and_valid(project: Project, tmp_path: Path) -> None:
    sites = (
        SiteEntry("shop", "http://127.0.0.1:1/", "Größe: \U0001f375"),
        SiteEntry("a-b", "http://a.b/"),
    )

    upload = sites_upload(project, sites, tmp_path / "sites.yaml")

    assert upload.output == "SitesUri"
    assert yaml.safe_load(upload.content()) == {
        "sites": [
            {"name": "shop", "url": "http://127.0.0.1:1/", "expect": "Größe: \U0001f375"},
            {"name": "a-b", "url": "http://a.b/"},
        ]
    }


def test_empty_list_is_valid(project: Project, tmp_path: Path) -> None:
    upload = sites_upload(project, (), tmp_path / "sites.yaml")

    assert yaml.safe_load(upload.content()) == {"sites": []}


def test_list_that_breaks_the_schema_is_rejected(project: Project, tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as raised:
        sites_upload(project, [SiteEntry("a-b", "http://a b/")], tmp_path / "sites.yaml")

    assert "http://a b/" in raised.value.details


def test_project_without_a_list_of_sites_is_rejected(tmp_path: Path) -> None:
    upload = Upload("notes.txt", tmp_path / "notes.txt", "NotesUri", None)
    project = Project(tmp_path, tmp_path / "template.yaml", "stack", "us-east-1", uploads=(upload,))

    with pytest.raises(ProjectError, match="SitesUri"):
        sites_upload(project, (), tmp_path / "sites.yaml")
