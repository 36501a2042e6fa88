"""Addresses that count as internal."""

import pytest
from monitoring import guard


@pytest.mark.parametrize(
    ("address", "internal"),
    [
        ("93.184.215.14", False),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", False),
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("172.16.0.1", True),
        ("192.168.1.1", True),
        ("169.254.169.254", True),
        ("100.64.0.1", True),
        ("0.0.0.0", True),  # noqa: S104 (no binding)
        ("::1", True),
        ("fe80::1%eth0", True),
        ("fd00:ec2::254", True),
        ("::ffff:127.0.0.1", True),
        ("192.0.0.9", True),
        ("192.88.99.1", True),
        ("198.18.0.1", True),
        ("224.0.0.1", True),
        ("240.0.0.1", True),
        ("255.255.255.255", True),
        ("8.8.8.8", False),
        ("fe80::1", True),
        ("fec0::1", True),
        ("ff02::1", True),
        ("ff0e::1", True),
        ("100::1", True),
        ("2001:db8::1", True),
        ("3fff::1", True),
        ("5f00::1", True),
        ("2001:20::1", True),
        ("::", True),
        ("::ffff:169.254.169.254", True),
        ("::ffff:8.8.8.8", False),
        ("::ffff:0:10.0.0.1", True),
        ("::10.0.0.1", True),
        ("::8.8.8.8", False),
        ("64:ff9b::169.254.169.254", True),
        ("64:ff9b::8.8.8.8", False),
        ("64:ff9b:1::8.8.8.8", True),
        ("2002:7f00:1::1", True),
        ("2002:a9fe:a9fe::", True),
        ("2002:808:808::1", False),
        ("2001:0:808:808:0:0:f5ff:fffe", True),  # Teredo: client 10.0.0.1 behind server 8.8.8.8
        ("2001:0:808:808:0:0:f7f7:f7f7", False),  # Teredo: client 8.8.8.8
    ],
)
def test_internal_addresses(address: str, internal: bool) -> None:
    assert guard.is_internal(address) is internal
