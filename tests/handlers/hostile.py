"""Websites that answer with generated, mostly broken responses; the same number, the same answer.

A site is a path on a loopback server, ``/{number}``; most even numbers are served in plain
text, most odd ones with TLS. What a number answers is drawn by a generator that the number seeds.
"""

import asyncio
import contextlib
import random
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

CERTIFICATE = Path(__file__).parent / "tls" / "cert.pem"
KEY = Path(__file__).parent / "tls" / "key.pem"

HEALTHY = "healthy"
"""The path of a site that is up."""

TEXT = "Grüße aus dem Laden"
"""What pages of healthy sites hold."""

type Ending = Literal["close", "reset", "hang", "flood"]

_HEALTHY = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s"
    % (len(TEXT.encode()), TEXT.encode())
)
_NASTY = (
    b"\x00", b"\r", b"\n", b"\r\n", b"\x85", b"\x1b[31m", b"\xe2\x80\xae", b"\xff\xfe", b" ",
    b"\t", b";", b":", b",", b"=", b'"', b"%", b"-1", b"0x10", b"9" * 30, b"\xc3\x28", b"chunked",
    b"\xf0",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Script:
    """What a server does once it is asked: send the parts, then end."""

    parts: Sequence[bytes]
    ending: Ending

    @property
    def pauses(self) -> bool:
        """Whether the parts are to arrive one by one."""
        return 1 < len(self.parts) < 100


def script(number: int) -> Script:
    """What site *number* answers."""
    draw = random.Random(number)  # noqa: S311 (no secret)
    response = draw.choice(_FAMILIES)(draw)
    if draw.random() < 0.3:
        response = _mutated(draw, response)
    ending: Ending = draw.choices(("close", "reset", "hang", "flood"), (6, 3, 1, 1))[0]
    if draw.random() < 0.2:
        response = response[: draw.randrange(len(response) + 1)]
    if draw.random() < 0.3:
        cuts = sorted(draw.randrange(len(response) + 1) for _ in range(draw.randrange(1, 9)))
        bounds = [0, *cuts, len(response)]
        parts = [response[a:b] for a, b in pairwise(bounds)]
    else:
        parts = [response]
    return Script(parts, ending)


def resolver(lookup: Callable[..., Any]) -> Callable[..., Any]:
    """Name servers of attackers in place of *lookup*, which then sees IP addresses only."""
    draw = random.Random(0)  # noqa: S311 (no secret)

    def getaddrinfo(host: bytes | str, port: int, *args: int, **options: int) -> Any:
        with contextlib.suppress(socket.gaierror):
            return lookup(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        answers = draw.choice(_DNS_ANSWERS)
        if isinstance(answers, Exception):
            raise answers
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, port, 0, 0) if ":" in address else (address, port),
            )
            for address in answers
        ]

    return getaddrinfo


_DNS_ANSWERS: tuple[Sequence[str] | Exception, ...] = (
    [],
    ["10.0.0.1"],
    ["127.0.0.2", "::1", "fe80::1%lo", "169.254.169.254"],
    [f"10.0.{number // 250}.{number % 250}" for number in range(2000)],
    ["127.0.0.1"] * 100,
    socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
)


# Families of responses


def _mutated(draw: random.Random, response: bytes) -> bytes:
    """Change a few places of a response, mostly of its head."""
    changed = bytearray(response)
    for _ in range(draw.randrange(1, 6)):
        end = max(1, changed.find(b"\r\n\r\n")) if draw.random() < 0.7 else len(changed)
        at = draw.randrange(end + 1)
        match draw.randrange(4):
            case 0:
                changed[at:at] = draw.choice(_NASTY)
            case 1:
                del changed[at : at + draw.randrange(1, 8)]
            case 2:
                changed[at : at + 1] = bytes([draw.randrange(256)])
            case _:
                changed[at:at] = changed[at : at + draw.randrange(1, 40)] * draw.randrange(1, 20)
    return bytes(changed)


def _head(draw: random.Random, *fields: bytes, status: bytes = b"200 OK") -> bytes:
    common = [b"Server: x", b"Date: today", b"Content-Type: text/html; charset=utf-8"]
    lines = [*draw.sample(common, draw.randrange(4)), *fields]
    draw.shuffle(lines)
    return b"HTTP/1.1 " + status + b"\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def _page(draw: random.Random) -> bytes:
    body = TEXT.encode() * draw.choice((0, 1, 2, 500))
    return _head(draw, b"Content-Length: %d" % len(body)) + body


def _statuses(draw: random.Random) -> bytes:
    codes = (
        b"200", b"204", b"304", b"101", b"099", b"000", b"600", b"999", b"1000", b"-20", b"2 0",
    )  # fmt: skip
    return _head(draw, b"Content-Length: 2", status=draw.choice(codes) + b" What\x1b") + b"ok"


