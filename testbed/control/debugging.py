"""Client of the emulator's endpoint that starts and ends the debugging of a function."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from testbed.control.endpoint import Endpoint, LacksFeatureError, json_object, lacks_endpoint
from testbed.errors import TestbedError
from testbed.machine.ports import HOST

_PATH = "/_testbed/debug"


class Debugging:
    """The debugging of a function; as a context manager, it lasts as long as the block.

    It also ends when this process exits, because LocalStack holds a connection to it.

    Parameters
    ----------
    function_arn
        The unqualified ARN of the function.
    packages
        By runtime, such as ``python3.13``, the folder with debugpy.
    port
        The port to which the function's process connects.
    token
        What the process requires from the other side.
    proof
        What the process presents.
    wait
        Whether each new process waits for a debugger before it loads the function.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        function_arn: str,
        *,
        packages: Mapping[str, Path],
        port: int,
        token: str,
        proof: str,
        wait: bool,
    ) -> None:
        self._endpoint = endpoint
        self._arn = function_arn
        self._request = {
            "packages": {runtime: str(folder) for runtime, folder in packages.items()},
            "port": port,
            "token": token,
            "proof": proof,
            "wait": wait,
        }
        self._listener: socket.socket | None = None

    def begin(self) -> None:
        """Begin.

        Raises
        ------
        TestbedError
            If the function is already being debugged or cannot be, or the emulator does not answer.
        """
        self._listener = socket.create_server((HOST, 0))
        try:
            port = self._listener.getsockname()[1]
            _send(
                self._endpoint,
                "PUT",
                f"{_PATH}/{self._arn}",
                {**self._request, "lifeline_port": port},
            )
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        self.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        try:
            _send(self._endpoint, "DELETE", f"{_PATH}/{self._arn}")
        except TestbedError:
            # The emulator has stopped, or ended it itself.
            return

    def close(self) -> None:
        """Close LocalStack's connection to this process, as its exit does."""
        if self._listener is not None:
            self._listener.close()

    @staticmethod
    def runtime(endpoint: Endpoint, function_arn: str) -> str:
        """Return the runtime that executes a function here, such as ``python3.13``.

        Raises
        ------
        TestbedError
            If the function cannot be debugged, or the emulator does not answer.
        """
        return str(_send(endpoint, "GET", f"{_PATH}/{function_arn}")["runtime"])

    def start_process(self) -> None:
        """Start a process for the next invocation, unless there is one."""
        _send(self._endpoint, "POST", f"{_PATH}/{self._arn}/environment")

    def task_root(self) -> str | None:
        """Return the folder of the code as the process sees it; None if none has started."""
        root: str | None = _send(self._endpoint, "GET", f"{_PATH}/{self._arn}")["task_root"]
        return root


def _send(endpoint: Endpoint, method: str, path: str, body: object = None) -> dict[str, Any]:
    response = endpoint.send(method, path, body=body)
    answer = json_object(response)
    if response.ok and answer is not None:
        return answer
    if "message" in (answer or {}):
        raise TestbedError(f"The function cannot be debugged: {(answer or {})['message']}.")
    if lacks_endpoint(response):
        raise LacksFeatureError(
            f"The emulator at {endpoint.url} cannot debug functions.",
            advice="Use the LocalStack of `testbed up`.",
        )
    raise endpoint.unexpected(method, path, response)
