"""Websites on loopback for the monitor to check."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WAIT_LIMIT = 10.0
"""Seconds that something may take to happen before a test fails rather than hangs."""


class Web:
    """Websites at paths of one loopback server; what they answer is up to the test."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}
        self.raw: dict[str, bytes] = {}
        self.held: dict[str, threading.Event] = {}
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.strip("/")
                if name in web.held:
                    web.held[name].wait(WAIT_LIMIT)
                if name in web.raw:
                    self.wfile.write(web.raw[name])
                    return
                self.send_response(web.codes.get(name, 200))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def sites(self, *names: str, more: str = "") -> bytes:
        port = self.server.server_port
        entries = (
            f"{{name: {name}, url: 'http://127.0.0.1:{port}/{name}'{more}}}" for name in names
        )
        return f"sites: [{', '.join(entries)}]".encode()
