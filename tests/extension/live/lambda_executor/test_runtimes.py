"""Functions run on the Python version of their runtime, if it is installed."""

import pytest
from botocore.exceptions import WaiterError

from tests.extension.conftest import Clients, LocalStack
from tests.extension.lambda_functions import ROLE, FunctionFactory, bundle

MODULE_PATH = """
    import os, sys

    def handler(event, context):
        layers = next(path for path in sys.path if "site-packages" in path and "/opt/" in path)
        return [os.environ["AWS_EXECUTION_ENV"], layers]
"""


@pytest.mark.parametrize(
    ("asked", "runs"),
    [("python3.13", "python3.13"), ("python3.12", "python3.12"), ("python3.11", "python3.13")],
)
def test_python_version_of_the_runtime(functions: FunctionFactory, asked: str, runs: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html

    If it is not installed, they run on the first version in LAMBDA_PROCESS_PYTHON.
    """
    variable, layers = functions(MODULE_PATH, runtime=asked).invoke().payload

    assert variable == f"AWS_Lambda_{asked}"
    assert f"/{runs}/" in layers


def test_warning_for_a_missing_python_version(
    functions: FunctionFactory, localstack: LocalStack
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"""
    function = functions("def handler(event, context): return 1", runtime="python3.11")

    assert function.invoke().payload == 1

    warning = f"Function {function.name} requires python3.11 and runs on python3.13"
    assert localstack.log.count(warning) == 1


def test_unsupported_runtime_fails_with_advice(aws: Clients, name: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html"""
    client = aws["lambda"]
    client.create_function(
        FunctionName=name,
        Role=ROLE,
        Runtime="nodejs22.x",
        Handler="index.handler",
        Code={"ZipFile": bundle({"index.js": ""})},
    )

    waiter = client.get_waiter("function_active_v2")
    with pytest.raises(WaiterError):
        waiter.wait(FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})

    reason = client.get_function(FunctionName=name)["Configuration"]["StateReason"]
    assert "nodejs22.x" in reason
    assert "LAMBDA_RUNTIME_EXECUTOR=docker" in reason
    client.delete_function(FunctionName=name)
