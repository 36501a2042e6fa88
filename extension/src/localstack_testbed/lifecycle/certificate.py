"""A self-signed certificate for HTTPS: ``python -m localstack_testbed.lifecycle.certificate FILE``.

LocalStack makes one itself when it starts without ``CUSTOM_SSL_CERT_PATH``, but only with pyOpenSSL
25 and older: it calls ``X509.add_extensions``, which pyOpenSSL 26 does not have. Its certificate
also lacks 127.0.0.1, because a comma is missing between two of its names.
"""

import sys
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# What macOS and Safari accept at most. https://support.apple.com/en-us/HT210176
_LIFETIME = timedelta(days=825)
_NAMES = ("localhost", "localhost.localstack.cloud", "*.localhost.localstack.cloud")


def make_certificate(file: Path) -> None:
    """Write a new private key and its certificate into one PEM file, as LocalStack reads it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    alternatives: list[x509.GeneralName] = [x509.DNSName(each) for each in _NAMES]
    alternatives.append(x509.IPAddress(IPv4Address("127.0.0.1")))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # for containers with a clock behind ours
        .not_valid_after(now - timedelta(days=1) + _LIFETIME)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, SHA256())
    )
    file.touch(mode=0o600)
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )


if __name__ == "__main__":
    make_certificate(Path(sys.argv[1]))
