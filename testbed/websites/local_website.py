"""A website on this machine that can be down, slow, or answer with a status of one's choice."""

from __future__ import annotations

import contextlib
import socket
import time
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Lock, Thread
from typing import Any, Self

from testbed.machine import ports
from testbed.machine.host_address import LOOPBACK, HostAddress
from testbed.websites.page import Behavior, Page, check_status, phrase

# A response with one of these has no body. https://www.rfc-editor.org/rfc/rfc9110#section-6.4.1
_BODILESS = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
_IDLE_LIMIT_SECONDS = 60.0
_CHUNK_BYTES = 1 << 16
_POLL_SECONDS = 0.05
_PORT_ATTEMPTS = 10


class LocalWebsite:
    """A website with one page, which it shows at every path until it is closed.

    Parameters
    ----------
    address
        The address to listen on, and the host name in its URL.
    port
        The port to listen on; by default a free one.

    Raises
    ------
    OSError
        If it cannot listen on the port.
    """

    def __init__(
        self, page: Page, address: HostAddress = LOOPBACK, port: int | None = None
    ) -> None:
        self.page = page
        self._address = address
        self._behavior = Behavior()
        self._requests = 0
        self._closed = False
        self._changed = Condition()
        self._changing = Lock()
        self._server: _Server | None = None
        # Holds the port while nothing listens on it.
        self._bound: socket.socket | None = self._bind(port)
        self._port: int = self._bound.getsockname()[1]
        self._listen()

    @property
    def url(self) -> str:
        """The page's URL for functions."""
        return f"http://{self._address.name}:{self._port}/"

    @property
    def local_url(self) -> str:
        """The page's URL for programs on this machine."""
        return f"http://{self._address.listen}:{self._port}/"

    @property
    def behavior(self) -> Behavior:
        """How it answers requests."""
        return self._behavior

    @property
    def requests(self) -> int:
        """The number of requests so far, without connections that were refused."""
        return self._requests

    def down(self) -> None:
        """Refuse connections and drop the open ones, as when the web server has stopped."""
        self._become(Behavior(down=True))

    def slow(self, seconds: float) -> None:
        """Delay every answer by a number of seconds."""
        self._become(Behavior(slow=seconds, answers=self._behavior.answers))

    def answers(self, status: int) -> None:
        """Answer every request with a status instead of the page.

        Raises
        ------
        ValueError
            If it is not the status of a final response, from 200 to 599.
        """
        check_status(status)
        self._become(Behavior(slow=self._behavior.slow, answers=status))

    def recovers(self) -> None:
        """Answer with the page again, without a delay."""
        self._become(Behavior())

    def close(self) -> None:
        """Stop serving."""
        with self._changing:
            self._closed = True
            self._notify()
            self._stop_listening()

    def begin(self) -> Behavior | None:
        """Count a request and wait as long as the website is slow.

        Returns
        -------
        Behavior | None
            How to answer now, or None to close the connection.
        """
        began = time.monotonic()
        with self._changed:
            self._requests += 1
            while not self._is_gone():
                rest = began + self._behavior.slow - time.monotonic()
                if rest <= 0:
                    return self._behavior
                self._changed.wait(rest)
        return None

    def _is_gone(self) -> bool:
        return self._closed or self._behavior.down

    def _become(self, behavior: Behavior) -> None:
        with self._changing:
            if self._closed:
                return
            self._behavior = behavior
            self._notify()
            if behavior.down and self._server is not None:
                self._stop_listening()
                with contextlib.suppress(OSError):  # another program was faster
                    self._bound = self._bind(self._port)
            elif not behavior.down and self._server is None:
                self._listen()

    def _notify(self) -> None:
        """Wake the requests that wait, so that each is answered as it is now."""
        with self._changed:
            self._changed.notify_all()

    def _bind(self, port: int | None) -> socket.socket:
        """Reserve a port. Connections to it are refused until a server listens."""
        for attempt in range(_PORT_ATTEMPTS):
            chosen = ports.random_free_port() if port is None else port
            bound = socket.socket()
            # Connections that were just closed do not prevent it.
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                bound.bind((self._address.listen, chosen))
            except OSError:
                bound.close()
                if port is not None or attempt == _PORT_ATTEMPTS - 1:
                    raise
            else:
                return bound
        raise AssertionError("the last attempt returns or raises")

    def _listen(self) -> None:
        bound = self._bound or self._bind(self._port)
        self._bound = None
        try:
            self._server = _Server(bound, partial(_Handler, self))
        except OSError:
            bound.close()
            raise
        Thread(target=self._server.serve_forever, args=(_POLL_SECONDS,), daemon=True).start()

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        if self._bound is not None:
            self._bound.close()
        self._server = self._bound = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, bound: socket.socket, handler: Any) -> None:
        super().__init__(bound.getsockname(), handler, bind_and_activate=False)
        self.socket.close()
        self.socket = bound
        self.server_activate()

    def handle_error(self, request: object, client_address: object) -> None:
        """Do not print errors of clients that close the connection."""


class _Handler(BaseHTTPRequestHandler):
    timeout = _IDLE_LIMIT_SECONDS

    def __init__(self, website: LocalWebsite, *arguments: Any) -> None:
        self._website = website
        super().__init__(*arguments)  # which handles the request at once

    def do_GET(self) -> None:
        """Answer a request, whatever its method is."""
        self._discard_body()
        behavior = self._website.begin()
        if behavior is None:
            self.close_connection = True
        elif behavior.answers is None:
            page = self._website.page
            self._answer(HTTPStatus.OK, page.body, page.content_type)
        else:
            text = f"{phrase(behavior.answers)}\n"
            self._answer(behavior.answers, text.encode(), "text/plain; charset=utf-8")

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET

    def _discard_body(self) -> None:
        # If it were not read, the kernel would reset the connection, with the answer on its way.
        length = self.headers.get("Content-Length", "")
        rest = int(length) if length.isdecimal() else 0
        while rest > 0 and (chunk := self.rfile.read(min(rest, _CHUNK_BYTES))):
            rest -= len(chunk)

    def _answer(self, status: int, content: bytes, content_type: str) -> None:
        self.send_response(status)
        if status in _BODILESS:
            content = b""
        else:
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep no access log."""
