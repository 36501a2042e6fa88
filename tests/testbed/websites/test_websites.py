"""The process that hosts a testbed's websites, and its commands."""

from __future__ import annotations

import http.client
import json
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import requests

from testbed.emulators.container import Container
from testbed.emulators.instance import Instance
from testbed.errors import StartError, TestbedError
from testbed.machine.host_address import HostAddress
from testbed.machine.waiting import until
from testbed.websites import record as records
from testbed.websites import websites as module
from testbed.websites.hosting import Hosting
from testbed.websites.page import Page
from testbed.websites.websites import Websites, check_name
from tests.testbed.instances import running_instance

LIMIT_SECONDS = 15.0
PAGE = Page.of("shop", "Welcome")


@pytest.fixture
def instance() -> Iterator[Instance]:
    with running_instance() as made:
        yield made


@pytest.fixture
def websites(instance: Instance, tmp_path: Path) -> Websites:
    return Websites(tmp_path, instance)


@pytest.fixture
def web() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def test_life_of_websites(
    websites: Websites, instance: Instance, tmp_path: Path, web: requests.Session
) -> None:
    assert websites.all() == []
    shop = websites.add(PAGE)
    assert web.get(shop.local_url).text == "Welcome"
    assert str(websites.answers("shop", 503).behavior) == "answers 503"
    assert web.get(shop.url).status_code == 503
    assert str(websites.down("shop").behavior) == "down"
    with pytest.raises(requests.ConnectionError):
        web.get(shop.url)
    assert str(websites.slow("shop", 0.01).behavior) == "slow (0.01 s)"
    assert websites.recovers("shop").requests == 2

    # A later command finds them.
    later = Websites(tmp_path, instance)
    blog = later.add(Page("blog", "image/png", b"\x89PNG\xff"))
    assert [each.name for each in websites.all()] == ["shop", "blog"]
    assert web.get(blog.url).content == b"\x89PNG\xff"
    with pytest.raises(TestbedError, match="already is a website shop") as twice:
        later.add(PAGE)
    assert "testbed website remove shop" in twice.value.advice
    with pytest.raises(TestbedError, match="no website shpo") as misspelled:
        later.down("shpo")
    assert misspelled.value.advice == "Did you mean shop? The websites are: blog, shop."
    with pytest.raises(TestbedError, match="no website xyz") as unknown:
        later.remove("xyz")
    assert unknown.value.advice == "The websites are: blog, shop."
    port = int(blog.url.rstrip("/").rpartition(":")[2])
    with pytest.raises(TestbedError, match=f"Port {port} on 127.0.0.1 is in use"):
        later.add(Page.of("other", "text"), port)
    later.remove("shop")
    with pytest.raises(requests.ConnectionError):
        web.get(shop.url)


def test_websites_stop_with_localstack(tmp_path: Path, web: requests.Session) -> None:
    with running_instance() as instance:
        url = Websites(tmp_path, instance).add(PAGE).url

    def gone() -> bool:
        try:
            web.get(url, timeout=LIMIT_SECONDS)
        except requests.RequestException:  # also in the middle of an answer
            return not (tmp_path / "websites.json").exists()
        return False

    until(gone, within=LIMIT_SECONDS, what="end of the websites")
    with running_instance(mark="next") as started_later:
        assert Websites(tmp_path, started_later).all() == []


def test_only_the_owner_of_the_state_folder_has_control(websites: Websites, tmp_path: Path) -> None:
    websites.add(PAGE)
    file = tmp_path / "websites.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    record = json.loads(file.read_text())
    commands = [each.info["cmdline"] or [] for each in psutil.process_iter(["cmdline"])]
    assert any(str(tmp_path) in command for command in commands)
    assert not any(record["secret"] in " ".join(command) for command in commands)
    for headers in ({}, {"X-Testbed-Secret": "guessed"}):
        for method in ("POST", "GET", "OPTIONS"):
            connection = http.client.HTTPConnection("127.0.0.1", record["port"], timeout=10)
            connection.request(method, "/remove", json.dumps({"name": "shop"}), headers)
            assert connection.getresponse().status in (403, 501)
            connection.close()
    assert [each.name for each in websites.all()] == ["shop"]


def test_record_of_a_process_that_was_killed(websites: Websites, tmp_path: Path) -> None:
    dead = {
        "port": 1, "secret": "s",
        "localstack": {"pid": 1, "mark": "one", "endpoint_url": "http://127.0.0.1:1"},
    }  # fmt: skip
    (tmp_path / "websites.json").write_text(json.dumps(dead))
    assert websites.all() == []
    with pytest.raises(TestbedError, match="no website shop") as unknown:
        websites.recovers("shop")
    assert unknown.value.advice == "Add it with: testbed website add shop"
    websites.add(PAGE)
    assert [each.name for each in websites.all()] == ["shop"]


def test_one_process_serves_the_websites_of_simultaneous_commands(websites: Websites) -> None:
    names = [f"site-{number}" for number in range(4)]
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda name: websites.add(Page.of(name, "text")), names))
    assert sorted(each.name for each in websites.all()) == names


def test_process_that_does_not_start(
    websites: Websites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MODULE", "testbed.websites.no_such_module")

    with pytest.raises(StartError, match="did not start") as failure:
        websites.add(PAGE)

    assert "no_such_module" in failure.value.details


def test_functions_in_a_container_have_another_url() -> None:
    container = Container("1a2b", "main-localstack-1", "http://127.0.0.1:4566")
    assert records.running_of(records.described(container)) == container
    hosting = Hosting(HostAddress(listen="127.0.0.1", name="host.docker.internal"))
    arguments = {"name": "shop", "content_type": "text/html", "body": "", "port": None}
    [shop] = hosting.perform("add", arguments)
    hosting.close()
    assert shop["url"] == shop["local_url"].replace("127.0.0.1", "host.docker.internal")


@pytest.mark.parametrize(
    "name", ["", "Shop", "-shop", "shop-", "a--b", "a.b", "a/b", "ä", "a" * 64]
)
def test_invalid_name(name: str) -> None:
    with pytest.raises(TestbedError, match="cannot be the name of a website"):
        check_name(name)
