"""One LocalStack with the extension for all tests, and what they need to use it through boto3."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.config import Config

from testbed.emulators import localstack_process, runtimes
from testbed.emulators.environments import ensure_environments
from testbed.machine.ports import random_free_port
from tests.extension.control import CONTROL_SECRET
from tests.extension.faults import FaultRules
from tests.extension.lambda_functions import FunctionFactory
from tests.extension.scheduling import Clock, Queue

STOP_LIMIT = 30.0


class LocalStack(NamedTuple):
    """A running LocalStack.

    Parameters
    ----------
    process
        Its process id.
    folder
        The folder with its files and its log.
    """

    endpoint: str
    process: int
    folder: Path

    @property
    def log(self) -> str:
        """What it has printed so far."""
        return (self.folder / "localstack.log").read_text()


@contextmanager
def running_localstack(directory: Path, **settings: str) -> Iterator[LocalStack]:
    """Run LocalStack as ``testbed up`` does, but without permissions and preloaded services.

    Raises
    ------
    StartError
        If it exits instead of starting.
    """
    port = random_free_port()
    directory.mkdir(exist_ok=True)
    process = localstack_process.start(
        ensure_environments(print),
        directory,
        directory / "localstack.log",
        port=port,
        settings={
            "HOME": str(directory),
            "ENFORCE_IAM": "0",
            "TESTBED_PRELOADED_SERVICES": "",
            "TESTBED_CONTROL_SECRET": CONTROL_SECRET,
            "TESTBED_ASYNCHRONOUS_RETRY_DELAY": "0.1",
            "LAMBDA_PROCESS_PYTHON_COMMAND": "",
            **settings,
        },
    )
    try:
        localstack_process.await_ready(process, port)
        yield LocalStack(process.endpoint_url, process.child.pid, directory)
    finally:
        # Not process.stop(), which kills what LocalStack leaves behind: it must leave nothing.
        process.child.terminate()
        try:
            process.child.wait(STOP_LIMIT)
        finally:
            process.child.kill()
            process.child.wait()


class Clients:
    """boto3 clients for one LocalStack, which never retry a call."""

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
            # Made at first use: several threads at once would each create the classes.
            _ = client.exceptions
            self._clients[service] = client
        return self._clients[service]


@contextmanager
def _localstack_in_temporary_folder(**settings: str) -> Iterator[LocalStack]:
    with (
        tempfile.TemporaryDirectory(prefix="extension-tests-") as directory,
        running_localstack(Path(directory), **settings) as running,
    ):
        yield running


@pytest.fixture(scope="session")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """The one that almost all tests use; it has several versions of Python for functions.

    Those for python3.12 and python3.11 are stand-ins. The second one is found when a function needs
    it, and so are python3.9 and python3.10, as on any machine that has them. There is no other.
    """
    folder = tmp_path_factory.mktemp("pythons")
    stand_ins = [stand_in(folder / name, name) for name in ("python3.12", "python3.11")]
    pythons = [ensure_environments(print).runtime_python, stand_ins[0]]
    command = folder / "find"
    command.write_text(
        "#!/bin/sh\n"
        "case $1 in\n"
        f'python3.11) echo "{stand_ins[1]}" ;;\n'
        f"python3.9|python3.10) {runtimes.command()} $1 ;;\n"
        "*) echo is not installed here; exit 1 ;;\n"
        "esac\n"
    )
    command.chmod(0o755)
    with _localstack_in_temporary_folder(
        LAMBDA_PROCESS_PYTHON=os.pathsep.join(map(str, pythons)),
        LAMBDA_PROCESS_PYTHON_COMMAND=str(command),
    ) as made:
        yield made


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


@pytest.fixture(scope="session")
def reconfigured_localstack() -> Iterator[LocalStack]:
    """One whose settings do not suit most tests; a start for each setting would take too long."""
    with _localstack_in_temporary_folder(
        LAMBDA_PROCESS_ISOLATION="0",
        LAMBDA_LIMITS_CONCURRENT_EXECUTIONS="3",
        LAMBDA_LIMITS_MINIMUM_UNRESERVED_CONCURRENCY="1",
        TESTBED_ASYNCHRONOUS_RETRY_DELAY="60.5",
        TESTBED_SNS_RETRY_SECONDS="0.01",
    ) as made:
        yield made


@pytest.fixture(scope="session")
def reconfigured_aws(reconfigured_localstack: LocalStack) -> Clients:
    return Clients(reconfigured_localstack.endpoint)


@pytest.fixture
def reconfigured_functions(reconfigured_aws: Clients) -> Iterator[FunctionFactory]:
    """Makes functions in the reconfigured LocalStack, which are deleted after the test."""
    yield from _functions(reconfigured_aws)


@pytest.fixture(scope="session")
def localstack_endpoint(localstack: LocalStack) -> str:
    return localstack.endpoint


@pytest.fixture(scope="session")
def aws(localstack_endpoint: str) -> Clients:
    return Clients(localstack_endpoint)


@pytest.fixture
def functions(aws: Clients) -> Iterator[FunctionFactory]:
    """Makes functions, which are deleted after the test."""
    yield from _functions(aws)


def _functions(aws: Clients) -> Iterator[FunctionFactory]:
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
def clock(localstack_endpoint: str) -> Clock:
    return Clock(localstack_endpoint)


@pytest.fixture
def queue(aws: Clients, name: str) -> Iterator[Queue]:
    """A queue with the name that no other test uses."""
    queue = Queue.create(aws["sqs"], name)
    yield queue
    aws["sqs"].delete_queue(QueueUrl=queue.url)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name that no other test uses."""
    return f"test-{os.getpid()}-{time.time_ns():x}"
