"""Functions are debugged over the Debug Adapter Protocol."""

from __future__ import annotations

import queue
import socket
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config

from testbed.control.control_secret import ControlSecret
from testbed.control.debugging import Debugging
from testbed.control.endpoint import Endpoint
from testbed.debugger.messages import Message, encode, read_message, request
from testbed.debugger.relay import TASK_ROOT, Occurrence, Relay
from testbed.emulators.debugger import ensure_debugger
from testbed.errors import TestbedError
from testbed.machine.ports import HOST
from testbed.machine.waiting import until
from tests.debug_adapter import Ide
from tests.extension.conftest import Clients, LocalStack
from tests.extension.control import CONTROL_SECRET
from tests.extension.lambda_functions import Function, FunctionFactory
from tests.extension.scheduling import Queue

LIMIT_SECONDS = 60.0
# Longer than the timeouts in these tests, which are one second.
PASSED_LIMIT_SECONDS = 10.0

CHANGES = ("PUT", "DELETE")

HANDLER = """\
import time

LOADED = time.monotonic()
count = 0

def handler(event, context):
    global count
    count += 1
    started = time.monotonic()
    return {"count": count, "remaining": context.get_remaining_time_in_millis()}
"""
INIT_LINE = 4
STOP_LINE = 10


class Client:
    """What ``testbed debug`` does for a function, without the command line."""

    def __init__(self, endpoint: str, function: Function, source: Path, wait: bool) -> None:
        self.occurrences: queue.SimpleQueue[Occurrence] = queue.SimpleQueue()
        own = Endpoint(endpoint, lambda: ControlSecret(CONTROL_SECRET, "the test"))
        self.relay = Relay(
            0,
            task_root=lambda: self.debugging.task_root() or TASK_ROOT,
            local_root=source,
            report=self._report,
        )
        self.debugging = Debugging(
            own,
            function.arn,
            packages={Debugging.runtime(own, function.arn): ensure_debugger(print)},
            port=self.relay.process_port,
            token=self.relay.secrets.token,
            proof=self.relay.secrets.proof,
            wait=wait,
        )

    def await_occurrence(self, expected: Occurrence) -> None:
        while self.occurrences.get(timeout=LIMIT_SECONDS) != expected:
            pass

    def disappear(self) -> None:
        """Close all connections at once, as the system does when a process is killed."""
        self.debugging.close()
        self.relay.close(politely=False)

    def _report(self, occurrence: Occurrence) -> None:
        if occurrence == "ended":
            with suppress(TestbedError):  # debugging has ended
                self.debugging.start_process()
        self.occurrences.put(occurrence)


