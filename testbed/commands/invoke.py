"""``testbed invoke``: one invocation of a function, and everything that comes of it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from testbed.commands.options import Pair, Pairs, json_option
from testbed.commands.sources import source_folder
from testbed.errors import TestbedError
from testbed.terminal import console
from testbed.terminal.durations import Duration, duration_text, local_time_text

if TYPE_CHECKING:
    from testbed.aws.functions import KnownFunction
    from testbed.aws.invocation import FunctionError, Invocation
    from testbed.aws.invocation_log import InvocationLog
    from testbed.control.journal import Journal
    from testbed.session import Session
    from testbed.trace.settling import Followed

_ADVICE = {
    "Sandbox.Timedout": "It ran longer than its Timeout: raise that, or find out what it waited"
    " for.",
    "Runtime.ImportModuleError": "Check that its Handler names a file at the top level of its code,"
    " and that its packages are there or in requirements.txt.",
    "Runtime.HandlerNotFound": "Check its Handler: FILE.FUNCTION, such as app.handler for the"
    " function handler in app.py.",
    "Runtime.MalformedHandlerName": "Its Handler must be FILE.FUNCTION, such as app.handler for the"
    " function handler in app.py.",
    "Runtime.ExitError": "Its process ended: it exited, or had too little memory (MemorySize).",
    "Runtime.OutOfMemory": "Raise its MemorySize.",
}


@click.command()
@click.argument(
    "function", metavar="NAME",
    help="The function: its name, its logical ID in the template, or its ARN; with :QUALIFIER if"
    " you like.",
)  # fmt: skip
@click.option(
    "--event", "file", metavar="FILE",
    help="Send the JSON in this file; - reads standard input. The default is {}.",
)  # fmt: skip
@click.option(
    "--sample", "sample_name", metavar="NAME",
    help="Send an event as AWS's services do, such as sqs, sns, s3, schedule or api;"
    " `testbed sample` lists them. What is known of the function's sources is filled in.",
)  # fmt: skip
@click.option(
    "--set", "settings", type=Pair(), multiple=True, metavar="PATH=VALUE",
    help="With --sample: set a variable of the event, such as body, or what is at a path, such as"
    " Records[0].body. Repeatable.",
)  # fmt: skip
@click.option("--qualifier", metavar="NAME", help="Invoke this version or alias.")
@click.option(
    "--async", "asynchronous", is_flag=True,
    help="Only queue the event, as SNS, S3 and EventBridge do; failures are retried.",
)  # fmt: skip
@click.option(
    "--wait", type=Duration(), default="5s", show_default=True, metavar="DURATION",
    help="Wait at most this long until nothing more follows from the invocation; 0s: do not show"
    " what follows.",
)  # fmt: skip
@json_option
@click.pass_obj
def invoke(
    session: Session,
    function: str,
    file: str | None,
    sample_name: str | None,
    settings: Pairs,
    qualifier: str | None,
    asynchronous: bool,
    wait: timedelta,
    as_json: bool,
) -> None:
    """Invoke a function; show its log, result and consequences.

    Only the result is printed to standard output, so that `testbed invoke NAME | jq` works; with
    --async, the request ID. The exit status is 1 if the function fails or cannot be invoked.
    """
    from testbed.aws.functions import find_function
    from testbed.aws.invocation import check_event
    from testbed.aws.invocation import invoke as invoke_function
    from testbed.aws.invocation_log import invocation_log

    if file is not None and sample_name is not None:
        raise click.UsageError("--event and --sample cannot be combined.")
    if settings and sample_name is None:
        raise click.UsageError("--set: only with --sample.")
    aws = session.aws
    found = find_function(aws, function, session.stack_names, qualifier)
    configuration = aws.lambda_.get_function_configuration(FunctionName=found.name)
    if sample_name is None:
        event, where = _read(file)
    else:
        event = _sample(session, sample_name, settings, configuration["FunctionArn"])
        where = f"The sample {sample_name}"
    check_event(event, where, asynchronous=asynchronous)
    journal, position = (None, 0) if as_json else _journal(session)
    began = datetime.now(UTC)
    invocation = invoke_function(
        aws, found.name, event, qualifier=found.qualifier, asynchronous=asynchronous
    )
    group = configuration.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{found.name}"
    if as_json:
        log = None if asynchronous else invocation_log(aws, group, invocation, began)
        console.print_json(_object(invocation, log))
    elif asynchronous:
        _result(invocation.request_id)
        followed = _follow(session, journal, position, invocation, wait)
        if any(step.entry.kind == "invocation" for step in followed.steps()):
            _print_log(invocation_log(aws, group, invocation, began))
        _print_chain(followed, invocation, wait)
        if not wait:
            console.progress.print(
                console.text(f"Follow it with: testbed trace {invocation.request_id}")
            )
    else:
        _print_log(invocation_log(aws, group, invocation, began))
        if not invocation.error:
            _result(invocation.payload)
        _print_chain(_follow(session, journal, position, invocation, wait), invocation, wait)
    if invocation.error:
        raise _failure(session, found, invocation.error)


def _read(file: str | None) -> tuple[bytes, str]:
    """Return the event, and where it comes from."""
    if file is None:
        return b"{}", "The default event"
    if file == "-":
        content, where = sys.stdin.buffer.read(), "Standard input"
    else:
        content, where = _read_file(file), file
    return content.removeprefix(b"\xef\xbb\xbf"), where  # a byte order mark is not JSON


def _read_file(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        if isinstance(error, FileNotFoundError) or file.lstrip().startswith("{"):
            raise TestbedError(
                f"There is no file {file}.",
                advice="--event is the path of a file with JSON. For an event in the command line:"
                """ echo '{"name": "value"}' | testbed invoke NAME --event -""",
            ) from error
        raise


def _sample(session: Session, name: str, settings: Pairs, function_arn: str) -> bytes:
    """Make a sample event for a function, and print which source it is filled in from."""
    from testbed.samples.catalog import find_sample
    from testbed.samples.filling import Surroundings, make_event
    from testbed.samples.sources import find_source

    sample = find_sample(name)
    source = find_source(session.aws, function_arn, name)
    if source:
        note = f" {source.note}" if source.note else ""
        _note(f"The event is one of the {source.title}.{note}")
    region, account = function_arn.split(":")[3:5]
    surroundings = Surroundings(account, region, function_arn.rpartition(":")[2])
    event = make_event(sample, settings, surroundings, source.values if source else None)
    return json.dumps(event).encode()


def _journal(session: Session) -> tuple[Journal | None, int]:
    """Return the journal and its last position; None if the emulator has none."""
    from testbed.control.endpoint import LacksFeatureError
    from testbed.control.journal import Journal

    journal = Journal(session.endpoint)
    try:
        return journal, journal.position()
    except TestbedError as error:
        if not isinstance(error, LacksFeatureError) and not session.given_endpoint:
            raise
        _note(f"{error.message} What follows from the invocation is not shown.")
        return None, 0


def _follow(
    session: Session,
    journal: Journal | None,
    position: int,
    invocation: Invocation,
    wait: timedelta,
) -> Followed:
    from testbed.aws.consumers import Consumers
    from testbed.trace.settling import Expectations, Followed, follow_chain

    if journal is None or not wait:
        return Followed()
    consumers = Consumers(session.aws)
    expectations = Expectations(consumers.has_consumer, consumers.retries)
    return follow_chain(
        journal, position, invocation.request_id, wait.total_seconds(), expectations
    )


def _note(text: str) -> None:
    console.progress.print(console.text((f"… {text}", "dim")), soft_wrap=True)


def _result(payload: str) -> None:
    """Print the result: for a person on a terminal, for a program elsewhere."""
    try:
        value = json.loads(payload)
    except ValueError:  # a request ID
        console.line(payload)
        return
    if console.output.is_terminal:
        text = json.dumps(value, indent=2, ensure_ascii=False)
        console.line(text, multiline=True)
    else:
        # Numbers stay as the function wrote them. Other characters than ASCII are in strings only.
        console.line(
            "".join(each if each.isascii() else json.dumps(each)[1:-1] for each in payload)
            .replace("\x7f", "\\u007f"),
            multiline=True,
        )  # fmt: skip


def _print_log(log: InvocationLog) -> None:
    from testbed.aws.log_messages import readable

    if not log.complete:
        _note("The beginning of the log is missing: `testbed logs` may have it.")
    for line in log.lines:
        time = f"{local_time_text(line.time)} " if log.timed else ""
        text = console.text((time, "dim")).append_text(console.lines(readable(line.message)))
        console.progress.print(text, soft_wrap=True)
    if log.report:
        figures = ", ".join(f"{name} {figure}" for name, figure in log.report.items())
        console.progress.print(console.text((f"REPORT {figures}", "dim")), soft_wrap=True)


def _print_chain(followed: Followed, invocation: Invocation, wait: timedelta) -> None:
    from testbed.trace.tree import draw, tree

    for root in followed.roots:
        if console.output.is_terminal:
            console.wide.print(console.tree(tree(root)))
        else:
            for line in draw([root]):
                console.progress.print(console.text(line), soft_wrap=True)
    for line in dict.fromkeys(followed.expected):
        console.progress.print(console.text(("… ", "dim"), line), soft_wrap=True)
    if followed.expected:
        console.progress.print(
            console.text(
                f"This is not complete after {duration_text(wait)}; follow it with:"
                f" testbed trace {invocation.request_id}"
            ),
            soft_wrap=True,
        )


def _failure(session: Session, function: KnownFunction, error: FunctionError) -> TestbedError:
    """Return how a function failed, with its own frames of the traceback."""
    from testbed.project.own_frames import own_frames

    code = source_folder(session, function.logical_id)
    what = ": ".join(filter(None, (error.type, error.message))) or error.kind
    frames = own_frames(error.stack, code, Path.cwd())
    return TestbedError(
        f"{function.name} failed: {what}",
        details="\n".join(frames),
        advice=_ADVICE.get(error.type, ""),
    )


def _object(invocation: Invocation, log: InvocationLog | None) -> dict[str, Any]:
    try:
        payload = json.loads(invocation.payload) if invocation.payload else None
    except ValueError:
        payload = invocation.payload
    return {
        "request_id": invocation.request_id,
        "status": invocation.status,
        "version": invocation.version or None,
        "payload": payload,
        "error": asdict(invocation.error) if invocation.error else None,
        "logs": log
        and [
            {"time": line.time.isoformat() if log.timed else None, "message": line.message}
            for line in log.lines
        ],
        "report": _numbers(log.report) if log else None,
    }


def _numbers(report: dict[str, str]) -> dict[str, float]:
    """Return the figures as numbers, with their units in the names: ``duration_ms``."""
    found = {}
    for name, figure in report.items():
        number, unit = figure.split()
        value = float(number) if "." in number else int(number)
        found[f"{name} {unit}".lower().replace(" ", "_")] = value
    return found
