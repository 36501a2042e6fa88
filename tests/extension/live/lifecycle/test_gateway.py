"""The address and the certificate of LocalStack."""

import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from testbed.errors import StartError
from tests.extension.conftest import running_localstack


def test_other_addresses_of_the_machine_are_closed(localstack_endpoint: str) -> None:
    """https://docs.localstack.cloud/aws/capabilities/config/configuration/ (GATEWAY_LISTEN)"""
    port = urlsplit(localstack_endpoint).port
    # All addresses of 127.0.0.0/8 are this machine; LocalStack is configured for 127.0.0.1.
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.2", port)):
        pass


def test_localstack_exits_if_its_certificate_cannot_be_read(tmp_path: Path) -> None:
    certificate = tmp_path / "broken.pem"
    kinds = ("PRIVATE KEY", "CERTIFICATE")
    certificate.write_text(
        "".join(f"-----BEGIN {each}-----\n-----END {each}-----\n" for each in kinds)
    )
    with (
        pytest.raises(StartError),
        running_localstack(tmp_path, CUSTOM_SSL_CERT_PATH=str(certificate)),
    ):
        pass
    assert "SSL" in (tmp_path / "localstack.log").read_text()


def test_https_is_trusted_for_the_names_that_localstack_has(tmp_path: Path) -> None:
    """LocalStack's own certificate lacks 127.0.0.1."""
    with running_localstack(tmp_path) as running:
        port = int(running.endpoint.rpartition(":")[2])
        context = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem.crt"))
        for name in ("127.0.0.1", "localhost", "bucket.localhost.localstack.cloud"):
            with (
                socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
                context.wrap_socket(plain, server_hostname=name) as secure,
            ):
                secure.sendall(b"GET /_localstack/health HTTP/1.0\r\nHost: localhost\r\n\r\n")
                assert b" 200 " in secure.recv(100)
