"""The demo's websites, and the process that hosts them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from testbed.demo import hosting
from testbed.demo.hosting import DemoWebsite, Hosting
from testbed.demo.pages import PAGES
from testbed.emulators.instance import Instance
from testbed.errors import StartError, TestbedError
from testbed.machine.websites import LocalWebsite, Page
from tests.testbed.instances import running_instance

PAGE = Page("shop", "text/html", "<h1>Größe</h1>\n", "Größe")


@pytest.fixture
def shop() -> Iterator[LocalWebsite]:
    with LocalWebsite(PAGE) as website:
        yield website


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def test_shows_its_page(shop: LocalWebsite, http: requests.Session) -> None:
    response = http.get(shop.url)

    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.text == PAGE.body


def test_answers_with_a_status_until_it_recovers(
    shop: LocalWebsite, http: requests.Session
) -> None:
    shop.answers(503)
    assert http.get(shop.url).status_code == 503
    shop.answers(404)
    assert http.get(shop.url).status_code == 404
    shop.recovers()
    assert http.get(shop.url).status_code == 200


@pytest.mark.parametrize("status", [100, 499, 600])
def test_answers_with_nothing_that_http_does_not_know(shop: LocalWebsite, status: int) -> None:
    with pytest.raises(ValueError, match=f"{status} is not a final"):
        shop.answers(status)


def test_hangs_up_while_it_is_down(shop: LocalWebsite, http: requests.Session) -> None:
    shop.down()
    with pytest.raises(requests.ConnectionError):
        http.get(shop.url)
    shop.recovers()
    assert http.get(shop.url).status_code == 200


def test_is_slow(shop: LocalWebsite, http: requests.Session) -> None:
    shop.slow(60)
    with pytest.raises(requests.Timeout):
        http.get(shop.url, timeout=0.2)
    shop.recovers()
    assert http.get(shop.url, timeout=20).status_code == 200


def test_can_be_broken_by_hand(shop: LocalWebsite, http: requests.Session) -> None:
    answer = http.put(f"{shop.url}_outage")
    assert (answer.status_code, answer.text) == (200, "shop is broken.\n")
    assert shop.outage == 503

    assert http.put(f"{shop.url}_outage", data="500").status_code == 200
    assert shop.outage == 500

    answer = http.delete(f"{shop.url}_outage")
    assert (answer.status_code, answer.text) == (200, "shop works.\n")
    assert shop.outage is None


@pytest.mark.parametrize("body", ["200", "soon", "-1", "499.5", b"\xff", "418418"])
def test_invalid_error_status_is_rejected(
    shop: LocalWebsite, http: requests.Session, body: str | bytes
) -> None:
    assert http.put(f"{shop.url}_outage", data=body).status_code == 400
    assert shop.outage is None


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_has_nothing_else_to_change(
    shop: LocalWebsite, http: requests.Session, method: str
) -> None:
    assert http.request(method, f"{shop.url}index.html").status_code == 404


def test_closed_website_is_gone(http: requests.Session) -> None:
    with LocalWebsite(PAGE) as website:
        url = website.url

    with pytest.raises(requests.ConnectionError):
        http.get(url)


def test_pages_have_the_text_they_are_known_by() -> None:
    assert all(page.expect in page.body for page in PAGES)


def test_hosted_websites_break_and_are_repaired(tmp_path: Path, http: requests.Session) -> None:
    with running_instance() as instance, Hosting(instance, tmp_path / "log") as running:
        assert [website.name for website in running.websites] == [page.name for page in PAGES]
        for website in running.websites:
            assert website.expect in http.get(website.url).text
            website.start_outage(500)
            assert http.get(website.url).status_code == 500
            website.end_outage()
            assert http.get(website.url).status_code == 200

    for website in running.websites:
        with pytest.raises(requests.ConnectionError):
            http.get(website.url)
        with pytest.raises(TestbedError, match=f"PUT {website.outage_url} failed"):
            website.start_outage()


def test_hosted_website_rejects_invalid_error_status(shop: LocalWebsite) -> None:
    hosted = DemoWebsite("shop", shop.url, shop.local_url, PAGE.expect)

    with pytest.raises(TestbedError, match="400"):
        hosted.start_outage(200)


def test_hosting_ends_with_the_process_that_it_watches(tmp_path: Path) -> None:
    ended = Instance(pid=os.getpid(), mark="another process", endpoint_url="")

    running = Hosting(ended, tmp_path / "log")

    running.wait()


def test_hosting_that_fails_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosting, "__name__", "testbed.demo.no_such_module")

    with pytest.raises(StartError, match="websites did not start") as failure:
        Hosting(Instance(os.getpid(), "any", ""), tmp_path / "log")

    assert "no_such_module" in failure.value.details


def test_outage_url_is_on_the_website() -> None:
    website = DemoWebsite(
        "shop", "http://host.docker.internal:8000/", "http://172.17.0.1:8000/", "Welcome"
    )

    assert website.outage_url == "http://172.17.0.1:8000/_outage"
