"""LocalStack answers only by names that nobody else can point to this machine."""

import socket
from urllib.parse import urlsplit

import pytest

from tests.extension.conftest import Clients
from tests.extension.live.access.http import (
    FOREIGN,
    LIMIT_SECONDS,
    NAMED,
    PATHS,
    ask,
    signed,
)
from tests.extension.live.websockets import HANDSHAKE


@pytest.mark.parametrize("path", PATHS)
def test_host_that_others_can_point_here(endpoint: str, path: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        answer = ask(method, endpoint + path, {"Host": "attacker.example:4566"})
        assert answer.status_code == 403, method
        assert "TESTBED_ALLOWED_HOSTS=attacker.example" in answer.json()["message"]


@pytest.mark.parametrize("host", [NAMED, "any.below.example", "localhost", "x.localhost:1"])
def test_host_that_is_allowed(endpoint: str, host: str) -> None:
    assert ask("GET", f"{endpoint}/_localstack/health", {"Host": host}).status_code == 200


def test_host_is_a_custom_domain(own: Clients, endpoint: str) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html"""
    name, url = "orders.example", f"{endpoint}/_localstack/health"
    assert ask("GET", url, {"Host": name}).status_code == 403
    own["apigateway"].create_domain_name(domainName=name)
    assert ask("GET", url, {"Host": name}).status_code == 200
    own["apigateway"].delete_domain_name(domainName=name)
    assert ask("GET", url, {"Host": name}).status_code == 403


def test_signed_request_to_another_host(endpoint: str) -> None:
    headers = {"Host": "attacker.example", **signed("s3")}
    assert ask("GET", f"{endpoint}/", headers).status_code == 403


@pytest.mark.parametrize("hosts", [[], ["127.0.0.1", "attacker.example"]], ids=["none", "two"])
def test_not_one_host(endpoint: str, hosts: list[str]) -> None:
    """https://www.rfc-editor.org/rfc/rfc9112.html#name-request-target"""
    address = urlsplit(endpoint)
    lines = ["GET /_localstack/health HTTP/1.0", *(f"Host: {host}" for host in hosts), "", ""]
    with socket.create_connection((address.hostname, address.port), LIMIT_SECONDS) as connection:
        connection.sendall("\r\n".join(lines).encode())
        answer = connection.makefile("rb").readline()
    assert answer.split()[1] in (b"403", b"400")


@pytest.mark.parametrize("header", ["Origin", "Host"])
def test_websocket_of_a_foreign_page(endpoint: str, header: str) -> None:
    for _ in range(10):  # whether the answer had to wait was a matter of luck
        headers = HANDSHAKE | {header: {"Origin": FOREIGN, "Host": "attacker.example"}[header]}
        assert ask("GET", f"{endpoint}/_testbed/journal", headers).status_code == 403