def _lengths(draw: random.Random) -> bytes:
    lengths = (
        b"0", b"1", b"4", b"-1", b"+2", b"0x2", b"2, 2", b"2, 3", b"9" * 18, b"9" * 5000, b"",
        b"2_0",
    )  # fmt: skip
    fields = [b"Content-Length: " + draw.choice(lengths) for _ in range(draw.choice((1, 1, 2, 50)))]
    if draw.random() < 0.3:
        fields.append(
            b"Transfer-Encoding: "
            + draw.choice((b"chunked", b"gzip, chunked", b"identity", b"CHUNKED"))
        )
    return _head(draw, *fields) + b"ok" * draw.choice((0, 1, 2000))


def _chunks(draw: random.Random) -> bytes:
    sizes = (
        b"1", b"01", b"1;a=b", b"1;" + b"x" * 5000, b"1 ", b"g", b"-1", b"", b"F" * 16,
        b"1" * 400, b"0x1", b"2",
    )  # fmt: skip
    body = b"".join(
        (draw.choice(sizes) if draw.random() < 0.2 else b"1") + b"\r\nx\r\n"
        for _ in range(draw.choice((1, 10, 1000, 40_000)))
    )
    trailers = draw.choice((b"", b"X: y\r\n", b"X" * 70_000, b"X: y\r\n" * 9000))
    return _head(draw, b"Transfer-Encoding: chunked") + body + b"0\r\n" + trailers + b"\r\n"


