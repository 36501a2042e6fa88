"""Functions are debugged over the Debug Adapter Protocol."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from testbed.control.control_secret import ControlSecret
from testbed.control.debugging import Debugging
from testbed.control.endpoint import Endpoint
from testbed.debugger.relay import Occurrence, Relay
from testbed.emulators.debugger import ensure_debugger
from tests.debug_adapter import Ide
from tests.extension.control import CONTROL_SECRET
from tests.extension.lambda_functions import Function, FunctionFactory

LIMIT_SECONDS = 60.0

HANDLER = """\
import os

def handler(event, context):
    name = event["name"].title()
    return {"greeting": f"Hello {name}", "process": os.getpid()}
"""
STOP_LINE = 5


class Client:
    """What ``testbed debug`` does for a function, without the command line."""

    def __init__(self, endpoint: str, function: Function, source: Path, wait: bool) -> None:
        self.occurrences: queue.SimpleQueue[Occurrence] = queue.SimpleQueue()
        self._endpoint = Endpoint(endpoint, lambda: ControlSecret(CONTROL_SECRET, "the test"))
        self.relay = Relay(
            0,
            task_root=lambda: self.debugging.task_root() or "",
            local_root=str(source),
            report=self.occurrences.put,
        )
        self.debugging = Debugging(
            self._endpoint,
            function.arn,
            packages={Debugging.runtime(self._endpoint, function.arn): ensure_debugger(print)},
            port=self.relay.process_port,
            token=self.relay.secrets.token,
            proof=self.relay.secrets.proof,
            wait=wait,
        )

    def await_occurrence(self, expected: Occurrence) -> None:
        while self.occurrences.get(timeout=LIMIT_SECONDS) != expected:
            pass


@contextmanager
def debugging(
    endpoint: str, function: Function, source: Path, *, wait: bool = True
) -> Iterator[Client]:
    client = Client(endpoint, function, source, wait)
    try:
        with client.debugging:
            yield client
    finally:
        client.relay.close()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(HANDLER)
    return tmp_path


def test_breakpoint_holds_longer_than_the_timeout(
    functions: FunctionFactory, localstack_endpoint: str, source: Path
) -> None:
    function = functions(HANDLER, timeout=1)
    app = str(source / "app.py")

    with (
        ThreadPoolExecutor(1) as pool,
        debugging(localstack_endpoint, function, source) as client,
        Ide(client.relay.port) as ide,
    ):
        ide.attach({app: [STOP_LINE]})
        invocation = pool.submit(function.invoke, {"name": "ada"})
        frame = ide.stopped_frame()

        assert (frame["source"]["path"], frame["line"]) == (app, STOP_LINE)
        assert ide.variables(frame)["name"] == "'Ada'"

        ide.ask("evaluate", expression="__import__('time').sleep(1.2)", frameId=frame["id"])
        ide.resume(frame)
        result = invocation.result()

    assert (result.error, result.payload["greeting"]) == (None, "Hello Ada")
