"""A small client of the Debug Adapter Protocol, which stands in for an IDE.

https://microsoft.github.io/debug-adapter-protocol/specification
"""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from testbed.debugger.messages import Message, encode, read_message, request
from testbed.machine.ports import HOST

LIMIT_SECONDS = 60.0


class Ide:
    """An IDE that is connected to a port."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((HOST, port), LIMIT_SECONDS)
        self._socket.settimeout(None)
        self._received: queue.Queue[Message | None] = queue.Queue()
        self._kept: list[Message] = []
        self._sequence = 0
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection without saying so, like an IDE that is killed."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def send(self, command: str, **arguments: Any) -> int:
        """Send a request, and return its number."""
        self._sequence += 1
        self._socket.sendall(encode(request(self._sequence, command, arguments)))
        return self._sequence

    def ask(self, command: str, **arguments: Any) -> Message:
        """Send a request, and return the body of its response."""
        return self.answer(self.send(command, **arguments))

    def answer(self, number: int) -> Message:
        """Wait for the response to a request, and return its body."""
        found = self._await(lambda each: each.get("request_seq") == number)
        assert found["success"], found
        body: Message = found.get("body") or {}
        return body

    def event(self, name: str) -> Message:
        """Wait for the next event with a name, and return its body."""
        body: Message = self._await(lambda each: each.get("event") == name).get("body") or {}
        return body

    def attach(self, breakpoints: dict[str, list[int]], **arguments: Any) -> None:
        """Attach as VS Code does, with breakpoints at the lines of source files."""
        self.ask("initialize", adapterID="debugpy", clientID="vscode", pathFormat="path")
        attached = self.send("attach", **arguments)
        self.event("initialized")
        for path, lines in breakpoints.items():
            found = self.ask(
                "setBreakpoints",
                source={"path": path},
                breakpoints=[{"line": line} for line in lines],
            )
            assert all(each["verified"] for each in found["breakpoints"]), found
        self.ask("configurationDone")
        self.answer(attached)

    def stopped_frame(self) -> Message:
        """Wait until a thread stops, and return its innermost frame with ``threadId`` added."""
        thread = self.event("stopped")["threadId"]
        frame: Message = self.ask("stackTrace", threadId=thread)["stackFrames"][0]
        return frame | {"threadId": thread}

    def variables(self, frame: Message) -> dict[str, str]:
        """Return the local variables of a frame."""
        scopes = self.ask("scopes", frameId=frame["id"])["scopes"]
        reference = scopes[0]["variablesReference"]
        found = self.ask("variables", variablesReference=reference)["variables"]
        return {each["name"]: each["value"] for each in found}

    def resume(self, frame: Message) -> None:
        """Let a stopped thread continue."""
        self.ask("continue", threadId=frame["threadId"])

    def _await(self, condition: Callable[[Message], bool]) -> Message:
        for message in self._kept:
            if condition(message):
                self._kept.remove(message)
                return message
        while True:
            received = self._received.get(timeout=LIMIT_SECONDS)
            assert received is not None, "the connection was closed"
            if condition(received):
                return received
            self._kept.append(received)

    def _read(self) -> None:
        try:
            with self._socket.makefile("rb") as stream:
                while message := read_message(stream):
                    self._received.put(message)
        except (OSError, ValueError):
            pass
        self._received.put(None)
