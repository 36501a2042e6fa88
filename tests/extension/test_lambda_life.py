"""Execution environments live, are reused and end as on AWS."""

import contextlib
import json
import os
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.extension.conftest import Clients, running_localstack
from tests.extension.lambda_functions import Function, FunctionFactory
from tests.extension.waiting import process_exists, wait_until

RECOVERY_LIMIT = 5.0
PROCESS_END_LIMIT = 5.0

COUNTING = """
    import os

    count = 0

    def handler(event, context):
        global count
        count += 1
        return {"process": os.getpid(), "count": count, "stream": context.log_stream_name}
"""


def test_environment_is_reused(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
    function = functions(COUNTING)

    results = [function.invoke().payload for _ in range(3)]

    assert [result["count"] for result in results] == [1, 2, 3]
    assert len({result["process"] for result in results}) == 1
    assert len({result["stream"] for result in results}) == 1


def test_simultaneous_invocations_have_environments_of_their_own(
    functions: FunctionFactory,
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html"""
    function = functions(
        """
        import pathlib, os, time

        def handler(event, context):
            folder = pathlib.Path(event)
            (folder / str(os.getpid())).touch()
            while len(list(folder.iterdir())) < 6:
                time.sleep(0.01)
            return os.getpid()
        """,
        timeout=30,
    )

    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(6) as pool:
        results = list(pool.map(function.invoke, [folder] * 6))

    assert [result.error for result in results] == [None] * 6
    assert len({result.payload for result in results}) == 6


def test_environment_runs_one_invocation_at_a_time(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html"""
    function = functions(
        """
        import time

        running = False

        def handler(event, context):
            global running
            alone, running = not running, True
            time.sleep(0.02)
            running = False
            return alone
        """
    )

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(function.invoke, range(24)))

    assert [(result.error, result.payload) for result in results] == [(None, True)] * 24


def test_update_replaces_the_environment(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
    function = functions(COUNTING)
    process = function.invoke().payload["process"]

    functions.update(function, "def handler(event, context): return 'new'")
    function.wait_until_updated()

    assert function.invoke().payload == "new"
    wait_until(lambda: not process_exists(process), PROCESS_END_LIMIT, "the old process ended")


def test_running_invocation_survives_an_update(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
    function = functions(
        """
        import pathlib, time

        def handler(event, context):
            folder = pathlib.Path(event)
            (folder / "running").touch()
            while not (folder / "end").exists():
                time.sleep(0.01)
            print("last words")
            return "old"
        """,
        timeout=30,
    )

    with tempfile.TemporaryDirectory() as path, ThreadPoolExecutor(1) as pool:
        folder = Path(path)
        running = pool.submit(function.invoke, path)
        wait_until((folder / "running").exists, 10, "the function runs")
        functions.update(function, "def handler(event, context): return 'new'")
        function.wait_until_updated()
        new = function.invoke()
        (folder / "end").touch()
        old = running.result()

    assert (new.payload, old.payload) == ("new", "old")
    assert "last words" in function.log(until=f"REPORT RequestId: {old.request_id}")


def test_deletion_ends_the_environment(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
    function = functions(
        """
        import os, tempfile

        def handler(event, context):
            return os.getpid(), tempfile.gettempdir()
        """
    )
    process, folder = function.invoke().payload
    assert process_exists(process)
    assert Path(folder).is_dir()

    functions.delete(function)

    wait_until(lambda: not process_exists(process), PROCESS_END_LIMIT, "the process has ended")
    wait_until(lambda: not Path(folder).exists(), PROCESS_END_LIMIT, "its folder is gone")


def test_temporary_folder_is_kept_between_invocations(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html

    Also when the process ended: a reset does not clear the folder.
    """
    function = functions(
        """
        import os, pathlib, tempfile

        def handler(event, context):
            folder = pathlib.Path(tempfile.gettempdir())
            names = sorted(path.name for path in folder.iterdir())
            (folder / event).touch()
            if event == "b":
                os._exit(1)
            return names
        """
    )

    assert function.invoke("a").payload == []
    assert function.invoke("b").error == "Unhandled"
    assert function.invoke("c").payload == ["a", "b"]


def test_environment_stands_still_between_invocations(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
    function = functions(
        """
        import os, threading, time

        ticks = 0

        def tick():
            global ticks
            while True:
                time.sleep(0.001)
                ticks += 1

        threading.Thread(target=tick, daemon=True).start()

        def handler(event, context):
            return os.getpid()
        """
    )
    process = function.invoke().payload

    def state() -> str:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]

    wait_until(lambda: state() == "T", 5, "the process is stopped")
    assert function.invoke().payload == process
    wait_until(lambda: state() == "T", 5, "the process is stopped again")


def test_reserved_concurrency_of_zero_runs_nothing(
    functions: FunctionFactory, aws: Clients
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""
    function = functions("def handler(event, context): return None")
    client = aws["lambda"]
    client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=0)

    with pytest.raises(client.exceptions.TooManyRequestsException):
        function.invoke()


def test_loss_of_the_supervisor_is_made_good(tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
    with running_localstack(tmp_path) as (endpoint, _):
        function = _lonely_function(endpoint)
        process, supervisor, child = function.invoke().payload

        os.kill(supervisor, 9)
        _all_end([process, supervisor])
        # In a session of its own, with nobody left to know of it: see docs/lambda-executor.md.
        os.kill(child, 9)

        # One at the very moment of the loss fails, as it does when its environment crashes.
        wait_until(
            lambda: function.invoke().error is None, RECOVERY_LIMIT, "an invocation that succeeds"
        )


def _lonely_function(endpoint: str) -> Function:
    clients = Clients(endpoint)
    return FunctionFactory(clients["lambda"], clients["logs"])(
        """
        import os, subprocess

        def handler(event, context):
            child = subprocess.Popen(["sleep", "600"], start_new_session=True)
            return [os.getpid(), os.getppid(), child.pid]
        """
    )


def _all_end(processes: list[int]) -> None:
    wait_until(
        lambda: not any(map(process_exists, processes)), PROCESS_END_LIMIT, "no process survives"
    )


def test_nothing_survives_localstack(tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html (shutdown)"""
    with running_localstack(tmp_path) as (endpoint, _):
        processes = _lonely_function(endpoint).invoke().payload

    _all_end(processes)
    assert not list((tmp_path / "tmp").glob("lambda-environments-*"))


def test_nothing_survives_localstack_when_it_is_killed(tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html (shutdown)"""
    with running_localstack(tmp_path) as (endpoint, localstack):
        processes = _lonely_function(endpoint).invoke().payload
        os.kill(localstack, 9)
        _all_end(processes)
    folders = (tmp_path / "tmp").glob
    wait_until(lambda: not list(folders("lambda-environments-*")), 5, "no folder is left")


def test_shutdown_does_not_wait_for_a_running_invocation(tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html (shutdown)"""
    with running_localstack(tmp_path) as (endpoint, _):
        clients = Clients(endpoint)
        function = FunctionFactory(clients["lambda"], clients["logs"])(
            """
            import json, os, pathlib, time

            def handler(event, context):
                pathlib.Path(event).write_text(json.dumps(os.getpid()))
                time.sleep(600)
            """,
            timeout=900,
        )
        mark = tmp_path / "process"

        def invoke() -> None:
            # The connection breaks, in whatever way.
            with contextlib.suppress(Exception):
                function.invoke(str(mark))

        invoking = threading.Thread(target=invoke)
        invoking.start()
        wait_until(lambda: mark.exists() and mark.read_text(), 10, "the function runs")

    invoking.join(10)
    assert not invoking.is_alive()
    _all_end([json.loads(mark.read_text())])
