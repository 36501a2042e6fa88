"""Functions run on the version of Python that they ask for, if it is there."""

import pytest

from tests.extension.conftest import LocalStack
from tests.extension.lambda_functions import FunctionFactory

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
def test_function_runs_on_the_version_it_asks_for(
    functions: FunctionFactory, asked: str, runs: str
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html

    One whose version is not there runs on the first that is.
    """
    variable, layers = functions(MODULE_PATH, runtime=asked).invoke().payload

    assert variable == f"AWS_Lambda_{asked}"
    assert f"/{runs}/" in layers


def test_version_that_is_not_there_is_warned_of(
    functions: FunctionFactory, localstack: LocalStack
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"""
    function = functions("def handler(event, context): return 1", runtime="python3.11")

    assert function.invoke().payload == 1

    warning = f"Function {function.name} is for python3.11 and runs on python3.13"
    assert localstack.log.count(warning) == 1