@contextmanager
def debugging(
    localstack: LocalStack, function: Function, source: Path, *, wait: bool = True
) -> Iterator[Client]:
    client = Client(localstack.endpoint, function, source, wait)
    try:
        with client.debugging:
            yield client
    finally:
        client.relay.close()


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The developer's own copy of the function's module."""
    file = tmp_path / "app.py"
    file.write_text(HANDLER)
    return file


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as made:
        yield made


def await_second(ide: Ide, frame: Message) -> None:
    """Wait until the function has been stopped for longer than a second, by its own clock."""

    def passed() -> bool:
        expression = "time.monotonic() - started > 1.1"
        result = ide.ask("evaluate", expression=expression, frameId=frame["id"])["result"]
        return bool(result == "True")

    until(passed, within=PASSED_LIMIT_SECONDS, what="a second at the breakpoint")


def test_breakpoint_holds_longer_than_the_timeout(
    functions: FunctionFactory, localstack: LocalStack, app: Path, pool: ThreadPoolExecutor
) -> None:
    function = functions(HANDLER, timeout=1)

    with (
        debugging(localstack, function, app.parent) as client,
        Ide(client.relay.port) as ide,
    ):
        ide.attach({str(app): [INIT_LINE, STOP_LINE]})
        loading = ide.stopped_frame()
        ide.resume(loading)
        invocation = pool.submit(function.invoke)
        frame = ide.stopped_frame()
        variables = ide.variables(frame)
        await_second(ide, frame)
        ide.resume(frame)
        result = invocation.result()

    assert (loading["source"]["path"], loading["line"]) == (str(app), INIT_LINE)
    assert (frame["source"]["path"], frame["line"]) == (str(app), STOP_LINE)
    assert variables["event"] == "None"
    assert (result.error, result.payload["count"]) == (None, 1)
    assert result.payload["remaining"] > 1000
    after = function.invoke()
    assert (after.error, after.payload["count"]) == (None, 1)  # in a new environment
    assert after.payload["remaining"] <= 1000


def test_invocations_use_one_environment(
    functions: FunctionFactory, localstack: LocalStack, app: Path, pool: ThreadPoolExecutor
) -> None:
    """The function runs before, too, and does so in another environment."""
    function = functions(HANDLER)
    function.invoke()

    with debugging(localstack, function, app.parent, wait=False) as client:
        client.await_occurrence("started")
        results = [each.result() for each in [pool.submit(function.invoke) for _ in range(4)]]

    assert sorted(result.payload["count"] for result in results) == [1, 2, 3, 4]


def test_breakpoint_call_stops(
    functions: FunctionFactory, localstack: LocalStack, app: Path, pool: ThreadPoolExecutor
) -> None:
    """``breakpoint()`` in the code, in an interpreter of its own."""
    source = "def handler(event, context):\n    breakpoint()\n    return event\n"
    app.write_text(source)
    variables = {"Variables": {"PYTHONHASHSEED": "1"}}
    function = functions(source, Environment=variables)

    with debugging(localstack, function, app.parent) as client, Ide(client.relay.port) as ide:
        ide.attach({})
        invocation = pool.submit(function.invoke, "tea")
        frame = ide.stopped_frame()
        ide.resume(frame)
        result = invocation.result()

    assert (frame["source"]["path"], frame["line"]) == (str(app), 3)
    assert result.payload == "tea"


def test_source_without_isolation(
    reconfigured_functions: FunctionFactory,
    reconfigured_localstack: LocalStack,
    app: Path,
    pool: ThreadPoolExecutor,
) -> None:
    """A launch configuration with /var/task is right, although the code is elsewhere."""
    function = reconfigured_functions(HANDLER)
    mapping = {"localRoot": str(app.parent), "remoteRoot": TASK_ROOT}

    with (
        debugging(reconfigured_localstack, function, app.parent) as client,
        Ide(client.relay.port) as ide,
    ):
        ide.attach({str(app): [STOP_LINE]}, pathMappings=[mapping])
        invocation = pool.submit(function.invoke)
        frame = ide.stopped_frame()
        ide.resume(frame)
        invocation.result()

    assert frame["source"]["path"] == str(app)


@pytest.mark.parametrize("attached", [True, False])
def test_killed_client_ends_debugging(
    functions: FunctionFactory,
    localstack: LocalStack,
    app: Path,
    pool: ThreadPoolExecutor,
    attached: bool,
) -> None:
    """An invocation at a breakpoint continues, and so does one that waits for the IDE."""
    function = functions(HANDLER)
    client = Client(localstack.endpoint, function, app.parent, wait=True)
    client.debugging.begin()
    client.await_occurrence("started")
    with ExitStack() as stack:
        if attached:
            ide = stack.enter_context(Ide(client.relay.port))
            ide.attach({str(app): [STOP_LINE]})
        invocation = pool.submit(function.invoke)
        if attached:
            ide.stopped_frame()

        client.disappear()

        assert invocation.result().error is None
    assert function.invoke().payload["remaining"] <= 10_000


def test_ide_that_disappears(
    functions: FunctionFactory, localstack: LocalStack, app: Path, pool: ThreadPoolExecutor
) -> None:
    """The function continues, and the IDE attaches again."""
    function = functions(HANDLER)

    with debugging(localstack, function, app.parent) as client:
        ide = Ide(client.relay.port)
        ide.attach({str(app): [STOP_LINE]})
        invocation = pool.submit(function.invoke)
        ide.stopped_frame()
        ide.close()
        first = invocation.result()
        with Ide(client.relay.port) as ide:
            ide.attach({str(app): [STOP_LINE]})
            invocation = pool.submit(function.invoke)
            ide.resume(ide.stopped_frame())
            second = invocation.result()
            ide.ask("disconnect", terminateDebuggee=False)
        third = function.invoke()

    assert [each.payload["count"] for each in (first, second, third)] == [1, 2, 3]


def test_new_code_is_debugged(
    functions: FunctionFactory, localstack: LocalStack, app: Path, pool: ThreadPoolExecutor
) -> None:
    """An invocation that is stopped finishes with the old code first."""
    function = functions(HANDLER)

    with debugging(localstack, function, app.parent) as client:
        with Ide(client.relay.port) as ide:
            ide.attach({str(app): [STOP_LINE]})
            stopped = pool.submit(function.invoke)
            frame = ide.stopped_frame()
            functions.update(function, HANDLER.replace('"count": count', '"count": "new"'))
            function.wait_until_updated()
            ide.resume(frame)
            terminated = ide.event("terminated")
            ide.ask("disconnect")
        with Ide(client.relay.port) as ide:
            ide.attach({str(app): [STOP_LINE]})
            invocation = pool.submit(function.invoke)
            ide.resume(ide.stopped_frame())
            result = invocation.result()

    assert stopped.result().payload["count"] == 1
    assert terminated == {"restart": True}
    assert result.payload["count"] == "new"


def test_message_is_not_delivered_again(
    functions: FunctionFactory,
    localstack: LocalStack,
    aws: Clients,
    app: Path,
    pool: ThreadPoolExecutor,
) -> None:
    """Its visibility timeout of a second passes at the breakpoint."""
    function = functions(HANDLER, timeout=1)
    orders = Queue.create(aws["sqs"], f"orders-{uuid.uuid4().hex[:8]}", VisibilityTimeout="1")
    mapping = aws["lambda"].create_event_source_mapping(
        EventSourceArn=orders.arn, FunctionName=function.name
    )

    with debugging(localstack, function, app.parent) as client, Ide(client.relay.port) as ide:
        ide.attach({str(app): [STOP_LINE]})
        aws["sqs"].send_message(QueueUrl=orders.url, MessageBody="tea")
        frame = ide.stopped_frame()
        await_second(ide, frame)
        assert counts(aws, orders) == (0, 1)
        ide.resume(frame)
        until(lambda: counts(aws, orders) == (0, 0), within=LIMIT_SECONDS, what="a deleted message")
        invocation = pool.submit(function.invoke)
        ide.resume(ide.stopped_frame())
        assert invocation.result().payload["count"] == 2

    aws["lambda"].delete_event_source_mapping(UUID=mapping["UUID"])


def counts(aws: Clients, orders: Queue) -> tuple[int, int]:
    """Return the numbers of visible and of received messages."""
    names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    found = aws["sqs"].get_queue_attributes(QueueUrl=orders.url, AttributeNames=list(names))
    visible, received = (int(found["Attributes"][name]) for name in names)
    return visible, received


def test_retry_of_a_client_gets_the_same_result(
    functions: FunctionFactory, localstack: LocalStack, app: Path, pool: ThreadPoolExecutor
) -> None:
    """The client's limit passes at the breakpoint, so that it calls again."""
    function = functions(HANDLER)
    impatient: Any = boto3.client(
        "lambda",
        endpoint_url=localstack.endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(read_timeout=1, retries={"total_max_attempts": 10}),
    )

    with debugging(localstack, function, app.parent) as client, Ide(client.relay.port) as ide:
        ide.attach({str(app): [STOP_LINE]})
        invocation = pool.submit(impatient.invoke, FunctionName=function.name)
        frame = ide.stopped_frame()
        await_second(ide, frame)
        ide.resume(frame)
        response = invocation.result()

    assert response["Payload"].read().startswith(b'{"count": 1,')


