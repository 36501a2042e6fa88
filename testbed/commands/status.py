"""``testbed status``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from testbed.commands.description import NO_STACK, describe, warning_rows
from testbed.commands.options import json_option, stack_option
from testbed.terminal import console
from testbed.terminal.tables import print_table

if TYPE_CHECKING:
    from testbed.aws.clients import Aws
    from testbed.session import Session


@click.command()
@stack_option
@json_option
@click.pass_obj
def status(session: Session, as_json: bool) -> None:
    """Show the stack, its functions and the messages in its queues.

    Nested stacks and what is in them are included. Without a stack, all functions and queues are
    shown.
    """
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
        If the testbed is not running, or the selected stack is not deployed.
    """
    from testbed.aws.functions import function_names

    aws = session.aws
    description = describe(session)
    stack_name = description["stack"]
    return {
        **description,
        "stack_status": _stack_status(aws, stack_name) if stack_name else None,
        "nested_stacks": _nested(aws, stack_name) if stack_name else {},
        "functions": {
            name: aws.lambda_.get_function_configuration(FunctionName=name)["State"]
            for name in sorted(function_names(aws, stack_name))
        },
        "queues": _queues(aws, stack_name),
    }


def _stack_status(aws: Aws, stack_name: str) -> str:
    return aws.cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]["StackStatus"]


def _nested(aws: Aws, stack_name: str) -> dict[str, str]:
    from testbed.aws.stacks import nested_stacks

    return {
        arn.split("/")[1]: _stack_status(aws, arn) for arn in sorted(nested_stacks(aws, stack_name))
    }


def _queues(aws: Aws, stack_name: str | None) -> dict[str, dict[str, int]]:
    from testbed.aws.queues import message_counts, queue_name
    from testbed.aws.stacks import physical_ids

    urls: Iterable[str]
    if stack_name:
        urls = physical_ids(aws, stack_name, "AWS::SQS::Queue")
    else:
        pages = aws.sqs.get_paginator("list_queues").paginate()
        urls = [url for page in pages for url in page.get("QueueUrls", ())]
    queues = {}
    for url in sorted(urls):
        counts = message_counts(aws, url)
        queues[queue_name(url)] = {"visible": counts.visible, "in_flight": counts.in_flight}
    return queues


def _print_overview(view: dict[str, Any]) -> None:
    rows = [
        ("endpoint", view["endpoint_url"]),
        ("api", view["api_url"] or "-"),
        ("stack", f"{view['stack']} {view['stack_status']}" if view["stack"] else NO_STACK),
        *(("nested stack", f"{name} {state}") for name, state in view["nested_stacks"].items()),
        *(("function", f"{name} {state}") for name, state in view["functions"].items()),
        *(
            ("queue", f"{name} {counts['visible']} visible, {counts['in_flight']} in flight")
            for name, counts in view["queues"].items()
        ),
    ]
    print_table((), [*rows, *warning_rows(view)])
