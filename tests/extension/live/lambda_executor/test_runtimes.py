"""Functions run on the Python version of their runtime, if it is installed."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from testbed.emulators import runtimes
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
    [
        ("python3.13", "python3.13"),
        ("python3.12", "python3.12"),
        ("python3.11", "python3.11"),
        ("python3.14", "python3.13"),
    ],
)
def test_python_version_of_the_runtime(functions: FunctionFactory, asked: str, runs: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html

    Without it, they run on the first version in LAMBDA_PROCESS_PYTHON, and nothing claims
    otherwise. Layers are searched as on AWS, where they work later.
    """
    result = functions(MODULE_PATH, runtime=asked).invoke()
    variable, layers = result.payload

    assert variable == f"AWS_Lambda_{runs}"
    assert f"/{asked}/" in layers
    assert f"INIT_START Runtime Version: python:{runs.removeprefix('python')}.v1\t" in result.tail


OF_ITS_RUNTIME = """
    import sys, boto3, simplejson, urllib3

    def handler(event, context):
        client = boto3.client("sqs")
        compiled = simplejson.encoder.c_make_encoder is not None
        return ["python%d.%d" % sys.version_info[:2], compiled, client.meta.region_name]
"""


@pytest.mark.parametrize("runtime", ["python3.9", "python3.10"])
def test_a_real_version_is_made_ready_for_a_function_of_the_api(
    functions: FunctionFactory, runtime: str
) -> None:
    if reason := runtimes.choose(runtime, print).reason:
        pytest.skip(f"{runtime} {reason}")
    function = functions(OF_ITS_RUNTIME, runtime=runtime)

    assert function.invoke().payload == [runtime, True, "us-east-1"]


def test_missing_python_version_is_in_the_log_and_in_the_state(
    functions: FunctionFactory, localstack: LocalStack, aws: Clients
) -> None:
    function = functions("def handler(event, context): return 1", runtime="python3.14")

    assert function.invoke().payload == 1

    note = "Runtime is python3.14, which is not installed here; it runs on python3.13"
    assert localstack.log.count(f"{function.name}: {note}") == 1
    configuration = aws["lambda"].get_function_configuration(FunctionName=function.name)
    assert (configuration["State"], configuration["StateReason"]) == ("Active", note)


def test_function_moves_to_another_version(functions: FunctionFactory, aws: Clients) -> None:
    function = functions(MODULE_PATH, runtime="python3.14")
    aws["lambda"].update_function_configuration(FunctionName=function.name, Runtime="python3.12")
    function.wait_until_updated()

    assert function.invoke().payload[0] == "AWS_Lambda_python3.12"
    configuration = aws["lambda"].get_function_configuration(FunctionName=function.name)
    assert "StateReason" not in configuration


def answer(localstack: LocalStack, runtime: str) -> Any:
    with urllib.request.urlopen(f"{localstack.endpoint}/_testbed/runtimes/{runtime}") as response:
        return json.load(response)


def test_endpoint_says_what_runs(localstack: LocalStack) -> None:
    assert answer(localstack, "python3.14") == {
        "runtime": "python3.14",
        "runs_on": "python3.13",
        "reason": "is not installed here",
        "deprecated": None,
    }
    assert answer(localstack, "python3.11")["runs_on"] == "python3.11"
    assert answer(localstack, "python3.8")["deprecated"] == "2024-10-14"
    with pytest.raises(urllib.error.HTTPError, match="404"):
        answer(localstack, "nodejs22.x")


def test_runtime_that_aws_does_not_accept_any_more(aws: Clients, name: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/runtime-support-policy.html"""
    with pytest.raises(ClientError, match=r"of python3\.7 is no longer supported") as error:
        aws["lambda"].create_function(
            FunctionName=name,
            Role=ROLE,
            Runtime="python3.7",
            Handler="app.handler",
            Code={"ZipFile": bundle({"app.py": ""})},
        )
    assert error.value.response["Error"]["Code"] == "InvalidParameterValueException"


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
