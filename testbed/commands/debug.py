"""``testbed debug``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import click

from testbed.commands.options import stack_option
from testbed.commands.sources import source_folder
from testbed.control.endpoint import LacksFeatureError
from testbed.errors import TestbedError
from testbed.terminal import console

if TYPE_CHECKING:
    from testbed.control.debugging import Debugging
    from testbed.control.journal import Journal, JournalEntry
    from testbed.debugger.relay import Occurrence
    from testbed.session import Session

# debugpy's own default, which is also in the templates of VS Code.
_PORT = 5678


@click.command()
@click.argument("function", metavar="NAME", help="The function: its name or its logical ID.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=_PORT, show_default=True, metavar="PORT",
    help="Listen for the IDE on this port of 127.0.0.1; 0 chooses a free one.",
)  # fmt: skip
@click.option(
    "--wait/--no-wait", default=True, show_default=True,
    help="Let the function wait for the IDE before it is loaded.",
)  # fmt: skip
@click.option(
    "--launch-json", is_flag=True,
    help="Print the content of .vscode/launch.json, and do not debug anything.",
)  # fmt: skip
@stack_option
@click.pass_obj
def debug(session: Session, function: str, port: int, wait: bool, launch_json: bool) -> None:
    """Debug a function in VS Code, PyCharm or another IDE.

    The function runs in one process under debugpy, to which your IDE attaches. Until you press
    Ctrl-C, its timeouts are suspended, and its invocations run one after the other.
    """
    from testbed.aws.functions import find_function
    from testbed.debugger.launch_configuration import launch_json as content_of_launch_json
    from testbed.debugger.launch_configuration import local_root

    if not launch_json:
        _check_process(session)
    found = find_function(session.aws, function, session.stack_names)
    source = source_folder(session, found.logical_id)
    if launch_json:
        console.print_json(content_of_launch_json(found.name, port, source, session.root))
        return
    _debug(session, found.name, port, wait, source, local_root(source, session.root))


def _check_process(session: Session) -> None:
    if session.given_endpoint or session.localstack.running():
        return
    session.known_running()
    raise TestbedError(
        "Functions of a LocalStack in a container cannot be debugged.",
        advice="Run it without Docker: testbed down, then testbed up.",
    )


def _debug(
    session: Session, name: str, port: int, wait: bool, source: Path | None, shown_source: str
) -> None:
    from testbed.control.debugging import Debugging
    from testbed.control.journal import Journal
    from testbed.debugger.relay import TASK_ROOT, Relay
    from testbed.emulators.debugger import ensure_debugger

    arn = session.aws.lambda_.get_function_configuration(FunctionName=name)["FunctionArn"]
    runtime = Debugging.runtime(session.endpoint, arn)
    packages = ensure_debugger(console.report, runtime.removeprefix("python"))
    debugging: Debugging

    def report(occurrence: Occurrence) -> None:
        _report(occurrence, wait)
        if occurrence == "ended":
            _restart(debugging)

    relay = Relay(
        port,
        task_root=lambda: debugging.task_root() or TASK_ROOT,
        local_root=(source or session.root).resolve(),
        report=report,
    )
    try:
        invocations = _invocations(Journal(session.endpoint), name)
        debugging = Debugging(
            session.endpoint,
            arn,
            packages={runtime: packages},
            port=relay.process_port,
            token=relay.secrets.token,
            proof=relay.secrets.proof,
            wait=wait,
        )
        with debugging:
            console.line(f"{name} runs under debugpy at 127.0.0.1:{relay.port}.")
            console.line("VS Code: the launch configuration is printed by"
                         f" testbed debug {name} --launch-json")  # fmt: skip
            console.line(
                f"PyCharm: Attach to DAP, remote address 127.0.0.1:{relay.port}, remote project"
                f" path {TASK_ROOT}"
            )
            console.line(f"Source: {shown_source} is {TASK_ROOT}. Press Ctrl-C to end.")
            for entry in invocations:
                _print_invocation(entry)
            Event().wait()
    finally:
        relay.close()


def _invocations(journal: Journal, function: str) -> Iterator[JournalEntry]:
    """Return the invocations of a function from now on, without end; none without a journal."""
    try:
        position = journal.position()
    except LacksFeatureError:
        return iter(())
    entries = journal.follow(position, ["invocation"])
    return (entry for entry in entries if entry["resource"] == function)


def _report(occurrence: Occurrence, wait: bool) -> None:
    match occurrence:
        case "started" if wait:
            console.report("a process has started, and waits for the IDE to attach")
        case "started":
            console.report("a process has started")
        case "attached":
            console.report("the IDE is attached")
        case "detached":
            console.report("the IDE is detached")
        case "ended":
            console.report("the process has ended")
        case "denied":
            console.report("a connection was denied: it is not from a process of your user")


def _restart(debugging: Debugging) -> None:
    try:
        debugging.start_process()
    except TestbedError:  # LocalStack is stopping, or debugging has ended
        return


def _print_invocation(entry: JournalEntry) -> None:
    from testbed.trace.wording import describe

    time = f"{entry.time.astimezone():%H:%M:%S.%f}"[:-3]
    problem = f"  ✗ {entry['error']}: {entry['message']}" if entry["error"] else ""
    console.line((f"{time} {entry.id}", "dim"), f" {describe(entry)}", (problem, "red"))
