"""The process that hosts a testbed's websites until its LocalStack has stopped.

``python -m testbed.websites.hosting STATE LOCALSTACK`` takes commands as JSON over HTTP on
127.0.0.1. Each must have a secret, which only the owner of the state folder can read: neither web
pages nor other users of the machine can control the websites.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
import sys
from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from testbed.control.control_secret import HEADER
from testbed.errors import TestbedError, similar
from testbed.machine import ports
from testbed.machine.host_address import LOOPBACK, HostAddress
from testbed.websites import record as records
from testbed.websites.local_website import LocalWebsite
from testbed.websites.page import Page

_SECRET_BYTES = 32
_IDLE_LIMIT_SECONDS = 60.0


class Hosting:
    """The websites of one testbed, by their names.

    Parameters
    ----------
    address
        How functions reach this machine.
    """

    def __init__(self, address: HostAddress) -> None:
        self._address = address
        self._websites: dict[str, LocalWebsite] = {}
        self._lock = Lock()

    def perform(self, command: str, arguments: dict[str, Any]) -> list[dict[str, Any]]:
        """Perform a command, and return the description of each website that it concerns.

        Raises
        ------
        TestbedError
            If there is no website of a name, one exists already, or the port cannot be used.
        """
        with self._lock:
            match command:
                case "list":
                    return [_described(each) for each in self._websites.values()]
                case "add":
                    return [_described(self._add(**arguments))]
                case "remove":
                    return [_described(self._remove(**arguments))]
                case "down" | "slow" | "answers" | "recovers":
                    return [_described(self._change(command, **arguments))]
        raise ValueError(f"no command {command!r}")

    def close(self) -> None:
        """Close all websites."""
        with self._lock:
            for website in self._websites.values():
                website.close()

    def _get(self, name: str) -> LocalWebsite:
        if name not in self._websites:
            raise unknown(name, self._websites)
        return self._websites[name]

    def _add(self, name: str, content_type: str, body: str, port: int | None) -> LocalWebsite:
        if name in self._websites:
            raise TestbedError(
                f"There already is a website {name}, at {self._websites[name].url}",
                advice=f"Choose another name, or remove it first: testbed website remove {name}",
            )
        page = Page(name, content_type, base64.b64decode(body))
        try:
            website = LocalWebsite(page, self._address, port)
        except PermissionError as error:
            raise TestbedError(
                f"Only root can listen on port {port}.",
                advice="Choose a port from 1024 on, or leave out --port.",
            ) from error
        except OSError as error:
            if port is None:
                raise TestbedError(
                    f"The website cannot listen on {self._address.listen}: {error.strerror}."
                ) from error
            raise ports.taken(port) from error
        self._websites[name] = website
        return website

    def _change(self, command: str, name: str, **arguments: Any) -> LocalWebsite:
        website = self._get(name)
        try:
            getattr(website, command)(**arguments)
        except OSError as error:  # while it was down, its port was free for others
            raise TestbedError(
                f"{name} cannot listen at {website.local_url} again: {error.strerror}.",
                advice=f"Remove it, and add it again: testbed website remove {name}",
            ) from error
        return website

    def _remove(self, name: str) -> LocalWebsite:
        website = self._get(name)
        del self._websites[name]
        website.close()
        return website


def unknown(name: str, names: Iterable[str]) -> TestbedError:
    """Return the error that there is no website of a name, with what to do about it."""
    add = f"Add it with: testbed website add {name}"
    return TestbedError(
        f"There is no website {name}.", advice=similar(name, names, "websites") or add
    )


def _described(website: LocalWebsite) -> dict[str, Any]:
    return {
        "name": website.page.name,
        "url": website.url,
        "local_url": website.local_url,
        **asdict(website.behavior),
        "requests": website.requests,
    }


class _Handler(BaseHTTPRequestHandler):
    timeout = _IDLE_LIMIT_SECONDS

    def __init__(self, hosting: Hosting, secret: str, *arguments: Any) -> None:
        self._hosting = hosting
        self._secret = secret
        super().__init__(*arguments)  # which handles the request at once

    def do_POST(self) -> None:
        """Perform the command in the path, with the arguments in the body."""
        given = self.headers.get(HEADER, "")
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            self._answer(HTTPStatus.FORBIDDEN, {"message": "The secret is missing or wrong."})
            return
        arguments = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            websites = self._hosting.perform(self.path.removeprefix("/"), arguments)
        except TestbedError as error:
            answer = {"message": error.message, "advice": error.advice}
            self._answer(HTTPStatus.CONFLICT, answer)
        else:
            self._answer(HTTPStatus.OK, {"websites": websites})

    def _answer(self, status: HTTPStatus, answer: dict[str, Any]) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep no access log."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True


def serve(state: Path, localstack: dict[str, Any]) -> None:
    """Host websites, and return when LocalStack has stopped.

    It prints an empty line as soon as it takes commands.
    """
    running = records.running_of(localstack)
    hosting = Hosting(running.host_address)
    secret = secrets.token_hex(_SECRET_BYTES)
    server = _Server((LOOPBACK.listen, 0), partial(_Handler, hosting, secret))
    Thread(target=server.serve_forever, daemon=True).start()
    record = records.Record(server.server_address[1], secret, localstack)
    records.save(record, state)
    try:
        print(flush=True)
        # Nothing reads standard output from here on.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        running.await_end()
    finally:
        records.forget(record, state)
        hosting.close()


if __name__ == "__main__":
    if os.fork():
        os._exit(0)  # so that it is no child of the command that has started it
    os.chdir("/")  # the folder of the command may be deleted
    serve(Path(sys.argv[1]), json.loads(sys.argv[2]))
