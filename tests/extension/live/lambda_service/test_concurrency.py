"""Reserved and provisioned concurrency, and throttling.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from testbed.machine.waiting import until
from tests.extension.conftest import Clients
from tests.extension.lambda_functions import Function, FunctionFactory, Invocation
from tests.extension.rendezvous import ARRIVE, rendezvous

LIMIT = 10.0

# An invocation with a port connects to it, and runs until the connection is closed.
WAIT = """
    import os, socket

    TYPE = os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]

    def handler(event, context):
        if event:
            with socket.create_connection(("127.0.0.1", event)) as connection:
                connection.recv(1)
        return {"environment": context.log_stream_name, "type": TYPE}
"""


class Running:
    """Invocations that run until they are released."""

    def __init__(self, listener: socket.socket, pool: ThreadPoolExecutor) -> None:
        self._listener, self._pool = listener, pool
        self._connections: list[socket.socket] = []
        self._futures: list[Future[Invocation]] = []

    def start(self, function: Function, count: int, **arguments: Any) -> None:
        """Start invocations, and wait until they are running."""
        port = self._listener.getsockname()[1]
        for _ in range(count):
            self._futures.append(self._pool.submit(function.invoke, port, **arguments))
        for _ in range(count):
            self._connections.append(self._listener.accept()[0])

    def end(self) -> list[Any]:
        """Release the invocations, and return their results."""
        while self._connections:
            self._connections.pop().close()
        return [future.result().payload for future in self._futures]


@contextmanager
def running_invocations() -> Iterator[Running]:
    with (
        ThreadPoolExecutor(20) as pool,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        listener.settimeout(LIMIT)
        running = Running(listener, pool)
        try:
            yield running
        finally:
            running.end()


@pytest.fixture
def running() -> Iterator[Running]:
    with running_invocations() as running:
        yield running


@contextmanager
def throttled(client: Any, reason: str) -> Iterator[None]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""
    with pytest.raises(client.exceptions.TooManyRequestsException) as raised:
        yield
    response = raised.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert response["Reason"] == reason
    assert response["Error"]["Message"] == "Rate Exceeded."


RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_no_concurrency(functions: FunctionFactory, aws: Clients) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""
    client = aws["lambda"]
    function = functions(WAIT)
    put = client.put_function_concurrency(
        FunctionName=function.name, ReservedConcurrentExecutions=0
    )
    assert put["ReservedConcurrentExecutions"] == 0
    assert client.get_function(FunctionName=function.name)["Concurrency"] == {
        "ReservedConcurrentExecutions": 0
    }

    with throttled(client, RESERVED):
        function.invoke()
    with pytest.raises(aws["logs"].exceptions.ResourceNotFoundException):
        function.log_streams()

    client.delete_function_concurrency(FunctionName=function.name)
    assert "Concurrency" not in client.get_function(FunctionName=function.name)
    assert function.invoke().error is None


def test_reserved_concurrency_limits_concurrent_invocations(
    functions: FunctionFactory, aws: Clients, running: Running
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""
    client = aws["lambda"]
    function = functions(WAIT)
    client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=3)

    running.start(function, 3)
    for _ in range(3):
        with throttled(client, RESERVED):
            function.invoke()
    environments = {result["environment"] for result in running.end()}

    assert len(environments) == 3
    last = function.invoke()
    assert last.payload["environment"] in environments
    function.log(until=f"END RequestId: {last.request_id}")
    assert set(function.log_streams()) == environments


def test_simultaneous_calls_do_not_exceed_the_reserved_concurrency(
    functions: FunctionFactory, aws: Clients, running: Running
) -> None:
    client = aws["lambda"]
    function = functions(WAIT)
    client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=1)
    running.start(function, 1)
    barrier = threading.Barrier(8)

    def call() -> None:
        barrier.wait(LIMIT)
        with throttled(client, RESERVED):
            function.invoke()

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(call) for _ in range(8)]:
            future.result()


def test_limits_of_the_account(functions: FunctionFactory, aws: Clients) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_AccountLimit.html"""
    client = aws["lambda"]
    function = functions(WAIT)

    def limit() -> dict[str, int]:
        account: dict[str, int] = client.get_account_settings()["AccountLimit"]
        return account

    before = limit()
    assert before["ConcurrentExecutions"] == 1000
    free = before["UnreservedConcurrentExecutions"]

    client.put_function_concurrency(
        FunctionName=function.name, ReservedConcurrentExecutions=free - 100
    )
    assert limit()["UnreservedConcurrentExecutions"] == 100
    with pytest.raises(client.exceptions.InvalidParameterValueException, match=r"\[100\]"):
        client.put_function_concurrency(
            FunctionName=function.name, ReservedConcurrentExecutions=free - 99
        )


