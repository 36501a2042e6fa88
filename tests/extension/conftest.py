"""One LocalStack with the extension for all tests, and what they need to use it through boto3."""

import os
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.config import Config

from testbed.environments import ensure_environments
from testbed.ports import port_of_its_own
from tests.extension.faults import FaultRules
from tests.extension.lambda_functions import FunctionFactory
from tests.extension.waiting import wait_until

START_LIMIT = 60.0
STOP_LIMIT = 30.0


class LocalStackEnded(Exception):
    """LocalStack ended instead of starting."""


class LocalStack(NamedTuple):
    """A running LocalStack."""

    endpoint: str
    process: int


@contextmanager
def running_localstack(directory: Path, **settings: str) -> Iterator[LocalStack]:
    """Run LocalStack with the extension."""
    port = port_of_its_own()
    environments = ensure_environments(print)
    (directory / "tmp").mkdir(parents=True, exist_ok=True)
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "FILESYSTEM_ROOT": str(directory),
        "TEMP": str(directory / "tmp"),
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "LOCALSTACK_HOST": f"127.0.0.1:{port}",
        "SQS_ENDPOINT_STRATEGY": "path",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DISABLE_EVENTS": "1",
        "DNS_ADDRESS": "0",
        "IN_MEMORY_CLIENT": "1",
        "OVERRIDE_IN_DOCKER": "0",
        "LAMBDA_RUNTIME_EXECUTOR": "process",
        "TESTBED_ASYNCHRONOUS_RETRY_DELAY": "0.1",
        "LAMBDA_PROCESS_PYTHON": str(environments.runtime_python),
        "PYTHONPATH": str(environments.extension),
    }
    with (directory / "localstack.log").open("ab") as log:
        process = subprocess.Popen(
            [str(environments.localstack_python), "-m", "localstack.runtime.main"],
            env=variables | settings,
            cwd=directory,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        endpoint = f"http://127.0.0.1:{port}"
        wait_until(lambda: _is_ready(endpoint, process), START_LIMIT, "LocalStack is ready")
        yield LocalStack(endpoint, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_LIMIT)
        finally:
            process.kill()
            process.wait()


def _is_ready(endpoint: str, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise LocalStackEnded
    try:
        with urllib.request.urlopen(f"{endpoint}/_localstack/init/ready") as response:
            return b'"completed": true' in response.read()
    except (urllib.error.URLError, ConnectionError):
        return False


@pytest.fixture(scope="session")
def localstack() -> Iterator[LocalStack]:
    with (
        tempfile.TemporaryDirectory(prefix="extension-tests-") as directory,
        running_localstack(Path(directory)) as running,
    ):
        yield running


@pytest.fixture(scope="session")
def localstack_endpoint(localstack: LocalStack) -> str:
    return localstack.endpoint


class Clients:
    """boto3 clients for one LocalStack, which never repeat a call by themselves."""

    def __init__(self, endpoint: str) -> None:
        self._session: Any = boto3.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
        )
        self._arguments = {
            "endpoint_url": endpoint,
            "config": Config(retries={"total_max_attempts": 1}, max_pool_connections=20),
        }
        self._clients: dict[str, Any] = {}

    def __getitem__(self, service: str) -> Any:
        if service not in self._clients:
            client = self._session.client(service, **self._arguments)
            # Made at first use: several threads at once would get classes of their own.
            _ = client.exceptions
            self._clients[service] = client
        return self._clients[service]


@pytest.fixture(scope="session")
def aws(localstack_endpoint: str) -> Clients:
    return Clients(localstack_endpoint)


@pytest.fixture
def functions(aws: Clients) -> Iterator[FunctionFactory]:
    """Makes functions, which are deleted after the test."""
    factory = FunctionFactory(aws["lambda"], aws["logs"])
    yield factory
    factory.delete_all()


@pytest.fixture
def faults(localstack_endpoint: str) -> Iterator[FaultRules]:
    """Rules of faults, which are removed after the test."""
    rules = FaultRules(localstack_endpoint)
    yield rules
    rules.remove_all()


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name that no other test uses."""
    return f"test-{os.getpid()}-{time.time_ns():x}"
