"""``testbed watch``."""

from __future__ import annotations

import queue
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from types import FrameType
from typing import TYPE_CHECKING, TypeVar

import click

from testbed.commands.logs import ProjectFiles, print_line
from testbed.commands.options import Pairs, override_options, project_options
from testbed.commands.parameters import ask_for_missing
from testbed.commands.saving import save_deployment
from testbed.terminal import console

if TYPE_CHECKING:
    from testbed.aws.logs import LogLine, LogSource
    from testbed.errors import TestbedError
    from testbed.project.overrides import Overrides
    from testbed.project.project import Project
    from testbed.session import Session
    from testbed.trace.chains import Step

T = TypeVar("T")

_INDENT = " " * 10


@click.command()
@project_options
@override_options
@click.option("--no-logs", is_flag=True, help="Do not show the functions' log lines.")
@click.option("--no-chains", is_flag=True, help="Do not show what happens as chains.")
@click.pass_obj
def watch(
    session: Session, parameters: Pairs, files: Pairs, no_logs: bool, no_chains: bool
) -> None:
    """Deploy each change as soon as it is saved.

    It ends when you press Ctrl-C. Changed code is updated in the functions directly; a changed
    template is deployed by a change set. New log lines and chains are shown below.
    """
    from testbed.deployment.stack_update import stack_parameters
    from testbed.project.overrides import Overrides
    from testbed.watching.loop import StackWatch, Watch

    chosen = Overrides.from_environment().updated(Overrides.of(parameters, files))
    project, aws = chosen.apply(session.project), session.aws
    answers = ask_for_missing(project, lambda name: stack_parameters(aws, name))
    chosen = chosen.updated(Overrides(answers))
    threads = _Threads()
    sources: list[LogSource] = []
    stack = StackWatch(_reader(session, chosen), aws, _Output(session))

    inputs = stack.inputs

    def check() -> None:
        nonlocal inputs
        threads.check()
        if stack.inputs is not inputs:  # there may be other functions now
            inputs = stack.inputs
            sources[:] = _log_sources(session, stack.name)

    loop = Watch([stack], check)
    if not no_chains:
        _follow_chains(session, threads)
    console.line(f"Deploying {stack.name} …")
    loop.begin()
    sources[:] = _log_sources(session, stack.name)
    if not no_logs:
        _follow_logs(session, sources, threads)
    shown = ", ".join(stack.shown(path) for path in loop.paths())
    console.line(f"Watching {shown}. Press Ctrl-C to stop.")
    with _termination():
        loop.run()


@contextmanager
def _termination() -> Iterator[None]:
    """Let SIGTERM end the block as usual: watchfiles takes every signal for Ctrl-C."""
    usual = signal.getsignal(signal.SIGTERM)
    received = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal received
        received = True
        if callable(usual):
            usual(number, frame)

    signal.signal(signal.SIGTERM, note)
    try:
        yield
    except KeyboardInterrupt:
        if received and callable(usual):
            usual(signal.SIGTERM, None)
        raise
    finally:
        signal.signal(signal.SIGTERM, usual)


def _reader(session: Session, chosen: Overrides) -> Callable[[], Project]:
    """Return a function that reads the project's files anew."""

    def read() -> Project:
        return session.with_websites(chosen.apply(replace(session).project))

    return read


class _Output:
    """Prints what the loop does, each with its time.

    After each deployment it saves the state, so that `testbed reset` does not take it back.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def deployed(self, text: str, seconds: float | None = None) -> None:
        took = "" if seconds is None else f" in {seconds:.2f} s"
        console.line((_time(), "dim"), ("✓ ", "green"), f"{text}{took}")
        save_deployment(self._session)

    def failed(self, error: TestbedError, consequence: str) -> None:
        console.line((_time(), "dim"), ("✗ ", "red"), error.message)
        for text in (error.details, error.advice, consequence):
            for line in text.splitlines():
                console.line(f"{_INDENT}{line}", multiline=True)

    def progress(self, message: str) -> None:
        console.line((_time(), "dim"), message)


def _time() -> str:
    return f"{datetime.now().astimezone():%H:%M:%S}  "


class _Threads:
    """Threads that print until the command ends; an error in one of them ends the command."""

    def __init__(self) -> None:
        self._errors: queue.SimpleQueue[Exception] = queue.SimpleQueue()

    def start(self, items: Callable[[], Iterable[T]], show: Callable[[T], None]) -> None:
        """Show each item as it comes."""

        def run() -> None:
            try:
                for item in items():
                    show(item)
            except Exception as error:
                self._errors.put(error)

        threading.Thread(target=run, daemon=True).start()

    def check(self) -> None:
        """Raise the error of a thread, if there is one."""
        try:
            error = self._errors.get_nowait()
        except queue.Empty:
            return
        raise error


def _follow_chains(session: Session, threads: _Threads) -> None:
    from testbed.control.endpoint import LacksFeatureError
    from testbed.control.journal import Journal
    from testbed.trace.tree import tree
    from testbed.watching.activity import follow_chains

    journal = Journal(session.endpoint)
    try:
        position = journal.position()
    except LacksFeatureError as error:
        console.line(f"Chains are not shown. {error.message}")
        return

    def show(root: Step) -> None:
        console.wide.print(console.tree(tree(root)))

    threads.start(lambda: follow_chains(journal, position), show)


def _log_sources(session: Session, stack_name: str) -> list[LogSource]:
    """Return the logs of a stack's functions; none if the stack could not be created yet."""
    from testbed.aws.logs import log_sources
    from testbed.aws.stacks import describe_stack

    return log_sources(session.aws, stack_name) if describe_stack(session.aws, stack_name) else []


def _follow_logs(session: Session, sources: list[LogSource], threads: _Threads) -> None:
    from testbed.aws.logs import follow_logs

    _ = session.aws.logs  # creating a client is not thread-safe
    since = datetime.now(UTC)
    files = ProjectFiles(session)

    def show(line: LogLine) -> None:
        print_line(line, max((len(each.function) for each in sources), default=0), files)

    threads.start(lambda: follow_logs(session.aws, lambda: list(sources), since), show)
