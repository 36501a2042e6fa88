"""Websites on this machine that can be made unreachable, slow, or answer with errors.

``curl -X PUT …/_outage`` breaks a website, ``curl -X DELETE …/_outage`` repairs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Self

from testbed.machine.host_address import LOOPBACK, HostAddress

OUTAGE_PATH = "/_outage"
DEFAULT_OUTAGE = HTTPStatus.SERVICE_UNAVAILABLE
_FINAL = frozenset(status for status in HTTPStatus if status >= 200)
_ERRORS = frozenset(status for status in HTTPStatus if status >= 400)


@dataclass(frozen=True)
class Page:
    """The page of a website.

    Parameters
    ----------
    expect
        Text in the body by which a check recognizes the page.
    """

    name: str
    content_type: str
    body: str
    expect: str


class LocalWebsite:
    """A website with one page, served on a free port until it is closed.

    Parameters
    ----------
    address
        The address to listen on, and the host name in its URL.
    """

    def __init__(self, page: Page, address: HostAddress = LOOPBACK) -> None:
        self.page = page
        self._address = address
        self._outage: HTTPStatus | None = None
        self._is_down = False
        self._delay = 0.0
        self._closed = Event()
        self._server = _Server((address.listen, 0), partial(_Handler, self))
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        """The page's URL for functions."""
        return self._url(self._address.name)

    @property
    def local_url(self) -> str:
        """The page's URL for programs on this machine."""
        return self._url(self._address.listen)

    def _url(self, host: str) -> str:
        return f"http://{host}:{self._server.server_address[1]}/"

    @property
    def outage(self) -> HTTPStatus | None:
        """The status that every request is answered with instead of the page, or None."""
        return self._outage

    def answers(self, status: int) -> None:
        """Answer every request with a status instead of the page.

        Raises
        ------
        ValueError
            If it is not a final status of HTTP, from 200 on.
        """
        if status not in _FINAL:
            raise ValueError(f"{status} is not a final HTTP status (200 or higher)")
        self._outage, self._is_down = HTTPStatus(status), False

    def down(self) -> None:
        """Close the connection of every request without an answer, as a crashed server does."""
        self._is_down = True

    def slow(self, seconds: float) -> None:
        """Delay every answer by a number of seconds."""
        self._delay = seconds

    def recovers(self) -> None:
        """Answer with the page again, without a delay."""
        self._outage, self._is_down, self._delay = None, False, 0.0

    def admits(self) -> bool:
        """Wait if the website is slow; return whether to answer the request."""
        if self._delay:
            self._closed.wait(self._delay)
        return not self._is_down

    def close(self) -> None:
        """Stop serving."""
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Do not print errors of clients that close the connection."""


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, website: LocalWebsite, *arguments: Any) -> None:
        self._website = website
        super().__init__(*arguments)  # which handles the request at once

    def do_GET(self) -> None:
        if not self._website.admits():
            self.close_connection = True
            return
        page, outage = self._website.page, self._website.outage
        if outage is None:
            self._answer(HTTPStatus.OK, page.body, page.content_type)
        else:
            self._answer(outage, f"{outage.phrase}\n")

    def do_PUT(self) -> None:
        """Break the website: answer with the status in the body, or with 503."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self._concerns_outage():
            try:
                self._break(int(body or DEFAULT_OUTAGE))
            except ValueError:
                self._answer(
                    HTTPStatus.BAD_REQUEST, "The body must be an HTTP error status, such as 503.\n"
                )
            else:
                self._answer(HTTPStatus.OK, f"{self._website.page.name} is broken.\n")

    def _break(self, status: int) -> None:
        if status not in _ERRORS:
            raise ValueError(f"{status} is not an HTTP error status")
        self._website.answers(status)

    def do_DELETE(self) -> None:
        """Repair the website."""
        if self._concerns_outage():
            self._website.recovers()
            self._answer(HTTPStatus.OK, f"{self._website.page.name} works.\n")

    def _concerns_outage(self) -> bool:
        if self.path == OUTAGE_PATH:
            return True
        self._answer(HTTPStatus.NOT_FOUND, f"Only {OUTAGE_PATH} can be changed.\n")
        return False

    def _answer(self, status: HTTPStatus, text: str, content_type: str = "text/plain") -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{content_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep no access log."""
