"""Claims of SECURITY.md that no other test shows."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit

import pytest
import requests

from tests.conftest import Deployed

_LIMIT_SECONDS = 20
_FOREIGN = "http://attacker.example"


def test_foreign_page_cannot_send_the_internal_header(running_testbed: Deployed) -> None:
    """Browsers ask first: https://fetch.spec.whatwg.org/#cors-preflight-fetch."""
    asked = {
        "Origin": _FOREIGN,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "x-localstack-data",
    }
    url = f"{running_testbed.endpoint_url}/?Action=ListQueues"
    answer = requests.options(url, headers=asked, timeout=_LIMIT_SECONDS)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("Access-Control")]
    sent = {"Origin": _FOREIGN, "x-localstack-data": "{}"}
    assert requests.get(url, headers=sent, timeout=_LIMIT_SECONDS).status_code == 403


def test_certificate_is_self_signed(running_testbed: Deployed) -> None:
    address = urlsplit(running_testbed.endpoint_url)
    assert address.scheme == "http"
    assert address.hostname
    where = (address.hostname, address.port)
    with (
        socket.create_connection(where, _LIMIT_SECONDS) as connection,
        pytest.raises(ssl.SSLCertVerificationError, match="self-signed certificate"),
    ):
        ssl.create_default_context().wrap_socket(connection, server_hostname="localhost")
