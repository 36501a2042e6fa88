"""What runs, at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from testbed.aws.logs import stack_functions
from testbed.terminal.console import grid, line, output

if TYPE_CHECKING:
    from testbed.aws.clients import Aws
    from testbed.session import Session


def overview(session: Session) -> dict[str, Any]:
    """Return the state of the stack, its functions and its queues.

    Raises
    ------
    NotRunningError
        If the testbed is not running, or the stack is not deployed.
    """
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
    pages = aws.cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_name)
    urls = [
        resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::SQS::Queue"
    ]
    queues = {}
    for url in sorted(urls):
        attributes = aws.sqs.get_queue_attributes(
            QueueUrl=url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
            ],
        )["Attributes"]
        queues[url.rpartition("/")[2]] = {
            "waiting": int(attributes["ApproximateNumberOfMessages"]),
            "in_flight": int(attributes["ApproximateNumberOfMessagesNotVisible"]),
        }
    return queues


def print_overview(view: dict[str, Any]) -> None:
    """Print an overview for people."""
    rows = [
        ("endpoint", view["endpoint_url"]),
        ("api", view["api_url"] or "-"),
        ("stack", f"{view['stack']} {view['stack_status']}"),
        *(("function", f"{name} {state}") for name, state in view["functions"].items()),
        *(
            ("queue", f"{name} {counts['waiting']} waiting, {counts['in_flight']} in flight")
            for name, counts in view["queues"].items()
        ),
    ]
    output.print(grid(rows))
    print_unconfirmed(view)
    print_exposure(view)


def print_unconfirmed(view: dict[str, Any]) -> None:
    """Print a line for each address that gets no emails because it has not confirmed."""
    for address in view["unconfirmed"]:
        line(f"email      {address} gets none before it confirms: testbed inbox confirm")


def print_exposure(view: dict[str, Any]) -> None:
    """Print a line if functions can see the files of whoever started LocalStack."""
    isolation = view["isolation"]
    if isolation and not isolation["isolated"]:
        line(
            f"isolation none: functions can see your files ({isolation['reason']});"
            " run: testbed doctor"
        )