def test_concurrency_of_the_account(
    reconfigured_aws: Clients, reconfigured_functions: FunctionFactory
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html"""
    client = reconfigured_aws["lambda"]
    function, reserved = reconfigured_functions(WAIT), reconfigured_functions(WAIT)
    client.put_function_concurrency(FunctionName=reserved.name, ReservedConcurrentExecutions=1)
    with running_invocations() as running:
        running.start(function, 2)
        with throttled(client, "ConcurrentInvocationLimitExceeded"):
            function.invoke()
        assert reserved.invoke().error is None


class Provisioned:
    """The provisioned concurrency of version 1 of a function."""

    def __init__(self, aws: Clients, function: Function) -> None:
        self._lambda = aws["lambda"]
        self._name = {"FunctionName": function.name, "Qualifier": function.publish()}

    def set(self, count: int) -> None:
        self._lambda.put_provisioned_concurrency_config(
            **self._name, ProvisionedConcurrentExecutions=count
        )
        until(lambda: self.get()["Status"] == "READY", within=LIMIT, what="ready environments")

    def get(self) -> dict[str, Any]:
        config: dict[str, Any] = self._lambda.get_provisioned_concurrency_config(**self._name)
        return config


def test_provisioned_environments_are_used_first(
    functions: FunctionFactory, aws: Clients, running: Running
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html"""
    function = functions(WAIT)
    provisioned = Provisioned(aws, function)
    provisioned.set(2)
    config = provisioned.get()
    assert config["AllocatedProvisionedConcurrentExecutions"] == 2
    assert config["AvailableProvisionedConcurrentExecutions"] == 2

    running.start(function, 3, Qualifier="1")

    types = sorted(result["type"] for result in running.end())
    assert types == ["on-demand", "provisioned-concurrency", "provisioned-concurrency"]
    assert function.invoke().payload["type"] == "on-demand"


def test_provisioned_environment_has_loaded_the_function_before(
    functions: FunctionFactory, aws: Clients
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html"""
    function = functions("import time; LOADED = time.time()\ndef handler(*_): return LOADED")
    provisioned = Provisioned(aws, function)
    provisioned.set(1)
    ready = function.invoke(Qualifier="$LATEST").payload

    assert function.invoke(Qualifier="1").payload < ready


def test_provisioned_concurrency_serves_an_alias(functions: FunctionFactory, aws: Clients) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html"""
    function = functions(WAIT)
    Provisioned(aws, function).set(1)
    aws["lambda"].create_alias(FunctionName=function.name, Name="live", FunctionVersion="1")

    assert function.invoke(Qualifier="live").payload["type"] == "provisioned-concurrency"


def test_provisioned_concurrency_needs_a_version(functions: FunctionFactory, aws: Clients) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html"""
    client = aws["lambda"]
    with pytest.raises(client.exceptions.InvalidParameterValueException):
        client.put_provisioned_concurrency_config(
            FunctionName=functions(WAIT).name,
            Qualifier="$LATEST",
            ProvisionedConcurrentExecutions=1,
        )


def test_any_number_of_environments_start_concurrently(functions: FunctionFactory) -> None:
    """LocalStack starts only 16 at a time; here the others would wait for them forever."""
    count = 18
    with ThreadPoolExecutor(count) as pool, rendezvous() as place:
        function = functions(
            f"""
            from meet import meet

            meet({place.port})

            def handler(event, context):
                pass
            """,
            files={"meet.py": ARRIVE},
        )
        running = [pool.submit(function.invoke) for _ in range(count)]
        for _ in range(count):
            place.wait_for_arrival()
        place.release()
        assert [each.result().error for each in running] == [None] * count
