"""LocalStack listens where it is told to."""

import socket
from urllib.parse import urlsplit

import pytest


def test_other_addresses_of_the_machine_are_closed(localstack_endpoint: str) -> None:
    """https://docs.localstack.cloud/aws/capabilities/config/configuration/ (GATEWAY_LISTEN)"""
    port = urlsplit(localstack_endpoint).port
    # Every address that begins with 127 is this machine, and LocalStack was told 127.0.0.1.
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.2", port)):
        pass