def test_second_client_is_rejected(
    functions: FunctionFactory, localstack: LocalStack, app: Path
) -> None:
    function = functions(HANDLER)

    with (
        debugging(localstack, function, app.parent, wait=False),
        pytest.raises(TestbedError, match="is already being debugged"),
        debugging(localstack, function, app.parent),
    ):
        pass


def test_debugging_requires_the_control_secret(
    functions: FunctionFactory, localstack: LocalStack
) -> None:
    url = f"{localstack.endpoint}/_testbed/debug/{functions(HANDLER).arn}"

    statuses = [requests.request(method, url, json={}, timeout=5).status_code for method in CHANGES]

    assert statuses == [403] * len(CHANGES)


def test_process_obeys_nobody_without_the_token(
    functions: FunctionFactory, localstack: LocalStack
) -> None:
    """A stranger listens in place of the client, and does not know the token."""
    function = functions(HANDLER)
    own = Endpoint(localstack.endpoint, lambda: ControlSecret(CONTROL_SECRET, "the test"))
    with (
        socket.create_server((HOST, 0)) as listener,
        Debugging(
            own,
            function.arn,
            packages={Debugging.runtime(own, function.arn): ensure_debugger(print)},
            port=listener.getsockname()[1],
            token="known to the client",
            proof="known to the process",
            wait=True,
        ),
    ):
        listener.settimeout(LIMIT_SECONDS)
        connection, _ = listener.accept()
        connection.settimeout(LIMIT_SECONDS)
        with connection, connection.makefile("rb") as stream:
            arguments = {"expression": "1 + 1", "debugServerAccessToken": "guessed"}
            for number, command in enumerate(("pydevdAuthorize", "evaluate"), 1):
                connection.sendall(encode(request(number, command, arguments)))
            answers = [read_message(stream) for _ in range(2)]

    assert [answer and answer["success"] for answer in answers] == [False, False]


def test_unknown_function(localstack: LocalStack, app: Path) -> None:
    function = Function(None, None, "no-such-function")

    with (
        pytest.raises(TestbedError, match=r"there is no function .*no-such-function"),
        debugging(localstack, function, app.parent),
    ):
        pass
