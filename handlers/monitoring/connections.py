"""Connections for checks: allowed addresses, TLS, and limited reads.

All checks of a run share the event loop. So a connection reads small pieces, yields to other checks
before each read, and reads no more bytes than its budget.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from itertools import chain, zip_longest
from typing import Any, NamedTuple

from monitoring.guard import AddressGuard
from monitoring.urls import Url

READ_SIZE = 16_384
"""Bytes to read at a time."""

OVERHEAD = 256 * 1024
"""Bytes that a site may send in addition to the body: TLS handshake, headers, framing."""

MAX_ANSWERS = 32
"""Addresses of a host name to consider: a name server may return thousands."""

MAX_ADDRESSES = 4
"""Addresses of a host name to try."""

ATTEMPT_DELAY = 0.25
"""Seconds before the next address is tried in parallel (RFC 8305, "Happy Eyeballs")."""


class TooMuchOverhead(Exception):
    """A site sent far more bytes than those of the body."""


def trusting_system() -> ssl.SSLContext:
    """Return a TLS context that trusts the certificates that the system trusts.

    It has no finite-field Diffie-Hellman: a server may choose numbers so large that a handshake
    takes seconds of CPU time, while all other checks wait (CVE-2022-40735).

    Like browsers, and unlike Python 3.13, it does not require certificate extensions that many
    private authorities leave out (RFC 5280), nor support for RFC 5746 (no connection is
    renegotiated).
    """
    context = ssl.create_default_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.options |= ssl.OP_LEGACY_SERVER_CONNECT
    ciphers = (cipher for cipher in context.get_ciphers() if cipher["kea"] != "kx-dhe")
    context.set_ciphers(":".join(cipher["name"] for cipher in ciphers))
    context.set_alpn_protocols(["http/1.1"])
    return context


class _Address(NamedTuple):
    family: socket.AddressFamily
    address: Any


class Connection:
    """A connection to a website.

    Attributes
    ----------
    budget
        Bytes that may still arrive, including those of TLS. A reader of a body raises it.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = sock
        self._tls: ssl.SSLObject | None = None
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self.budget = OVERHEAD

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Do the TLS handshake, and encrypt from then on.

        Raises
        ------
        OSError
            If the handshake fails, or the certificate is not trusted.
        """
        # The trailing dot of an absolute name is not part of the name (RFC 6066, 3).
        name = host.removesuffix(".")
        tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        # The server chooses how much CPU time the handshake takes, so it runs in a thread.
        await self._encrypted(partial(asyncio.to_thread, tls.do_handshake))
        self._tls = tls

    async def send(self, data: bytes) -> None:
        """Send *data*, which must be short.

        Raises
        ------
        OSError
            If the connection breaks.
        """
        if self._tls is None:
            await self._loop.sock_sendall(self._socket, data)
        else:
            await self._encrypted(partial(_at_once, self._tls.write, data))

    async def receive(self) -> bytes:
        """Return at most ``READ_SIZE`` bytes; none at the end of the connection.

        Raises
        ------
        OSError
            If the connection breaks.
        TooMuchOverhead
            If the budget is used up.
        """
        if self._tls is None:
            return await self._read()
        try:
            return await self._encrypted(partial(_at_once, self._tls.read, READ_SIZE))
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return b""  # Many servers close a connection without a close_notify alert.

    async def _encrypted[T](self, call: Callable[[], Awaitable[T]]) -> T:
        """Call a method of the TLS object, and move its bytes to and from the socket."""
        while True:
            try:
                result = await call()
            except ssl.SSLWantReadError:
                await self._flush()
                if data := await self._read():
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                await self._flush()
                return result

    async def _flush(self) -> None:
        if data := self._outgoing.read():
            await self._loop.sock_sendall(self._socket, data)

    async def _read(self) -> bytes:
        await asyncio.sleep(0)  # With data available, sock_recv does not yield to other checks.
        data = await self._loop.sock_recv(self._socket, READ_SIZE)
        self.budget -= len(data)
        if self.budget < 0:
            raise TooMuchOverhead("too many bytes in addition to the body")
        return data


async def _at_once[**P, T](call: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    return call(*args, **options)


@contextlib.asynccontextmanager
async def connect(url: Url, guard: AddressGuard, tls: ssl.SSLContext) -> AsyncIterator[Connection]:
    """Connect to the server of *url*, at an address that *guard* allows.

    Raises
    ------
    OSError
        If the host name is not resolved, no address answers, or TLS fails.
    InternalAddress
        If the guard allows none of the addresses.
    """
    with await _first_connected(await _resolve(url, guard)) as sock:
        connection = Connection(sock)
        if url.scheme == "https":
            await connection.start_tls(tls, url.host)
        yield connection


async def _resolve(url: Url, guard: AddressGuard) -> list[_Address]:
    loop = asyncio.get_running_loop()
    # As bytes, because the codec that encodes international names in strings raises other errors.
    host = url.host.encode("ascii")
    found = {
        str(info[4][0]): _Address(info[0], info[4])
        for info in await loop.getaddrinfo(host, url.port, type=socket.SOCK_STREAM)
        if info[0] in (socket.AF_INET, socket.AF_INET6)
    }
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, "no address")
    selected = guard.select(list(found)[:MAX_ANSWERS])
    return _alternating([found[address] for address in selected])[:MAX_ADDRESSES]


def _alternating(addresses: Sequence[_Address]) -> list[_Address]:
    """Alternate between IPv4 and IPv6, so that one that is not routed does not use up the time.

    The first address, and the order within each family, are those of the resolver.
    """
    first = [address for address in addresses if address.family == addresses[0].family]
    second = [address for address in addresses if address.family != addresses[0].family]
    pairs = chain.from_iterable(zip_longest(first, second))
    return [address for address in pairs if address is not None]


async def _first_connected(addresses: Sequence[_Address]) -> socket.socket:
    """Try the addresses in order, the next one when one fails or takes long."""
    waiting = list(addresses)
    attempts: set[asyncio.Task[socket.socket]] = set()
    errors: list[BaseException] = []
    try:
        while waiting or attempts:
            if waiting:
                attempts.add(asyncio.create_task(_attempt(waiting.pop(0))))
            delay = ATTEMPT_DELAY if waiting else None
            done, _ = await asyncio.wait(
                attempts, timeout=delay, return_when=asyncio.FIRST_COMPLETED
            )
            for attempt in done:
                attempts.remove(attempt)
                error = attempt.exception()
                if error is None:
                    return attempt.result()
                errors.append(error)
        raise errors[0]
    finally:
        for attempt in attempts:
            attempt.cancel()
            attempt.add_done_callback(_discard)


async def _attempt(address: _Address) -> socket.socket:
    sock = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(sock, address.address)
    except BaseException:
        sock.close()
        raise
    return sock


def _discard(attempt: asyncio.Task[socket.socket]) -> None:
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()
