"""``testbed status``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from testbed.commands.description import warning_rows
from testbed.commands.options import json_option
from testbed.terminal import console
from testbed.terminal.tables import print_table

if TYPE_CHECKING:
    from testbed.aws.clients import Aws
    from testbed.session import Session


@click.command()
@json_option
@click.pass_obj
def status(session: Session, as_json: bool) -> None:
    """Show the stack, its functions and the messages in its queues."""
    view = overview(session)
    if as_json:
        console.print_json(view)
    else:
        _print_overview(view)


def overview(session: Session) -> dict[str, Any]:
    """Return the state of the stack, its functions and its queues.

    Raises
    ------
    NotRunningError
        If the testbed is not running, or the stack is not deployed.
    """
    from testbed.aws.functions import stack_functions

    aws, stack_name = session.aws, session.project.stack_name
    description = session.description()
    stack = aws.cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
    return {
        **description,
        "stack_status": stack["StackStatus"],
        "functions": {
            name: aws.lambda_.get_function_configuration(FunctionName=name)["State"]
            for name in sorted(stack_functions(aws, stack_name))
        },
        "queues": _queues(aws, stack_name),
    }


def _queues(aws: Aws, stack_name: str) -> dict[str, dict[str, int]]:
    from testbed.aws.queues import message_counts, queue_name
    from testbed.aws.stacks import stack_resources

    urls = stack_resources(aws, stack_name, "AWS::SQS::Queue").values()
    queues = {}
    for url in sorted(urls):
        counts = message_counts(aws, url)
        queues[queue_name(url)] = {"visible": counts.visible, "in_flight": counts.in_flight}
    return queues


def _print_overview(view: dict[str, Any]) -> None:
    rows = [
        ("endpoint", view["endpoint_url"]),
        ("api", view["api_url"] or "-"),
        ("stack", f"{view['stack']} {view['stack_status']}"),
        *(("function", f"{name} {state}") for name, state in view["functions"].items()),
        *(
            ("queue", f"{name} {counts['visible']} visible, {counts['in_flight']} in flight")
            for name, counts in view["queues"].items()
        ),
    ]
    print_table((), [*rows, *warning_rows(view)])
