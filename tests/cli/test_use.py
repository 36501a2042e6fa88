"""Using a running testbed: the commands, the AWS CLI, awslocal and boto3."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from testbed.aws.clients import Aws
from testbed.machine.waiting import until
from tests.conftest import Deployed

BIN = Path(sys.executable).parent


def shell(running: Deployed, script: str) -> str:
    """Run a script in a shell that has evaluated `testbed env`, and return what it printed."""
    exports = running.command.output("env")
    result = subprocess.run(
        ["sh", "-euc", f"{exports}\n{script}"],
        # A caller's profile must not get in the way.
        env={**os.environ, "AWS_PROFILE": "none-such", "PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_status(running_testbed: Deployed) -> None:
    view = json.loads(running_testbed.command.output("status", "--json"))
    assert view["stack_status"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    assert set(view["functions"]) == {"website-monitor", "incident-recorder", "status-api"}
    assert set(view["functions"].values()) == {"Active"}
    assert set(view["queues"]) == {"incident-queue", "incident-dlq", "website-monitor-dlq"}
    text = running_testbed.command.output("status")
    assert "website-monitor Active" in text
    assert running_testbed.api_url in text


def test_tick_and_logs(running_testbed: Deployed) -> None:
    command = running_testbed.command
    firing = json.loads(command.output("tick", "--json"))
    assert firing["arn"] == "arn:aws:events:us-east-1:000000000000:rule/cron-rule"
    assert "error" not in firing
    assert "cron-rule" in command.run("tick", "cron-rule").stderr
    pattern = re.compile(
        r"START RequestId: (\S+) Version: \$LATEST.*END RequestId: \1.*REPORT RequestId: \1\t"
        r"Duration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 512 MB\t"
        r"Max Memory Used: \d+ MB",
        re.DOTALL,
    )
    until(
        lambda: pattern.search(command.output("logs", "website-monitor")),
        within=20,
        what="START, END and REPORT lines",
    )


def test_tick_of_an_unknown_rule(running_testbed: Deployed) -> None:
    result = running_testbed.command.run("tick", "no-such-rule")
    assert result.returncode == 1
    assert "no-such-rule" in result.stderr
    assert "cron-rule" in result.stderr


@pytest.fixture
def broken_rule(running_testbed: Deployed) -> Iterator[str]:
    """A disabled rule with a target that does not exist."""
    events = Aws(running_testbed.endpoint_url, "us-east-1").events
    name, target = "broken-rule", "arn:aws:sqs:us-east-1:000000000000:no-such-queue"
    events.put_rule(Name=name, ScheduleExpression="rate(1 hour)", State="DISABLED")
    events.put_targets(
        Rule=name,
        Targets=[{"Id": "none", "Arn": target, "RetryPolicy": {"MaximumRetryAttempts": 0}}],
    )
    yield name
    events.remove_targets(Rule=name, Ids=["none"])
    events.delete_rule(Name=name)


def test_tick_that_fails(running_testbed: Deployed, broken_rule: str) -> None:
    result = running_testbed.command.run("tick", broken_rule)
    assert result.returncode == 1
    assert "broken-rule failed" in result.stderr
    assert "Traceback" not in result.stderr


def test_logs_as_json(running_testbed: Deployed) -> None:
    invoked = Aws(running_testbed.endpoint_url, "us-east-1").lambda_.invoke(
        FunctionName="status-api", Payload=b"{}"
    )
    request = invoked["ResponseMetadata"]["RequestId"]
    command = running_testbed.command

    def lines() -> list[Any]:
        shown = command.output("logs", "status-api", "--json", "--grep", "RequestId")
        found = [json.loads(line) for line in shown.splitlines()]
        return [line for line in found if line["request_id"] == request][2:]

    [report] = until(lines, within=20, what="REPORT line")
    assert report["function"] == "status-api"
    assert report["message"].startswith(f"REPORT RequestId: {request}")
    result = command.run("logs", "status-apy")
    assert (result.returncode, result.stdout) == (1, "")
    assert "Did you mean status-api? The functions are: " in result.stderr


def test_tick_requires_a_name(running_testbed: Deployed, broken_rule: str) -> None:
    result = running_testbed.command.run("tick")
    assert result.returncode == 1
    assert "broken-rule, cron-rule" in result.stderr


def test_clock_and_its_advance(running_testbed: Deployed, broken_rule: str) -> None:
    command = running_testbed.command
    shown = command.output("clock")
    assert re.search(r"cron-rule +rule +rate\(1 day\) +\d{4}-\d\d-\d\d [\d:]{8} UTC +\w+", shown)
    assert re.search(r"broken-rule +rule +rate\(1 hour\) +disabled$", shown, re.MULTILINE)
    before = json.loads(command.output("clock", "--json"))

    [line] = command.output("clock", "advance", "1d").splitlines()
    assert line.endswith("UTC  cron-rule")
    after = json.loads(command.output("clock", "--json"))
    assert after["offset_seconds"] >= before["offset_seconds"] + 86_399

    due = after["next"][0]["scheduled_time"]
    advance = json.loads(command.output("clock", "advance", "--to", due, "--json"))
    assert [firing["scheduled_time"] for firing in advance["fired"]] == [due]


def test_advance_with_a_firing_that_fails(running_testbed: Deployed, broken_rule: str) -> None:
    Aws(running_testbed.endpoint_url, "us-east-1").events.enable_rule(Name=broken_rule)
    result = running_testbed.command.run("clock", "advance", "2h30m")
    assert result.returncode == 1
    assert len(re.findall(r"UTC  broken-rule  ✗ ", result.stdout)) == 2
    assert "firings failed, first broken-rule" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [(), ("soon",), ("2h", "--to=2100-01-01"), ("--to=soon",), ("--to=2020-01-01",)],
)
def test_invalid_advance(running_testbed: Deployed, arguments: tuple[str, ...]) -> None:
    result = running_testbed.command.run("clock", "advance", *arguments)
    assert result.returncode == 2
    assert "Error: " in result.stderr
    assert "Traceback" not in result.stderr


def test_logs_of_an_unknown_function(running_testbed: Deployed) -> None:
    result = running_testbed.command.run("logs", "no-such-function")
    assert result.returncode == 1
    assert "status-api" in result.stderr


def test_inbox(running_testbed: Deployed) -> None:
    shell(
        running_testbed,
        f"aws sns publish --topic-arn {running_testbed.outputs['AlertsTopicArn']}"
        " --subject 'An unusual subject' --message hello",
    )
    command = running_testbed.command
    until(
        lambda: [
            email
            for email in json.loads(command.output("inbox", "--json"))
            if email["subject"] == "An unusual subject"
        ],
        within=20,
        what="email",
    )
    assert "An unusual subject" in command.output("inbox")


@pytest.fixture
def subscriber(running_testbed: Deployed) -> Iterator[str]:
    """An address whose subscription to the alerts is not confirmed."""
    sns, topic = running_testbed.aws.sns, running_testbed.outputs["AlertsTopicArn"]
    address = f"{uuid.uuid4().hex}@example.com"
    arn = sns.subscribe(
        TopicArn=topic, Protocol="email", Endpoint=address, ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    yield address
    sns.unsubscribe(SubscriptionArn=arn)


def test_confirmation_of_a_subscription(running_testbed: Deployed, subscriber: str) -> None:
    command, address = running_testbed.command, subscriber
    until(
        lambda: address in command.output("inbox"),
        within=20,
        what="confirmation email",
    )
    assert "testbed inbox confirm" in command.run("inbox").stderr
    assert f"{address} receives nothing until it is confirmed" in command.output("status")

    confirmed = command.run("inbox", "confirm", address)
    assert confirmed.returncode == 0
    assert confirmed.stderr == f"Confirmed the subscription of {address} to website-alerts.\n"
    assert address not in json.loads(command.output("status", "--json"))["unconfirmed"]
    again = command.run("inbox", "confirm", address)
    assert again.returncode == 0
    assert f"There is no confirmation email for {address}." in again.stderr


def test_aws_cli(running_testbed: Deployed) -> None:
    names = shell(
        running_testbed,
        "aws lambda list-functions --query 'Functions[].FunctionName' --output text",
    )
    assert {"website-monitor", "incident-recorder", "status-api"} <= set(names.split())


@pytest.mark.parametrize("way", ["aws", "sh -c 'aws \"$@\"' -", "env aws"])
def test_aws_cli_with_services_whose_endpoints_it_has_in_a_table(
    running_testbed: Deployed, way: str
) -> None:
    """Version 1 prefers that table to AWS_ENDPOINT_URL (overridesslcommonname.py)."""
    urls = shell(running_testbed, f"{way} sqs list-queues --query QueueUrls --output text")
    assert running_testbed.outputs["IncidentQueueUrl"] in urls.split()


def test_awslocal(running_testbed: Deployed) -> None:
    bucket = running_testbed.outputs["BucketName"]
    script = (
        f"echo hello | awslocal s3 cp - s3://{bucket}/hello.txt\n"
        f"awslocal s3 cp s3://{bucket}/hello.txt -\n"
        f"awslocal s3 rm s3://{bucket}/hello.txt >&2\n"
    )
    assert shell(running_testbed, script) == "hello\n"


def test_awslocal_prints_nothing_but_its_answer(running_testbed: Deployed) -> None:
    listed = shell(running_testbed, "awslocal sqs list-queues --query 'QueueUrls[0]' 2>&1")
    assert listed.startswith('"http://127.0.0.1:')
    assert len(listed.splitlines()) == 1


def test_boto3(running_testbed: Deployed) -> None:
    program = (
        "import boto3; queue = boto3.resource('sqs').get_queue_by_name(QueueName='incident-dlq');"
        "print(queue.attributes['QueueArn'])"
    )
    arn = shell(running_testbed, f'python -c "{program}"')
    assert arn.strip() == "arn:aws:sqs:us-east-1:000000000000:incident-dlq"


def test_isolation(running_testbed: Deployed) -> None:
    isolation = json.loads(running_testbed.command.output("status", "--json"))["isolation"]
    assert isolation["isolated"] is (isolation["reason"] is None)
    assert ("can see your files" in running_testbed.command.output("status")) is not isolation[
        "isolated"
    ]