def _bombs(draw: random.Random) -> bytes:
    """Heads that are large, or take some parsers quadratic time."""
    size = draw.choice((100, 4000, 30_000, 60_000, 95_000, 300_000))
    bombs = (
        b"X: " + b"x" * size, b"X" * size + b": x", b"X:" + b" " * size + b"\0",
        b"X:" + b" \t" * (size // 2) + b"\x85", b"X: " + b"a " * (size // 2) + b"\0",
        b"X: a" + b"\r\n " * (size // 3), b"X: y\r\n" * (size // 6) + b"X: y",
        b": \r\n" * (size // 4), b"Set-Cookie: " + b"a=b;" * (size // 4),
        b"Set-Cookie: a=b; expires=" + b"1-" * (size // 2),
        b"Content-Type: text/html" + b";" * size,
        b"Content-Type: text/html; " + b'charset="' * (size // 9),
        b"Content-Type: text/html;" + b" " * size + b"charset=utf-8",
        b"Content-Length: " + b"1," * (size // 2) + b"1",
        b"Transfer-Encoding: " + b"chunked, " * (size // 9) + b"chunked",
        b"Content-Encoding: " + b"gzip, " * (size // 6) + b"gzip",
        b"Location: /" + b"../" * (size // 3),
    )  # fmt: skip
    status = draw.choice((b"200 OK", b"302 Found", b"200 " + b"O" * size))
    return _head(draw, draw.choice(bombs), status=status) + b"ok"


def _charsets(draw: random.Random) -> bytes:
    values = (
        b"charset*=x; charset*0=y", b"charset*0*=utf-8''a; charset*1=b",
        b"charset=" + b"x" * 5000, b"charset=idna", b"charset=punycode", b"charset=zip",
        b"charset=utf-16le", b"charset=\xff", b"charset=undefined", b"charset=../../etc/passwd",
        b"charset=mbcs", b"charset=utf-7", b"charset=\"", b"charset=iso-8859-99",
        b"charset=unicode_escape", b"CHARSET = 'UTF-8'", b"charset*x*=%%", b"charset",
    )  # fmt: skip
    return _head(draw, b"Content-Type: text/html; " + draw.choice(values)) + TEXT.encode()


def _redirects(draw: random.Random) -> bytes:
    places = (
        b"/%d" % draw.randrange(10**9), b"//", b"///", b"", b"?", b"#", b"http:", b"http://",
        b"https:///x", b"http://127.0.0.1:1/", b"http://127.0.0.1:99999/",
        b"http://127.0.0.1:-1/", b"http://127.0.0.1:0/", b"http://127.1/", b"http://0x7f000002/",
        b"http://2130706434/", b"http://0177.0.0.2/", b"http://0/",
        b"http://169.254.169.254/latest/meta-data/", b"http://[::ffff:169.254.169.254]/",
        b"http://[::1]/", b"http://[fe80::1%25lo]/", b"http://[::1", b"http://]/",
        b"http://[v1.x]/", b"http://[64:ff9b::7f00:1]/", b"http://user:secret@127.0.0.2/",
        b"http://a.example@127.0.0.2/", b"http://a.example\\@127.0.0.2/", b"file:///etc/passwd",
        b"ftp://a.example/", b"gopher://a.example/", b"javascript:alert(1)", b"data:,x",
        b"http://" + b"a" * 2000 + b".example/", b"http://" + b"a." * 900, b"http://a..example/",
        b"http://.a/", b"/" + b"x" * 70_000, b"/" + b"../" * 600, b"/%zz%00%0d%0aX: y",
        b"/a b\tc", "/grüße?ä=ö".encode(), "http://grüße.example/".encode(),
        b"http://xn--zzzzzz.example/", "http://\u202e.example/".encode(),
        "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/".encode(), "http://127。0。0。2/".encode(),
        ("http://" + "ü" * 200 + "/").encode(), b"http://rebind.example/",
        b"https://rebind.example/", b"http://rebind.example./", b"\xff\xfe", b"http://\xff/",
        b"HTTP://REBIND.EXAMPLE/", b"http://%31%32%37.0.0.1/", b"http://a.example:80:80/",
        b"https://127.0.0.1:1/",
    )  # fmt: skip
    fields = [b"Location: " + draw.choice(places) for _ in range(draw.choice((1, 1, 1, 2)))]
    status = b"%d Moved" % draw.choice((301, 302, 303, 307, 308, 300, 304, 200))
    return _head(draw, *fields, status=status) + b"x" * draw.choice((0, 5, 100_000))


def _informational(draw: random.Random) -> bytes:
    one = draw.choice(
        (
            b"HTTP/1.1 100 \r\n\r\n",
            b"HTTP/1.1 103 Early\r\nLink: </x>\r\n\r\n",
            b"HTTP/1.1 199 x\n\n",
        )
    )
    return one * draw.choice((1, 5, 9, 20_000)) + _page(draw)


def _compressed(draw: random.Random) -> bytes:
    coding = draw.choice((b"gzip", b"br", b"deflate, gzip", b"zstd", b"\x1b[2J", b"gzip," * 500))
    return _head(draw, b"Content-Encoding: " + coding) + b"\x1f\x8b\x08\x00" + b"\x00\xff" * 2000


def _noise(draw: random.Random) -> bytes:
    other = (
        b"", b"\n", b"\r\n\r\n", b"SSH-2.0-OpenSSH\r\n", b"220 ESMTP\r\n", b"ICY 200 OK\r\n\r\n",
        b"HTTP/2 200\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00\x00\x12\x04\x00" * 50,
        b"<html>", b"HTTP/0.9\r\n\r\n", b"HTTP/1.1", b"\x15\x03\x03\x00\x02\x02\x28",
        b"\x16\x03\x03\x40\x00" + b"\x02" * 20_000, b"GET / HTTP/1.1\r\n\r\n",
    )  # fmt: skip
    return draw.choice((*other, draw.randbytes(draw.choice((1, 100, 100_000)))))


_FAMILIES = (
    _page, _statuses, _lengths, _chunks, _bombs, _bombs, _charsets, _redirects, _redirects,
    _informational, _compressed, _noise,
)  # fmt: skip


# Serving them


class HostileServer:
    """Serves the sites from a thread.

    Attributes
    ----------
    port, tls_port
        Where they are served in plain text, and with TLS.
    reset_port
        Where connections are accepted and reset.
    """

    def __init__(self) -> None:
        self.port = self.tls_port = self.reset_port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="hostile-server")

    @property
    def thread(self) -> int | None:
        """The identity of the thread that serves."""
        return self._thread.ident

    def url(self, number: int | str) -> str:
        """The address of a site."""
        if isinstance(number, str):
            return f"http://127.0.0.1:{self.port}/{number}"
        scheme, port = ("https", self.tls_port) if number % 2 else ("http", self.port)
        # Some servers reset every connection, and some speak no TLS at the port for it.
        if number % 20 == 0:
            port = self.reset_port
        elif number % 5 == 0:
            port = self.port
        return f"{scheme}://127.0.0.1:{port}/{number}"

    def _run(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.set_exception_handler(lambda loop, context: None)
            self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(CERTIFICATE, KEY)
        plain = await asyncio.start_server(self._answer, "127.0.0.1", 0, backlog=1024)
        encrypted = await asyncio.start_server(
            self._answer, "127.0.0.1", 0, backlog=1024, ssl=tls, ssl_shutdown_timeout=0.1
        )
        resetting = await asyncio.start_server(_reset, "127.0.0.1", 0, backlog=1024)
        servers = (plain, encrypted, resetting)
        ports = (server.sockets[0].getsockname()[1] for server in servers)
        self.port, self.tls_port, self.reset_port = ports
        self._ready.set()
        await self._stop.wait()
        for server in servers:
            server.close()
            server.abort_clients()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            path = (await reader.readuntil(b"\n")).split(b" ")[1:2]
            name = path[0][1:].decode("latin-1") if path else ""
            if name == HEALTHY:
                await _play(Script([_HEALTHY], "close"), reader, writer)
            else:
                await _play(script(int(name) if name.isdecimal() else 1), reader, writer)
        writer.transport.abort()


async def _reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _play(script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for part in script.parts:
        writer.write(part)
        await writer.drain()
        if script.pauses:
            await asyncio.sleep(0.001)  # the parts must not be joined on their way
    match script.ending:
        case "close":
            writer.close()
            await writer.wait_closed()
        case "reset":
            await _reset(reader, writer)
        case "hang":
            await reader.read()
        case "flood":
            while True:
                writer.write(script.parts[-1] * 10 or b"x")
                await writer.drain()
                await asyncio.sleep(0)


@contextlib.contextmanager
def hostile_server() -> Iterator[HostileServer]:
    """Run a server."""
    server = HostileServer()
    server._thread.start()
    server._ready.wait(10)
    yield server
    server._loop.call_soon_threadsafe(server._stop.set)
    server._thread.join(10)
