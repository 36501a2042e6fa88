"""TLS: certificates, handshakes and records."""

import asyncio
import ssl
import threading
from typing import Any

import pytest
from monitoring import connections
from monitoring.checks import Checker, CheckResult

from tests.handlers.examples import site
from tests.handlers.hostile import CERTIFICATE, HEALTHY, KEY, hostile_server
from tests.handlers.name_servers import Names
from tests.handlers.serving import (
    GREETING,
    OK,
    Serve,
    page,
    sending,
    serving,
)


def check_with_tls(
    serve: Serve, trusted: bool = True, host: str = "127.0.0.1", **fields: Any
) -> CheckResult:
    """Check a site that a socket serves over TLS."""
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(CERTIFICATE, KEY)
    client_side = ssl.create_default_context(cafile=str(CERTIFICATE)) if trusted else None

    async def both() -> CheckResult:
        async with serving(serve, tls=server_side) as port:
            url = f"https://{host}:{port}/"
            return await Checker(tls=client_side).check(site(url=url, **fields))

    return asyncio.run(both())


def test_a_page_over_tls() -> None:
    body = GREETING.encode() * 50_000

    assert check_with_tls(sending(page(body=body)), expect="Grüße", max_bytes=10**6).status == "UP"


def test_a_page_over_tls_that_ends_with_its_connection() -> None:
    assert check_with_tls(sending(OK, b"\r\nok"), expect="ok").status == "UP"


def test_an_untrusted_certificate() -> None:
    seen = check_with_tls(sending(page()), trusted=False)

    assert (seen.reason or "").startswith("certificate not trusted: self-signed certificate")


def test_tls_records_of_one_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "OVERHEAD", 6_000)

    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0)  # drain() lets nobody else run while buffers have room

    seen = check_with_tls(serve, max_bytes=10**6, timeout=30)

    assert seen.reason == "too many bytes in addition to the body"


def test_handshakes_run_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server chooses how much CPU time a handshake takes."""

    class Recorded(ssl.SSLObject):
        def do_handshake(self) -> None:
            threads.add(threading.get_ident())
            super().do_handshake()

    threads: set[int] = set()
    monkeypatch.setattr(ssl.SSLContext, "sslobject_class", Recorded)
    client_side = ssl.create_default_context(cafile=str(CERTIFICATE))
    with hostile_server() as server:
        healthy = site(url=f"https://127.0.0.1:{server.tls_port}/{HEALTHY}")
        seen = asyncio.run(Checker(tls=client_side).check(healthy))
        threads.discard(server.thread)

    assert seen.status == "UP"
    assert threads
    assert threading.get_ident() not in threads


def test_finite_field_diffie_hellman_is_off() -> None:
    """With it, the server chooses how much CPU time a handshake takes; the system allows it."""
    exchanges = {cipher["kea"] for cipher in connections.trusting_system().get_ciphers()}

    assert "kx-dhe" in {cipher["kea"] for cipher in ssl.create_default_context().get_ciphers()}
    assert exchanges == {"kx-ecdhe", "kx-any"}  # any: that of TLS 1.3, with known groups


def test_a_certificate_for_an_absolute_host_name(names: Names) -> None:
    """``localhost.`` is the name ``localhost`` (RFC 6066, 3: without a trailing dot)."""
    names.answers["localhost."] = [["127.0.0.1"]]

    assert check_with_tls(sending(page()), host="localhost.").reason is None
