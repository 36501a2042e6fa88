"""``testbed invoke`` and ``testbed sample`` on a running testbed."""

from __future__ import annotations

import io
import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from testbed.machine.waiting import until
from tests.conftest import Deployed
from tests.extension.lambda_functions import bundle

LIMIT_SECONDS = 10.0

SOURCE = """
    import json

    def inner(event):
        raise ValueError(event["fail"])

    def handler(event, context):
        print("received", json.dumps(event))
        if "fail" in event:
            inner(event)
        return event
"""

TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
}
LOGS = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "logs:*", "Resource": "*"},
}


@pytest.fixture(scope="module")
def function(running_testbed: Deployed) -> Iterator[str]:
    """A function outside of the stack, with an alias ``live``."""
    functions, name = running_testbed.aws.lambda_, f"invoked-{uuid.uuid4().hex[:8]}"
    iam = running_testbed.aws.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="logs", PolicyDocument=json.dumps(LOGS))
    functions.create_function(
        FunctionName=name,
        Role=role,
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": bundle({"app.py": SOURCE})},
    )
    until(
        lambda: functions.get_function_configuration(FunctionName=name)["State"] == "Active",
        within=LIMIT_SECONDS,
        what=f"active function {name}",
    )
    functions.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="$LATEST")
    yield name
    functions.delete_function(FunctionName=name)
    iam.delete_role_policy(RoleName=name, PolicyName="logs")
    iam.delete_role(RoleName=name)


def test_result_log_report_and_chain(
    running_testbed: Deployed, function: str, tmp_path: Path
) -> None:
    file = tmp_path / "event.json"
    file.write_text('\ufeff{"text": "ü", "number": 1.10}', encoding="utf-8")
    result = running_testbed.command.run("invoke", function, "--event", str(file))
    assert result.returncode == 0
    # Only the result, so that it can be piped.
    assert result.stdout == '{"text": "\\u00fc", "number": 1.1}\n'
    assert re.search(r"^\d\d:\d\d:\d\d\.\d{3} received \{", result.stderr, re.MULTILINE)
    assert re.search(r"^REPORT Duration [\d.]+ ms, Billed Duration", result.stderr, re.MULTILINE)
    assert f"lambda Invoke {function}\n└── " in result.stderr
    assert f"λ {function} (" in result.stderr


def test_event_on_standard_input(
    running_testbed: Deployed, function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b'{"a": 1}')))
    arguments = ("invoke", f"{function}:live", "--event", "-", "--json")
    view = json.loads(running_testbed.command.output(*arguments))
    assert view.keys() == {"request_id", "status", "version", "payload", "error", "logs", "report"}
    assert (view["status"], view["version"], view["payload"]) == (200, "$LATEST", {"a": 1})
    assert view["logs"][-1]["message"] == 'received {"a": 1}'
    assert view["report"]["memory_size_mb"] == 128
    assert view["report"]["duration_ms"] > 0


def test_function_that_fails(running_testbed: Deployed, function: str, tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text('{"fail": "too high"}')
    result = running_testbed.command.run("invoke", function, "--event", str(file))
    assert result.returncode == 1
    assert result.stdout == ""
    _, marked, error = result.stderr.rpartition(f"Error: {function} failed: ValueError: too high\n")
    assert marked
    assert ", line 10, in handler" in error
    assert "✗ ValueError: too high" in result.stderr

    as_json = running_testbed.command.run("invoke", function, "--event", str(file), "--json")
    assert as_json.returncode == 1
    view = json.loads(as_json.stdout)
    assert view["error"]["type"] == "ValueError"
    assert view["error"]["kind"] == "Unhandled"
    assert view["payload"]["errorMessage"] == "too high"

    # An event that was accepted is a success, whatever becomes of it.
    queued = running_testbed.command.run("invoke", function, "--event", str(file), "--async")
    assert queued.returncode == 0
    assert re.fullmatch(r"[0-9a-f-]{36}\n", queued.stdout)
    assert "✗ ValueError: too high" in queued.stderr
    assert "received" in queued.stderr


def test_logical_id_and_a_sample_of_its_queue(running_testbed: Deployed) -> None:
    queue = "arn:aws:sqs:us-east-1:000000000000:incident-queue"
    result = running_testbed.command.run(
        "invoke", "IncidentRecorder", "--sample", "sqs", "--set", "body=not an alert",
        "--wait", "0s",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "The event is one of the queue incident-queue." in result.stderr
    assert "lambda Invoke" not in result.stderr
    assert json.loads(result.stdout)["batchItemFailures"] != []
    assert queue not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("status-ap",), 1, "Did you mean status-api?"),
        (("status-api:none",), 1, "Lambda did not invoke status-api:none"),
        (("status-api", "--event", "none.json"), 1, "none.json"),
        (("status-api", "--sample", "sq"), 1, "There is no sample event named sq."),
        (("status-api", "--sample", "api", "--set", "body"), 2, "'body' is not of the form"),
        (("status-api", "--set", "body=1"), 2, "--set: only with --sample."),
        (("status-api", "--event", "-", "--sample", "api"), 2, "cannot be combined"),
    ],
)
def test_what_cannot_be_invoked(
    running_testbed: Deployed, arguments: tuple[str, ...], status: int, message: str
) -> None:
    result = running_testbed.command.run("invoke", *arguments)
    assert result.returncode == status
    assert message in result.stderr
    assert result.stdout == ""


def test_invalid_event_is_not_sent(running_testbed: Deployed, tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text('{"a": 1,\n "b"}')
    result = running_testbed.command.run("invoke", "status-api", "--event", str(file))
    assert result.returncode == 1
    assert "is not valid JSON: " in result.stderr
    assert "line 2, column 5" in result.stderr


def test_event_in_the_command_line_is_not_a_file(running_testbed: Deployed) -> None:
    result = running_testbed.command.run("invoke", "status-api", "--event", '{"name": "Ada"}')
    assert result.returncode == 1
    assert "testbed invoke NAME --event -" in result.stderr


def test_samples(running_testbed: Deployed) -> None:
    command = running_testbed.command
    listed = command.output("sample")
    assert re.search(r"^sqs +SQS: a message of a standard queue.* queue, body$", listed, re.M)
    assert "schedule" in json.loads(command.output("sample", "--json"))
    event = json.loads(command.output("sample", "sns", "--set", "message=hi"))
    assert event["Records"][0]["Sns"]["Message"] == "hi"
    assert command.run("sample", "--set", "a=b").returncode == 2
