"""The context object, the environment variables and the process of a function."""

import base64
import json
import time

import pytest

from tests.extension.lambda_functions import FunctionFactory

VARIABLES = """
    import os

    def handler(event, context):
        return dict(os.environ)
"""


def test_context(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""
    function = functions(
        """
        def handler(event, context):
            return {
                "aws_request_id": context.aws_request_id,
                "function_name": context.function_name,
                "function_version": context.function_version,
                "invoked_function_arn": context.invoked_function_arn,
                "log_group_name": context.log_group_name,
                "memory_limit_in_mb": context.memory_limit_in_mb,
            }
        """,
        MemorySize=256,
    )

    invoked = function.invoke()

    assert invoked.payload == {
        "aws_request_id": invoked.request_id,
        "function_name": function.name,
        "function_version": "$LATEST",
        "invoked_function_arn": f"arn:aws:lambda:us-east-1:000000000000:function:{function.name}",
        "log_group_name": f"/aws/lambda/{function.name}",
        "memory_limit_in_mb": "256",
    }


def test_remaining_time(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""
    function = functions(
        """
        import time

        def handler(event, context):
            return time.time() * 1000 + context.get_remaining_time_in_millis()
        """,
        timeout=60,
    )
    function.invoke()

    before = time.time() * 1000
    deadline = function.invoke().payload
    after = time.time() * 1000

    assert before + 60_000 - 5 <= deadline <= after + 60_000 + 5


def test_client_context(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""
    function = functions("def handler(event, context): return context.client_context.custom")
    context = base64.b64encode(json.dumps({"custom": {"key": "value"}}).encode()).decode()

    assert function.invoke(ClientContext=context).payload == {"key": "value"}


def test_trace_header(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    function = functions("import os\ndef handler(e, c): return os.environ['_X_AMZN_TRACE_ID']")

    traces = {function.invoke().payload for _ in range(2)}

    assert len(traces) == 2
    assert all(trace.startswith("Root=1-") and ";Parent=" in trace for trace in traces)


def test_variables_are_those_that_aws_documents(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    function = functions(VARIABLES, Environment={"Variables": {"OWN": "value", "EDGE_PORT": "7"}})

    variables = function.invoke().payload

    # Without isolation, these contain the environment's own folder.
    assert variables.keys() - {"HOME", "TMPDIR"} == {
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_XRAY_CONTEXT_MISSING",
        "AWS_XRAY_DAEMON_ADDRESS",
        "EDGE_PORT",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "LANG",
        "LD_LIBRARY_PATH",
        "OWN",
        "PATH",
        "PYTHONPATH",
        "TZ",
        "_AWS_XRAY_DAEMON_ADDRESS",
        "_AWS_XRAY_DAEMON_PORT",
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
    }
    assert variables["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == function.name
    assert variables["AWS_REGION"] == "us-east-1"
    assert (variables["LANG"], variables["TZ"]) == ("en_US.UTF-8", ":UTC")
    assert variables["_HANDLER"] == "app.handler"
    assert (variables["OWN"], variables["EDGE_PORT"]) == ("value", "7")


@pytest.mark.parametrize("variables", [{}, {"PYTHONHASHSEED": "1"}], ids=["forked", "started"])
def test_forked_and_new_interpreters_are_equivalent(
    functions: FunctionFactory, variables: dict[str, str]
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html"""
    result = functions(
        """
        import __main__, os, signal, sys, tempfile, time, boto3

        def handler(event, context):
            return {
                "arguments": sys.argv[1:],
                "file": __file__.removeprefix(os.environ["LAMBDA_TASK_ROOT"]),
                "first on path": sys.path[0] == os.environ["LAMBDA_TASK_ROOT"],
                "main": os.path.basename(os.path.dirname(__main__.__file__)),
                "encodings": [sys.stdout.encoding, sys.getfilesystemencoding()],
                "zone": time.tzname[0],
                "session": os.getsid(0) == os.getpid() == os.getpgrp(),
                "interrupt": signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,
                "input": sys.stdin.read(),
                "files": len(os.listdir("/proc/self/fd")) < 10,
            }
        """,
        Environment={"Variables": variables},
    ).invoke()

    assert result.payload == {
        "arguments": ["app.handler"],
        "file": "/app.py",
        "first on path": True,
        "main": "awslambdaric",
        "encodings": ["utf-8", "utf-8"],
        "zone": "UTC",
        "session": True,
        "interrupt": True,
        "input": "",
        "files": True,
    }
