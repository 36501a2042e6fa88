"""Addresses that redirects and host names lead to."""

import asyncio
import errno
import socket
from typing import Any
from unittest.mock import Mock

import pytest
from monitoring import connections, guard
from monitoring.checks import Checker, CheckResult

from tests.handlers.examples import site
from tests.handlers.name_servers import Names
from tests.handlers.serving import (
    page,
    redirect,
    serving,
)


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> str:
    """A loopback address that counts as public."""
    monkeypatch.setattr(guard, "is_internal", lambda address: address != "127.0.0.1")
    return "127.0.0.1"


INTERNAL = "127.0.0.2"


class Hops:
    """A server at the same port of two loopback addresses, which records its requests."""

    def __init__(self, answers: list[bytes]) -> None:
        self.reached: list[tuple[str, str]] = []
        self._answers = answers

    async def __call__(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        host = request.partition(b"Host: ")[2].partition(b":")[0]
        self.reached.append((writer.get_extra_info("sockname")[0], host.decode()))
        port = b"%d" % writer.get_extra_info("sockname")[1]
        writer.write(self._answers.pop(0).replace(b"PORT", port))

    def check(self, host: str, **fields: Any) -> CheckResult:
        """Look at a site at *host*."""

        async def both() -> CheckResult:
            # Both are in 127.0.0.0/8: the tests stay on this machine.
            async with (
                serving(self) as port,
                serving(self, INTERNAL, port),
            ):
                return await Checker().check(site(url=f"http://{host}:{port}/", **fields))

        return asyncio.run(both())


def test_a_public_site_may_not_redirect_into_the_internal_network(public: str) -> None:
    hops = Hops([redirect(b"http://127.0.0.2:PORT/")])

    seen = hops.check(public)

    assert seen.reason == "redirect to the internal address 127.0.0.2 not followed"
    assert hops.reached == [(public, public)]


def test_an_internal_site_may_redirect_within_the_internal_network() -> None:
    hops = Hops([redirect(b"http://127.0.0.2:PORT/"), page()])

    assert hops.check("127.0.0.1").status == "UP"
    assert [address for address, _ in hops.reached] == ["127.0.0.1", INTERNAL]


def test_a_site_configured_by_an_internal_name(public: str, names: Names) -> None:
    names.answers = {"intranet.example": [[INTERNAL]]}
    hops = Hops([page()])

    assert hops.check("intranet.example").status == "UP"
    assert hops.reached == [(INTERNAL, "intranet.example")]


def test_a_name_that_resolves_to_another_address_after_a_redirect(
    public: str, names: Names
) -> None:
    """Each hop has its own connection, whose address is judged."""
    names.answers = {"rebind.example": [[public], [INTERNAL]]}
    hops = Hops([redirect(b"/again")])

    seen = hops.check("rebind.example")

    assert seen.reason == "redirect to the internal address 127.0.0.2 not followed"
    assert hops.reached == [(public, "rebind.example")]


def test_a_name_is_resolved_once_for_a_hop(public: str, names: Names) -> None:
    """The name is not resolved again between the decision and the connection."""
    names.answers = {"rebind.example": [[public], [INTERNAL]]}
    hops = Hops([page()])

    assert hops.check("rebind.example").status == "UP"
    assert names.asked == ["rebind.example"]


def test_a_name_with_public_and_internal_addresses(public: str, names: Names) -> None:
    names.answers = {"mixed.example": [[INTERNAL, public], [INTERNAL]]}
    hops = Hops([redirect(b"/again")])

    seen = hops.check("mixed.example")

    assert hops.reached == [(public, "mixed.example")]
    assert seen.reason == "redirect to the internal address 127.0.0.2 not followed"


def test_redirect_by_an_internal_server_to_a_public_address_and_back(
    public: str, names: Names
) -> None:
    """An internal server that redirects to the same host name does not allow a way inside."""
    names.answers = {"rebind.example": [[INTERNAL], [public]]}
    hops = Hops([redirect(b"/https"), redirect(b"http://127.0.0.2:PORT/secret")])

    seen = hops.check("rebind.example")

    assert [address for address, _ in hops.reached] == [INTERNAL, public]
    assert seen.reason == "redirect to the internal address 127.0.0.2 not followed"


def test_a_name_with_an_address_that_does_not_answer(public: str, names: Names) -> None:
    names.answers = {"mixed.example": [["127.0.0.3", "::1", public]]}
    hops = Hops([page()])

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(guard, "is_internal", lambda address: False)
        assert hops.check("mixed.example").status == "UP"


def test_a_name_with_an_address_that_times_out(
    monkeypatch: pytest.MonkeyPatch, names: Names
) -> None:
    async def connect(sock: socket.socket, address: tuple[str, int]) -> None:
        if address[0] == "127.0.0.3":
            await asyncio.Event().wait()
        sock.setblocking(True)
        sock.connect(address)
        sock.setblocking(False)

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", staticmethod(connect))
    monkeypatch.setattr(connections, "ATTEMPT_DELAY", 0.01)
    names.answers = {"slow.example": [["127.0.0.3", "127.0.0.1"]]}

    assert Hops([page()]).check("slow.example", timeout=5).status == "UP"


def test_a_name_with_many_addresses(monkeypatch: pytest.MonkeyPatch, names: Names) -> None:
    async def connect(sock: socket.socket, address: tuple[str, int]) -> None:
        tried.append(address[0])
        raise ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed")

    tried: list[str] = []
    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", staticmethod(connect))
    many = [f"127.1.0.{number}" for number in range(200)]
    names.answers = {"many.example": [[*many[:9], "::1", *many[9:]]]}

    judge = Mock(wraps=guard.is_internal)
    monkeypatch.setattr(guard, "is_internal", judge)

    seen = Hops([]).check("many.example")

    assert seen.reason == "connection refused"
    assert judge.call_count == connections.MAX_ANSWERS
    assert tried == ["127.1.0.0", "::1", "127.1.0.1", "127.1.0.2"]


def test_a_name_without_addresses(names: Names) -> None:
    names.answers = {"empty.example": [[]]}

    assert Hops([]).check("empty.example").reason == "host name not resolved: no address"
