"""The Lambda Runtime API, served on the loopback interface for one runtime process.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

A web page could find the port, receive the function's events and respond in its place. Therefore
requests whose Host is not the address (DNS rebinding) are rejected, and requests with a header that
only browsers send: https://www.w3.org/TR/fetch-metadata/
"""

import json
import queue
import socket
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

VERSION = "/2018-06-01/runtime"

_SENT_BY_BROWSERS = {"origin", "referer", "sec-fetch-site"}

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6 MB, and 100 bytes more
# according to Lambda's error message.
RESPONSE_LIMIT = 6 * 1024 * 1024 + 100


@dataclass(frozen=True)
class Invocation:
    """An event for the runtime. ``deadline`` is in milliseconds since the epoch."""

    request_id: str
    function_arn: str
    payload: bytes
    deadline: int
    trace_id: str
    client_context: str | None = None


@dataclass(frozen=True)
class Ready:
    """The runtime requests its next event."""


@dataclass(frozen=True)
class InitializationFailed:
    """The runtime reports that the function could not be loaded."""

    payload: bytes
    error_type: str


@dataclass(frozen=True)
class Succeeded:
    payload: bytes


@dataclass(frozen=True)
class Failed:
    payload: bytes
    error_type: str


@dataclass(frozen=True)
class ResponseTooLarge:
    size: int


type RuntimeEvent = Ready | InitializationFailed | Succeeded | Failed | ResponseTooLarge


@dataclass(frozen=True)
class _Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class RuntimeApi:
    """Serves one runtime process, and passes each of its calls to ``report``, in order.

    Responses are sent in one write: headers and body in two would be delayed by 40 ms (Nagle's
    algorithm and delayed acknowledgement).
    """

    def __init__(self, report: Callable[[RuntimeEvent], None]) -> None:
        self._report = report
        self._invocations: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._current: str | None = None
        self._closed = False
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self._server.getsockname())
        threading.Thread(target=self._accept, name="lambda-runtime-api", daemon=True).start()

    def send(self, invocation: Invocation) -> None:
        """Answer the runtime's current or next request for an event."""
        self._current = invocation.request_id
        self._invocations.put(invocation)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._invocations.put(None)
        # Wakes up the accepting thread; closing the socket does not, on some systems.
        socket.create_connection(self._server.getsockname()).close()

    def _accept(self) -> None:
        with self._server:
            while True:
                connection, address = self._server.accept()
                if self._closed:
                    connection.close()
                    return
                arguments = (connection, address, self)
                threading.Thread(
                    target=_Connection, args=arguments, name="lambda-runtime-api", daemon=True
                ).start()

    def answer(self, request: _Request) -> bytes | None:
        """Return the response to a request, or None to close the connection."""
        is_foreign = request.headers.get("host") != self.address
        if is_foreign or _SENT_BY_BROWSERS & request.headers.keys():
            return _response(403, _error("Forbidden", "Only the function's runtime may call this."))
        path = request.path.removeprefix(VERSION)
        if request.method == "GET" and path == "/invocation/next":
            self._report(Ready())
            invocation = self._invocations.get()
            return None if invocation is None else _event(invocation)
        if request.method != "POST":
            return _response(404, _error("InvalidPath", f"No such path: {request.path}"))
        error_type = request.headers.get("lambda-runtime-function-error-type", "Runtime.Unknown")
        if path == "/init/error":
            self._report(InitializationFailed(request.body, error_type))
            return _response(202, b'{"status":"OK"}')
        request_id, _, kind = path.removeprefix("/invocation/").partition("/")
        if request_id != self._current or kind not in ("response", "error"):
            return _response(400, _error("InvalidRequestID", "Invalid request ID"))
        self._current = None
        if kind == "error":
            self._report(Failed(request.body, error_type))
            return _response(202, b'{"status":"OK"}')
        if len(request.body) > RESPONSE_LIMIT:
            self._report(ResponseTooLarge(len(request.body)))
            return _response(413, _error("RequestEntityTooLarge", too_large(len(request.body))))
        self._report(Succeeded(request.body))
        return _response(202, b'{"status":"OK"}')


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self) -> None:
        api = cast(RuntimeApi, self.server)
        try:
            while request := self._read():
                response = api.answer(request)
                if response is None:
                    return
                self.wfile.write(response)
        except (ConnectionError, ValueError):
            return

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def _read(self) -> _Request | None:
        line = self.rfile.readline().decode("latin-1").split()
        if len(line) != 3:
            return None
        headers: dict[str, str] = {}
        while (header := self.rfile.readline().decode("latin-1").strip()) != "":
            name, _, value = header.partition(":")
            headers[name.strip().lower()] = value.strip()
        if headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self.rfile.read(int(headers.get("content-length", "0")))
        return _Request(line[0], line[1], headers, body)


def too_large(size: int) -> str:
    return (
        f"Response payload size ({size} bytes) exceeded maximum allowed payload size "
        f"({RESPONSE_LIMIT} bytes)."
    )


def _event(invocation: Invocation) -> bytes:
    headers = {
        "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
        "Lambda-Runtime-Deadline-Ms": str(invocation.deadline),
        "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
        "Lambda-Runtime-Trace-Id": invocation.trace_id,
    }
    if invocation.client_context:
        headers["Lambda-Runtime-Client-Context"] = invocation.client_context
    return _response(200, invocation.payload, headers)


def _error(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


def _response(status: int, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} {REASONS[status]}", "Content-Type: application/json"]
    lines.append(f"Content-Length: {len(body)}")
    lines.extend(f"{name}: {value}" for name, value in (headers or {}).items())
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


REASONS = {
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    413: "Payload Too Large",
}
