"""The list of sites."""

from pathlib import Path

import pytest
from monitoring.sites import Site, SiteList, SitesError, parse, select
from monitoring.storage import Documents

from tests.handlers.aws_fakes import FakeS3
from tests.handlers.examples import ROOT

SHOP = "{name: shop, url: 'https://shop.example/'}"
BLOG = "{name: blog, url: 'http://blog.example:8080/path?query#part'}"


def test_the_schema_supplies_the_defaults() -> None:
    assert parse(f"sites: [{SHOP}]") == (
        Site(
            name="shop",
            url="https://shop.example/",
            timeout=5,
            max_bytes=1_048_576,
            severity="critical",
            expect=None,
        ),
    )


def test_the_list_in_the_repository_is_valid() -> None:
    assert len(parse(Path(ROOT, "sites.yaml").read_bytes())) == 3


def test_an_empty_list_is_valid() -> None:
    assert parse("sites: []") == ()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000",
        "https://[::1]:8443/health",
        "https://bücher.example/?q=ü",
        "https://host.example/@user:home",
    ],
)
def test_valid_urls(url: str) -> None:
    assert parse(f"sites: [{{name: shop, url: '{url}'}}]")[0].url == url


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sites: [", "sites.yaml is not YAML: while parsing"),
        ("a: !!python/object:os.system {}", "sites.yaml is not YAML: could not determine"),
        (b"\xff", "sites.yaml is not YAML:"),
        ("", "sites.yaml: must be object"),
        ("sites: {}", "sites.yaml: sites must be array"),
        ("pages: []", "sites.yaml: must contain ['sites'] properties"),
        ("sites: [1]", "sites.yaml: entry 1: sites[0] must be object"),
        ("sites: [{name: shop}]", 'entry 1 ("shop"): sites[0] must contain'),
        (f"sites: [{SHOP}, {SHOP}]", 'entry 2: the name "shop" is taken'),
        (f"sites: [{SHOP}, {{name: Blog, url: 'http://b/'}}]", 'entry 2 ("Blog"): sites[1].name'),
        ('sites: [{name: "a\\n", url: "http://b/"}]', "sites[0].name must match pattern"),
        ("sites: [{name: shop, url: 'ftp://shop/'}]", "sites[0].url must match pattern"),
        ("sites: [{name: shop, url: 'http://u:p@shop/'}]", "sites[0].url must match pattern"),
        ("sites: [{name: shop, url: 'http://u@shop/'}]", "sites[0].url must match pattern"),
        ('sites: [{name: shop, url: "http://shop/\\n"}]', "sites[0].url must match pattern"),
        ("sites: [{name: shop, url: 'http:///path'}]", "sites[0].url must match pattern"),
        ("sites: [{name: shop, url: 'http://s/', timeout: 0}]", "sites[0].timeout must be bigger"),
        ("sites: [{name: shop, url: 'http://s/', timeout: 31}]", "sites[0].timeout must be smal"),
        ("sites: [{name: shop, url: 'http://s/', timeout: .nan}]", "timeout is not a number"),
        ("sites: [{name: shop, url: 'http://s/', timeout: yes}]", "sites[0].timeout must be num"),
        ("sites: [{name: shop, url: 'http://s/', severity: high}]", "sites[0].severity must be"),
        ("sites: [{name: shop, url: 'http://s/', expected: x}]", "must not contain {'expected'}"),
        ("sites: [{name: shop, url: 'http://s/', expect: ''}]", "sites[0].expect must be longer"),
    ],
)
def test_errors_name_the_entry_and_what_is_wrong(text: str | bytes, message: str) -> None:
    with pytest.raises(SitesError) as raised:
        parse(text)

    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_selection_by_name_keeps_order_and_returns_unknown_names() -> None:
    shop, blog = parse(f"sites: [{SHOP}, {BLOG}]")

    assert select((shop, blog), []) == ((shop, blog), ())
    assert select((shop, blog), ["blog", "shop", "blog"]) == ((blog, shop), ())
    assert select((shop, blog), ["none"]) == ((), ("none",))


def test_the_list_is_read_again_only_when_it_changed(s3: FakeS3, documents: Documents) -> None:
    sites = SiteList(documents)
    s3.objects["sites.yaml"] = f"sites: [{SHOP}]".encode()
    first = sites.load()

    assert sites.load() is first

    s3.objects["sites.yaml"] = f"sites: [{BLOG}]".encode()
    assert [site.name for site in sites.load()] == ["blog"]

    s3.objects["sites.yaml"] = b"sites: oops"
    with pytest.raises(SitesError, match=r"^s3://bucket/sites\.yaml: sites must be array"):
        sites.load()


def test_a_missing_list_names_its_location(documents: Documents) -> None:
    with pytest.raises(SitesError, match=r"s3://bucket/sites\.yaml is missing: upload"):
        SiteList(documents).load()
