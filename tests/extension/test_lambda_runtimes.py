"""Functions run on the version of Python that they ask for, if it is there."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.environments import ensure_environments
from tests.extension.conftest import Clients, running_localstack
from tests.extension.lambda_functions import FunctionFactory

MODULE_PATH = """
    import os, sys

    def handler(event, context):
        layers = next(path for path in sys.path if "site-packages" in path and "/opt/" in path)
        return [os.environ["AWS_EXECUTION_ENV"], layers]
"""


def stand_in(folder: Path, version: str) -> Path:
    """Make what looks like an environment of another version, and runs the one there is."""
    python = ensure_environments(print).runtime_python
    (folder / "bin").mkdir(parents=True)
    (folder / "lib" / version).mkdir(parents=True)
    packages = next(python.parent.parent.glob("lib/python3.*/site-packages"))
    (folder / "lib" / version / "site-packages").symlink_to(packages)
    program = folder / "bin" / "python"
    program.write_text(f'#!/bin/sh\nexec "{python}" "$@"\n')
    program.chmod(0o755)
    return program


@pytest.fixture(scope="module")
def functions_of_two_versions(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[FunctionFactory]:
    folder = tmp_path_factory.mktemp("versions")
    pythons = [ensure_environments(print).runtime_python, stand_in(folder / "other", "python3.12")]
    setting = os.pathsep.join(map(str, pythons))
    with running_localstack(folder, LAMBDA_PROCESS_PYTHON=setting) as localstack:
        clients = Clients(localstack.endpoint)
        yield FunctionFactory(clients["lambda"], clients["logs"])


@pytest.mark.parametrize(
    ("asked", "runs"),
    [("python3.13", "python3.13"), ("python3.12", "python3.12"), ("python3.11", "python3.13")],
)
def test_function_runs_on_the_version_it_asks_for(
    functions_of_two_versions: FunctionFactory, asked: str, runs: str
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html

    One whose version is not there runs on the first that is.
    """
    variable, layers = functions_of_two_versions(MODULE_PATH, runtime=asked).invoke().payload

    assert variable == f"AWS_Lambda_{asked}"
    assert f"/{runs}/" in layers


def test_version_that_is_not_there_is_warned_of(tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"""
    with running_localstack(tmp_path) as localstack:
        clients = Clients(localstack.endpoint)
        functions = FunctionFactory(clients["lambda"], clients["logs"])
        function = functions("def handler(event, context): return 1", runtime="python3.12")
        assert function.invoke().payload == 1

    log = (tmp_path / "localstack.log").read_text()
    assert log.count(f"Function {function.name} is for python3.12 and runs on python3.13") == 1
