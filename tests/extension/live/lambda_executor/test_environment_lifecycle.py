"""The lifecycle of execution environments: start, reuse, freeze and stop."""

import contextlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from testbed.machine.waiting import until
from tests.extension.conftest import Clients, LocalStack, running_localstack
from tests.extension.lambda_functions import Function, FunctionFactory
from tests.extension.processes import process_exists, process_here
from tests.extension.rendezvous import ARRIVE, rendezvous

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


WITH_A_CHILD = """
    import os, subprocess

    def handler(event, context):
        child = subprocess.Popen(["sleep", "600"], start_new_session=True)
        return [os.getpid(), child.pid]
"""


def test_environment_is_reused(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
    function = functions(COUNTING)

    results = [function.invoke().payload for _ in range(3)]

    assert [result["count"] for result in results] == [1, 2, 3]
    assert len({result["process"] for result in results}) == 1
    assert len({result["stream"] for result in results}) == 1


def test_concurrent_invocations_use_separate_environments(
    functions: FunctionFactory,
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html"""
    function = functions(
        """
        import os
        import meet

        def handler(event, context):
            meet.meet(event)
            return os.getpid()
        """,
        files={"meet.py": ARRIVE},
        timeout=30,
    )

    with ThreadPoolExecutor(6) as pool, rendezvous() as place:
        running = [pool.submit(function.invoke, place.port) for _ in range(6)]
        for _ in running:
            place.wait_for_arrival()
        place.release()
        results = [each.result() for each in running]

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


def test_update_replaces_the_environment(
    functions: FunctionFactory, localstack: LocalStack
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
    function = functions(COUNTING)
    process = process_here(localstack.process, function.invoke().payload["process"])

    functions.update(function, "def handler(event, context): return 'new'")
    function.wait_until_updated()

    assert function.invoke().payload == "new"
    until(
        lambda: not process_exists(process), within=PROCESS_END_LIMIT, what="end of the old process"
    )


def test_running_invocation_survives_an_update(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
    function = functions(
        """
        import meet

        def handler(event, context):
            meet.meet(event)
            print("last words")
            return "old"
        """,
        files={"meet.py": ARRIVE},
        timeout=30,
    )

    with ThreadPoolExecutor(1) as pool, rendezvous() as place:
        running = pool.submit(function.invoke, place.port)
        place.wait_for_arrival()
        functions.update(function, "def handler(event, context): return 'new'")
        function.wait_until_updated()
        new = function.invoke()
        place.release()
        old = running.result()

    assert (new.payload, old.payload) == ("new", "old")
    assert "last words" in function.log(until=f"REPORT RequestId: {old.request_id}")


def test_update_while_an_environment_starts(
    functions: FunctionFactory, localstack: LocalStack
) -> None:
    """The environment serves the invocation that it was started for, and no other."""
    with ThreadPoolExecutor(1) as pool, rendezvous() as place:
        function = functions(
            f"""
            import os
            import meet

            meet.meet({place.port}, os.getpid())

            def handler(event, context):
                return "old"
            """,
            files={"meet.py": ARRIVE},
            timeout=30,
        )
        running = pool.submit(function.invoke)
        process = process_here(localstack.process, int(place.wait_for_arrival()))
        functions.update(function, "def handler(event, context): return 'new'")
        function.wait_until_updated()
        place.release()
        assert running.result().payload == "old"

    until(lambda: not process_exists(process), within=PROCESS_END_LIMIT, what="end of the process")


def test_deletion_stops_the_environment(functions: FunctionFactory, localstack: LocalStack) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
    function = functions(COUNTING)
    process = process_here(localstack.process, function.invoke().payload["process"])

    functions.delete(function)

    until(lambda: not process_exists(process), within=PROCESS_END_LIMIT, what="end of the process")


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


def test_environment_is_frozen_between_invocations(
    functions: FunctionFactory, localstack: LocalStack
) -> None:
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
    number = function.invoke().payload
    process = process_here(localstack.process, number)

    def state() -> str:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]

    until(lambda: state() == "T", within=5, what="stopped process")
    assert function.invoke().payload == number
    until(lambda: state() == "T", within=5, what="process that is stopped again")


def test_reserved_concurrency_of_zero_runs_nothing(
    functions: FunctionFactory, aws: Clients
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""
    function = functions("def handler(event, context): return None")
    client = aws["lambda"]
    client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=0)

    with pytest.raises(client.exceptions.TooManyRequestsException):
        function.invoke()


def test_crashed_supervisor_is_replaced(localstack: LocalStack, functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
    function = functions(WITH_A_CHILD)
    processes = _processes_of(function, localstack)

    os.kill(psutil.Process(processes[0]).ppid(), 9)
    _all_end(processes)

    # An invocation at the moment of the crash fails, as when its environment crashes.
    until(
        lambda: function.invoke().error is None,
        within=RECOVERY_LIMIT,
        what="invocation that succeeds",
    )


def _functions_of(localstack: LocalStack) -> FunctionFactory:
    clients = Clients(localstack.endpoint)
    return FunctionFactory(clients["lambda"], clients["logs"])


def _processes_of(function: Function, localstack: LocalStack) -> list[int]:
    return [process_here(localstack.process, number) for number in function.invoke().payload]


def _all_end(processes: list[int]) -> None:
    until(
        lambda: not any(map(process_exists, processes)),
        within=PROCESS_END_LIMIT,
        what="end of all processes",
    )


def test_nothing_survives_localstack_when_it_is_killed(tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html (shutdown)"""
    with running_localstack(tmp_path) as localstack:
        processes = _processes_of(_functions_of(localstack)(WITH_A_CHILD), localstack)
        family = psutil.Process(localstack.process).children(recursive=True)
        os.kill(localstack.process, 9)
        _all_end([*processes, *(process.pid for process in family)])
    folders = (tmp_path / "tmp").glob
    until(
        lambda: not list(folders("lambda-environments-*")), within=5, what="deletion of all folders"
    )


def test_shutdown_kills_environments_without_waiting_for_invocations(tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html (shutdown)"""
    with rendezvous() as place:
        with running_localstack(tmp_path) as localstack:
            functions = _functions_of(localstack)
            idle = _processes_of(functions(WITH_A_CHILD), localstack)
            function = functions(
                """
                import os
                import meet

                def handler(event, context):
                    meet.meet(event, os.getpid())
                """,
                files={"meet.py": ARRIVE},
                timeout=900,
            )

            def invoke() -> None:
                # The connection may fail in any way.
                with contextlib.suppress(Exception):
                    function.invoke(place.port)

            invoking = threading.Thread(target=invoke)
            invoking.start()
            running = process_here(localstack.process, int(place.wait_for_arrival()))

        invoking.join(10)
        assert not invoking.is_alive()
        _all_end([*idle, running])
    assert not list((tmp_path / "tmp").glob("lambda-environments-*"))
