"""The command line for tests, and the pipeline on the testbed that the plug-in starts."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from testbed import Aws, RunningTestbed, Stack
from testbed.__main__ import main
from tests import outgoing

ROOT = Path(__file__).parent.parent
_LIMIT_SECONDS = 110.0
# Tests wait for about as long as they compute.
_WORKERS_PER_CORE = 2
_MOST_WORKERS = 8


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return how many processes ``-n auto`` means."""
    return min(_WORKERS_PER_CORE * (os.cpu_count() or 1), _MOST_WORKERS)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests are shared out, put those together that use the same LocalStack.

    Each process begins with a stretch of the list, and then needs to start few of them. Among
    themselves tests stay in the random order that they have.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=_localstack_of)


def _localstack_of(item: pytest.Item) -> int:
    """Return a number for the LocalStack that a test uses: those of tests/extension, none, ours."""
    names = getattr(item, "fixturenames", ())
    if "localstack" in names:
        return 0
    if "unusual_localstack" in names:
        return 1
    return 3 if "testbed" in names else 2


outgoing.watch()


@pytest.fixture(autouse=True)
def no_connection_to_other_machines(pytestconfig: pytest.Config) -> Iterator[None]:
    """Fail a test that connects to another machine, also if that goes unnoticed."""
    if pytestconfig.getoption("--testbed-target") in outgoing.ELSEWHERE:
        yield
        return
    with outgoing.denied() as tried:
        yield
    assert tried == [], "connections to other machines"


@dataclass(frozen=True)
class CommandLine:
    """The command ``testbed``, working in a state folder of its own."""

    state: Path
    project: Path = ROOT

    def arguments(self, *arguments: str) -> list[str]:
        """Return the whole command."""
        own = ["--project", str(self.project), "--state", str(self.state)]
        return [sys.executable, "-m", "testbed", *own, *arguments]

    def run(
        self, *arguments: str, timeout: float = _LIMIT_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end, whatever that is."""
        return subprocess.run(
            self.arguments(*arguments),
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    @contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """Start it, to be interrupted, and kill it at last."""
        # What a shell runs in the background ignores Ctrl-C, and so would what it starts.
        usual = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            process = subprocess.Popen(self.arguments(*arguments), stdin=subprocess.DEVNULL)
        finally:
            signal.signal(signal.SIGINT, usual)
        with process:
            try:
                yield process
            finally:
                process.kill()

    def output(self, *arguments: str) -> str:
        """Run it, and return what it printed; it must succeed."""
        result = self.run(*arguments)
        assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
        return result.stdout


class CommandHere(CommandLine):
    """The same command, without a process of its own, whose start would take most of the time."""

    def run(
        self, *arguments: str, timeout: float = _LIMIT_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end; how long that may take, pytest says."""
        command = self.arguments(*arguments)
        given, on_termination = sys.argv, signal.getsignal(signal.SIGTERM)
        output, errors = io.StringIO(), io.StringIO()
        sys.argv = command[2:]
        try:
            with redirect_stdout(output), redirect_stderr(errors), pytest.raises(SystemExit) as end:
                main()
        finally:
            sys.argv = given
            signal.signal(signal.SIGTERM, on_termination)
        return subprocess.CompletedProcess(
            command, int(end.value.code or 0), output.getvalue(), errors.getvalue()
        )


@dataclass(frozen=True)
class Deployed:
    """A testbed with the pipeline deployed, and the command that works on it."""

    command: CommandLine
    aws: Aws
    endpoint_url: str
    api_url: str
    stack: str
    outputs: Mapping[str, str]
    testbed: RunningTestbed

    @classmethod
    def of(cls, testbed: RunningTestbed, stack: Stack) -> Deployed:
        """Return what the plug-in has started, as tests of the pipeline use it."""
        assert stack.api_url is not None
        return cls(
            command=CommandHere(testbed.session.state),
            aws=testbed.aws,
            endpoint_url=testbed.endpoint_url,
            api_url=stack.api_url,
            stack=stack.name,
            outputs=stack.outputs,
            testbed=testbed,
        )


@pytest.fixture(scope="session")
def running_testbed(testbed: RunningTestbed, stack: Stack) -> Deployed:
    """The whole pipeline, on a LocalStack of this test process, or on the chosen target."""
    return Deployed.of(testbed, stack)
