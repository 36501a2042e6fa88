"""A website of a test, in the test's process."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from testbed.machine.waiting import until
from testbed.websites.local_website import LocalWebsite
from testbed.websites.page import Behavior, Page

PAGE = Page.of("shop", "<h1>Größe</h1>\n")
LIMIT_SECONDS = 20


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
    response = http.get(f"{shop.url}any/path?query")

    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.text == "<h1>Größe</h1>\n"
    assert str(shop.behavior) == "up"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_every_method_has_the_same_answer(
    shop: LocalWebsite, http: requests.Session, method: str
) -> None:
    assert http.request(method, shop.url, data=b"x" * 300_000).content == PAGE.body


def test_no_body_where_http_has_none(shop: LocalWebsite, http: requests.Session) -> None:
    head = http.head(shop.url)
    assert head.headers["Content-Length"] == str(len(PAGE.body))
    assert head.content == b""
    shop.answers(204)
    answer = http.get(shop.url)
    assert "Content-Length" not in answer.headers
    assert answer.content == b""


def test_answers_with_a_status_until_it_recovers(
    shop: LocalWebsite, http: requests.Session
) -> None:
    shop.answers(503)
    assert http.get(shop.url).text == "Service Unavailable\n"
    shop.answers(299)  # HTTP has no phrase for it
    assert http.get(shop.url).status_code == 299
    shop.recovers()
    assert http.get(shop.url).status_code == 200


@pytest.mark.parametrize("status", [-1, 100, 199, 600])
def test_only_a_final_response_is_an_answer(shop: LocalWebsite, status: int) -> None:
    with pytest.raises(ValueError, match=f"{status} is not the status of a final"):
        shop.answers(status)


def test_refuses_connections_while_it_is_down(shop: LocalWebsite, http: requests.Session) -> None:
    url, port = shop.url, int(shop.url.rstrip("/").rpartition(":")[2])
    for _ in range(2):  # the second time, it is down already
        shop.down()
        with pytest.raises(requests.ConnectionError, match="refused"):
            http.get(url)
        assert not _can_listen(port)
    shop.recovers()
    assert http.get(url).status_code == 200
    assert shop.requests == 1


def _can_listen(port: int) -> bool:
    """Return whether another program could take a port."""
    with socket.socket() as other:
        try:
            other.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@pytest.mark.parametrize("change", ["answers", "slow"])
def test_last_change_of_a_website_that_is_down_counts(
    shop: LocalWebsite, http: requests.Session, change: str
) -> None:
    shop.down()
    if change == "answers":
        shop.answers(418)
    else:
        shop.slow(0.01)
    assert http.get(shop.url).status_code == (418 if change == "answers" else 200)


@pytest.mark.parametrize(("change", "status"), [("recovers", 200), ("down", 0), ("close", 0)])
def test_a_change_applies_to_requests_that_wait(
    shop: LocalWebsite, http: requests.Session, change: str, status: int
) -> None:
    def get() -> int:
        try:
            return http.get(shop.url, timeout=LIMIT_SECONDS).status_code
        except requests.ConnectionError:
            return 0

    shop.slow(3600)
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(get)
        until(lambda: shop.requests, within=LIMIT_SECONDS, what="request")
        getattr(shop, change)()
        assert waiting.result() == status


def test_is_slow(shop: LocalWebsite, http: requests.Session) -> None:
    shop.slow(60)
    with pytest.raises(requests.Timeout):
        http.get(shop.url, timeout=0.2)


@pytest.mark.parametrize(
    ("behavior", "text"),
    [
        (Behavior(), "up"),
        (Behavior(down=True), "down"),
        (Behavior(slow=2), "slow (2 s)"),
        (Behavior(slow=0.25, answers=503), "slow (0.25 s), answers 503"),
    ],
)
def test_behavior_in_words(behavior: Behavior, text: str) -> None:
    assert str(behavior) == text


def test_closed_website_is_gone(http: requests.Session) -> None:
    with LocalWebsite(PAGE) as website:
        url = website.url

    with pytest.raises(requests.ConnectionError):
        http.get(url)


def test_port_in_use(shop: LocalWebsite) -> None:
    port = int(shop.url.rstrip("/").rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        LocalWebsite(PAGE, port=port)
