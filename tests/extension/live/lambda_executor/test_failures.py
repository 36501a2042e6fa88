"""Failures of functions: AWS's payloads and log lines, and recovery in the next invocation."""

import re

import pytest

from testbed.machine.waiting import until
from tests.extension.conftest import LocalStack
from tests.extension.lambda_functions import Function, FunctionFactory
from tests.extension.processes import process_exists, process_here

PROCESS_END_LIMIT = 5.0


def reports_status(log: str, status: str, error_type: str | None) -> bool:
    ending = f"\tStatus: {status}\t" + (f"Error Type: {error_type}\t" if error_type else "")
    return any(line.startswith("REPORT ") and line.endswith(ending) for line in log.split("\n"))


def test_exception_keeps_the_environment(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html"""
    function = functions(
        """
        import os

        def handler(event, context):
            if event:
                raise ValueError("too high")
            return os.getpid()
        """
    )
    before = function.invoke().payload

    failed = function.invoke(True)

    assert failed.error == "Unhandled"
    assert failed.payload["errorType"] == "ValueError"
    assert failed.payload["errorMessage"] == "too high"
    assert failed.payload["requestId"] == failed.request_id
    assert "app.py" in failed.payload["stackTrace"][0]
    assert "[ERROR] ValueError: too high" in failed.tail
    assert function.invoke().payload == before


@pytest.mark.parametrize(
    ("source", "handler", "error_type", "message"),
    [
        (
            "import missing_module",
            "app.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'missing_module'",
        ),
        (
            "",
            "other.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'other': No module named 'other'",
        ),
        ("", "app.other", "Runtime.HandlerNotFound", "Handler 'other' missing on module 'app'"),
        ("", "app", "Runtime.MalformedHandlerName", "Bad handler 'app'"),
        ("def (", "app.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("1 / 0", "app.handler", "ZeroDivisionError", "division by zero"),
    ],
    ids=["import", "module", "handler", "malformed", "syntax", "exception"],
)
def test_function_that_cannot_be_loaded(
    functions: FunctionFactory, source: str, handler: str, error_type: str, message: str
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html"""
    function = functions(source, handler=handler)

    for _ in range(2):
        failed = function.invoke()
        assert failed.error == "Unhandled"
        assert failed.payload["errorType"] == error_type
        assert message in failed.payload["errorMessage"]
        assert f"[ERROR] {error_type}: {message}" in failed.tail
        assert reports_status(failed.tail, "error", error_type)


def test_failed_initialization_is_retried_by_the_first_invocation(
    functions: FunctionFactory,
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
    function = functions(
        """
        import os, pathlib, tempfile
        mark = pathlib.Path(tempfile.gettempdir(), "tried")
        if not mark.exists():
            mark.touch()
            raise OSError("first try")

        def handler(event, context):
            return "loaded"
        """
    )

    invoked = function.invoke()

    assert (invoked.error, invoked.payload) == (None, "loaded")
    assert re.search(
        r"\nINIT_REPORT Init Duration: \d+\.\d\d ms\tPhase: init\tStatus: error\t"
        r"Error Type: OSError\n",
        invoked.tail,
    )
    assert "\tInit Duration:" not in invoked.tail
    assert "INIT_REPORT" in function.log(until="END RequestId")


def test_initialization_has_ten_seconds_and_then_the_timeout_of_the_function(
    functions: FunctionFactory,
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
    function = functions(
        """
        import pathlib, tempfile, time
        mark = pathlib.Path(tempfile.gettempdir(), "tried")
        if not mark.exists():
            mark.touch()
            time.sleep(60)

        def handler(event, context):
            return "loaded"
        """
    )

    invoked = function.invoke()

    assert invoked.payload == "loaded"
    assert re.search(
        r"INIT_REPORT Init Duration: 1\d{4}\.\d\d ms\tPhase: init\tStatus: timeout\n",
        invoked.tail,
    )


def test_result_that_cannot_be_serialized(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html"""
    failed = functions("def handler(event, context): return {1, 2}").invoke()

    assert failed.error == "Unhandled"
    assert failed.payload["errorType"] == "Runtime.MarshalError"
    assert failed.payload["errorMessage"] == (
        "Unable to marshal response: Object of type set is not JSON serializable"
    )


def test_result_over_six_megabytes(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
    function = functions("def handler(event, context): return 'x' * event")
    assert len(function.invoke(6291554).payload) == 6291554

    failed = function.invoke(6291555)

    assert failed.error == "Unhandled"
    assert failed.payload == {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size (6291557 bytes) exceeded maximum allowed payload "
        "size (6291556 bytes).",
    }
    assert function.invoke(1).payload == "x"


def test_timeout(functions: FunctionFactory, localstack: LocalStack) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html"""
    function = functions(
        """
        import os, time

        def handler(event, context):
            print("before", flush=True)
            while event:
                time.sleep(1)
            return os.getpid()
        """,
        timeout=1,
    )
    before = function.invoke().payload
    process = process_here(localstack.process, before)

    failed = function.invoke(True)

    assert failed.error == "Unhandled"
    assert failed.payload == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {failed.request_id} Error: Task timed out after 1.00 seconds",
    }
    assert re.search(
        rf"before\n\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z {failed.request_id} "
        r"Task timed out after 1\.00 seconds\n",
        failed.tail,
    )
    assert "\tDuration: 1000.00 ms\tBilled Duration: 1000 ms\t" in failed.tail
    assert reports_status(failed.tail, "timeout", None)
    assert "Task timed out after 1.00 seconds" in function.log(
        until=f"REPORT RequestId: {failed.request_id}"
    )
    after = function.invoke()
    assert after.payload != before
    assert not process_exists(process)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
        ("ctypes.string_at(0)", "Runtime exited with error: signal: segmentation fault"),
    ],
    ids=["exit", "exit without reason", "killed", "crash"],
)
def test_process_exit(functions: FunctionFactory, statement: str, message: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html"""
    function = functions(
        f"""
        import ctypes, os, sys

        def handler(event, context):
            if event:
                {statement}
            return os.getpid()
        """
    )
    before = function.invoke().payload

    failed = function.invoke(True)

    assert failed.error == "Unhandled"
    assert failed.payload == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {failed.request_id} Error: {message}",
    }
    assert f"RequestId: {failed.request_id} Error: {message}\nRuntime.ExitError\n" in failed.tail
    assert reports_status(failed.tail, "error", "Runtime.ExitError")
    assert function.invoke().payload != before


def test_process_exit_during_initialization(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
    failed = functions("import sys; sys.exit(4)").invoke()

    assert failed.payload["errorType"] == "Runtime.ExitError"
    assert failed.payload["errorMessage"].endswith("exit status 4")


def test_too_much_memory(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""
    function = functions(
        """
        def handler(event, context):
            kept = []
            while event:
                kept.append(bytearray(8_000_000))
            return "small"
        """,
        MemorySize=192,
    )

    failed = function.invoke(True)

    assert failed.payload["errorMessage"].endswith("Runtime exited with error: signal: killed")
    assert "\tMemory Size: 192 MB\tMax Memory Used: 192 MB\t" in failed.tail
    assert function.invoke().payload == "small"


def test_output_that_is_not_utf8(functions: FunctionFactory) -> None:
    r"""https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html"""
    invoked = functions(
        r"""
        import os

        def handler(event, context):
            os.write(1, b"caf\xe9\n")
        """
    ).invoke()

    assert "caf\N{REPLACEMENT CHARACTER}\n" in invoked.tail


def test_megabytes_of_output(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html"""
    function = functions(
        """
        def handler(event, context):
            for number in range(20_000):
                print(number, "x" * 100)
        """
    )

    invoked = function.invoke()

    assert len(invoked.tail) == 4096
    log = function.log(until="REPORT RequestId")
    numbers = [int(line.split()[0]) for line in log.split("\n") if line.endswith("xxx")]
    assert numbers == list(range(20_000))


CHILD_LEFT_RUNNING = """
    import os, subprocess

    def handler(event, context):
        child = subprocess.Popen(["sleep", "600"], start_new_session=event == "session")
        if event == "exit":
            os._exit(1)
        return child.pid
"""


@pytest.mark.parametrize("event", ["group", "session"])
def test_child_process_is_killed_with_the_environment(
    functions: FunctionFactory, localstack: LocalStack, event: str
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
    function: Function = functions(CHILD_LEFT_RUNNING)
    child = process_here(localstack.process, function.invoke(event).payload)

    functions.delete(function)

    until(
        lambda: not process_exists(child), within=PROCESS_END_LIMIT, what="end of the child process"
    )


def test_child_process_is_killed_with_the_runtime_process(
    functions: FunctionFactory, localstack: LocalStack
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
    function = functions(CHILD_LEFT_RUNNING)
    child = process_here(localstack.process, function.invoke("session").payload)

    assert function.invoke("exit").error == "Unhandled"

    until(
        lambda: not process_exists(child), within=PROCESS_END_LIMIT, what="end of the child process"
    )
