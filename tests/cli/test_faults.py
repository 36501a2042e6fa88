"""``testbed fault`` on a running testbed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from testbed.aws.clients import Aws
from tests.conftest import CommandLine, Deployed


@pytest.fixture
def command(running_testbed: Deployed) -> Iterator[CommandLine]:
    yield running_testbed.command
    running_testbed.command.output("fault", "clear")


def test_fault_is_added_listed_and_cleared(running_testbed: Deployed, command: CommandLine) -> None:
    queue = running_testbed.outputs["IncidentDeadLetterQueueUrl"]
    sqs = Aws(running_testbed.endpoint_url, "us-east-1").sqs
    added = json.loads(
        command.output(
            "fault", "add", "sqs.GetQueueAttributes", "--queue", "incident-dlq",
            "--error", "AccessDenied", "--next", "1", "--json",
        )
    )  # fmt: skip
    assert added["status"] == 403
    with pytest.raises(ClientError, match="AccessDenied"):
        sqs.get_queue_attributes(QueueUrl=queue)
    sqs.get_queue_attributes(QueueUrl=queue)

    [rule] = json.loads(command.output("fault", "list", "--json"))["faults"]
    assert rule == {**added, "seen": 1, "hits": 1, "spent": True}
    heading, line = command.output("fault", "list").splitlines()
    assert heading.split() == ["id", "fault", "calls", "resource", "caller", "which", "hits"]
    assert line.split()[1:] == [
        "AccessDenied", "403", "sqs.GetQueueAttributes", "incident-dlq", "spent", "1", "of", "1",
    ]  # fmt: skip

    assert "Removed 1 fault." in command.run("fault", "clear", added["id"]).stderr
    assert "There are no faults." in command.run("fault", "list").stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sqs.SendMesage", "--throttle"), "did you mean SendMessage?"),
        (("--queue", "orders.fifo", "--duplicate"), "is a FIFO queue"),
        (("sqs", "--throttle", "--share", "2"), "at most 1"),
        (("sqs",), "Choose one fault"),
    ],
)
def test_invalid_rule_gives_one_message(
    command: CommandLine, arguments: tuple[str, ...], message: str
) -> None:
    result = command.run("fault", "add", *arguments)
    assert result.returncode == 2
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert "There are no faults." in command.run("fault", "list").stderr


def test_unknown_fault(command: CommandLine) -> None:
    result = command.run("fault", "clear", "none-such")
    assert result.returncode == 1
    assert "There is no fault with the id none-such." in result.stderr
