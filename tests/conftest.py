"""Fixtures for all tests: the command line, and the pipeline on the plug-in's testbed."""

from __future__ import annotations

import io
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from testbed import Aws, RunningTestbed, Stack
from testbed.__main__ import main
from tests import outgoing

ROOT = Path(__file__).parent.parent
CTRL_C = "\x03"
_RETYPE_SECONDS = 0.5
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
    """Group the tests that use the same LocalStack, if several processes run them.

    Each process begins with a section of the list, and so starts few LocalStacks. Within a group
    tests stay in random order. Sections begin with tests that take long, so that none is the last.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    items.sort(key=_localstack_of)
    long = [item for item in items if item.get_closest_marker("long")]
    others = [item for item in items if item not in long]
    sections = int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    begin: list[list[pytest.Item]] = [long[number::sections] for number in range(sections)]
    size = -(-len(others) // sections)
    items[:] = [
        item
        for number in range(sections)
        for item in (*begin[number], *others[number * size : (number + 1) * size])
    ]


def _localstack_of(item: pytest.Item) -> int:
    """Return which LocalStack a test uses: one of tests/extension, none, or the plug-in's."""
    names = getattr(item, "fixturenames", ())
    if "localstack" in names:
        return 0
    if "reconfigured_localstack" in names:
        return 1
    return 3 if "testbed" in names else 2


outgoing.watch()


@pytest.fixture(autouse=True)
def no_connection_to_other_machines(pytestconfig: pytest.Config) -> Iterator[None]:
    """Fail a test that tries to connect to another machine, even if it handles the error."""
    if pytestconfig.getoption("--testbed-target") in outgoing.ELSEWHERE:
        yield
        return
    with outgoing.denied() as tried:
        yield
    assert tried == [], "connections to other machines"


@dataclass(frozen=True)
class CommandLine:
    """The command ``testbed`` with its own state folder."""

    state: Path
    project: Path = ROOT

    def arguments(self, *arguments: str) -> list[str]:
        """Return the whole command."""
        own = ["--project", str(self.project), "--state", str(self.state)]
        return [sys.executable, "-m", "testbed", *own, *arguments]

    def run(
        self, *arguments: str, timeout: float = _LIMIT_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        """Run the command, and return its exit status and output."""
        return subprocess.run(
            self.arguments(*arguments),
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def run_on_terminal(self, *arguments: str, answers: dict[str, str]) -> tuple[int, str]:
        """Run the command on a terminal of its own; return its exit status and what it showed.

        Parameters
        ----------
        answers
            What is typed, by the end of the text that is shown before; each is typed once, but
            :data:`CTRL_C` until the command has exited.
        """
        pid, terminal = pty.fork()
        if pid == 0:
            # Background jobs of a shell ignore Ctrl-C, and their children inherit that.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            command = self.arguments(*arguments)
            os.execv(command[0], command)  # noqa: S606 - no shell is needed
        shown, typed, left = "", "", dict(answers)
        last = time.monotonic()
        try:
            while time.monotonic() < last + _LIMIT_SECONDS:
                if not select.select([terminal], [], [], _RETYPE_SECONDS)[0]:
                    # Python loses a Ctrl-C that is typed just before it waits for a line.
                    os.write(terminal, typed.encode() if typed == CTRL_C else b"")
                    continue
                last = time.monotonic()
                try:
                    shown += os.read(terminal, 4096).decode(errors="replace")
                except OSError:  # the command has exited
                    break
                for question in [each for each in left if shown.endswith(each)]:
                    typed = left.pop(question)
                    os.write(terminal, typed.encode())
            else:
                os.kill(pid, signal.SIGKILL)
        finally:
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            os.close(terminal)
        return status, shown

    @contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """Start the command, which a test may interrupt, and kill it at the end."""
        # Background jobs of a shell ignore Ctrl-C, and their children inherit that.
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
        """Run the command, which must succeed, and return its output."""
        result = self.run(*arguments)
        assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
        return result.stdout


class CommandHere(CommandLine):
    """The same command within the test's process: starting another takes most of the time."""

    def run(
        self, *arguments: str, timeout: float = _LIMIT_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        """Run the command. pytest's time limit applies instead of ``timeout``."""
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
    """A testbed with the pipeline deployed, and a command line for it."""

    command: CommandLine
    aws: Aws
    endpoint_url: str
    api_url: str
    stack: str
    outputs: Mapping[str, str]
    testbed: RunningTestbed

    @classmethod
    def of(cls, testbed: RunningTestbed, stack: Stack) -> Deployed:
        """Return the plug-in's testbed in the form that tests of the pipeline use."""
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
    """The whole pipeline, on this test process's LocalStack or the chosen target."""
    return Deployed.of(testbed, stack)
