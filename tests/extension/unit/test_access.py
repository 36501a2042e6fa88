"""The hosts and origins that LocalStack accepts."""

from __future__ import annotations

import socket

import pytest
from localstack_testbed.access.hosts import AllowedHosts
from localstack_testbed.access.sites import Origins

ADDRESS = "172.17.0.2"
CUSTOM_DOMAIN = "api.example.com"


@pytest.fixture
def hosts() -> AllowedHosts:
    return AllowedHosts(
        "mybox",
        ["named.example", ".below.example"],
        custom_domains=lambda: [CUSTOM_DOMAIN],
        local_addresses=lambda: [ADDRESS],
    )


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:4566",
        "127.1.2.3:4566",
        "[::1]:4566",
        "[::ffff:127.0.0.1]",
        "localhost:4566",
        "LOCALHOST.:4566",
        "anything.localhost:4566",
        "mybox:4566",
        "id.lambda-url.us-east-1.mybox:4566",
        "bucket.s3.localhost.localstack.cloud:4566",
        "sqs.us-east-1.amazonaws.com",
        "id.execute-api.us-east-1.amazonaws.com",
        "host.docker.internal:4566",
        socket.gethostname(),
        f"{ADDRESS}:4566",
        CUSTOM_DOMAIN,
        "named.example:80",
        "any.below.example",
    ],
)
def test_own_names(hosts: AllowedHosts, host: str) -> None:
    assert host in hosts


@pytest.mark.parametrize(
    "host",
    [
        "",
        "attacker.example",
        "attacker.example:4566",
        "localhost.attacker.example",
        "notlocalhost",
        "127.0.0.1.attacker.example",
        "localhost@attacker.example",
        "localhost, attacker.example",
        "localhost:4566:80",
        "localhost/",
        "[localhost]",
        "8.8.8.8",
        "0.0.0.0:4566",
        "xlocalhost.localstack.cloud",
        "amazonaws.com.attacker.example",
        "below.example",
        "other.named.example",
        "localhost\n",
    ],
)
def test_other_names(hosts: AllowedHosts, host: str) -> None:
    assert host not in hosts


def test_names_that_change_while_localstack_runs() -> None:
    domains: list[str] = []
    hosts = AllowedHosts("localhost", [], lambda: domains, list)
    assert CUSTOM_DOMAIN not in hosts
    domains.append(CUSTOM_DOMAIN)
    assert CUSTOM_DOMAIN in hosts
    domains.clear()
    assert CUSTOM_DOMAIN not in hosts


OWN = "http://127.0.0.1:4566"
FOREIGN = "http://attacker.example"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def sent(**headers: str) -> dict[str, str]:
    return {"Host": "127.0.0.1:4566"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(sent(), id="a program"),
        pytest.param(sent(User_Agent=FIREFOX), id="a browser that names 127.0.0.1 no site"),
        pytest.param(sent(Origin=OWN), id="its own page"),
        pytest.param(sent(Origin="https://127.0.0.1:4566"), id="its own page by TLS"),
        pytest.param(sent(Sec_Fetch_Site="same-origin"), id="an image on its own page"),
        pytest.param(sent(Sec_Fetch_Site="none", User_Agent=FIREFOX), id="typed"),
        pytest.param(sent(Referer=f"{OWN}/page"), id="a link on its own page"),
        pytest.param(sent(Origin="http://allowed.example:3000"), id="allowed"),
        pytest.param(sent(Referer="http://allowed.example:3000/a"), id="a link on an allowed one"),
        pytest.param({"Host": "mybox:4566"}, id="a program, by another name"),
    ],
)
def test_not_foreign(headers: dict[str, str]) -> None:
    assert Origins(["http://Allowed.example:3000/"]).foreign_origin(headers) is None


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(sent(Origin=FOREIGN), id="another site"),
        pytest.param(sent(Origin="null"), id="a sandbox or a file"),
        pytest.param(sent(Origin=""), id="an empty origin"),
        pytest.param(sent(Origin="file://"), id="LocalStack's own: Electron"),
        pytest.param(sent(Origin="https://app.localstack.cloud"), id="LocalStack's own: app"),
        pytest.param(sent(Origin="http://127.0.0.1:3000"), id="another port of this machine"),
        pytest.param(sent(Origin="http://localhost:4566"), id="another name of this machine"),
        pytest.param(sent(Origin="ftp://127.0.0.1:4566"), id="another scheme"),
        pytest.param(sent(Origin="http://allowed.example"), id="another port of an allowed one"),
        pytest.param(sent(Sec_Fetch_Site="cross-site"), id="an image"),
        pytest.param(sent(Sec_Fetch_Site="same-site"), id="an image on another port"),
        pytest.param(
            sent(Sec_Fetch_Site="cross-site", Referer=f"{OWN}/"), id="redirected by another site"
        ),
        pytest.param(sent(Origin=FOREIGN, Sec_Fetch_Site="none"), id="contradicting itself"),
        pytest.param(sent(Referer=f"{FOREIGN}/page"), id="an image, in an older browser"),
        pytest.param(sent(Referer="nonsense"), id="a Referer that is no page"),
        pytest.param(
            {"Host": "localhost.localstack.cloud:4566", "User-Agent": FIREFOX},
            id="an image, by a name without Sec-Fetch-Site",
        ),
    ],
)
def test_foreign(headers: dict[str, str]) -> None:
    assert Origins(["http://allowed.example:3000"]).foreign_origin(headers) is not None


def test_all_origins_may_be_allowed() -> None:
    everyone = Origins(["*"])
    for headers in (sent(Origin=FOREIGN), sent(Sec_Fetch_Site="cross-site")):
        assert everyone.foreign_origin(headers) is None
