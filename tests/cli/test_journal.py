"""``testbed journal`` and ``testbed trace`` on a running testbed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from testbed.aws.clients import Aws
from tests.conftest import Deployed


def invoke(running: Deployed) -> str:
    """Invoke a function, and return the request id."""
    functions = Aws(running.endpoint_url, "us-east-1").lambda_
    answer = functions.invoke(FunctionName="status-api", Payload=b"{}")
    return answer["ResponseMetadata"]["RequestId"]


def test_journal_shows_what_happened(running_testbed: Deployed) -> None:
    request = invoke(running_testbed)
    command = running_testbed.command

    def entries(*options: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in command.output("journal", *options).splitlines()]

    [invocation] = entries("--json", "--kind", "invocation", "--grep", request)
    assert invocation["id"] == request
    assert invocation["resource"] == "status-api"
    line = command.output("journal", "--kind", "invocation", "--grep", request)
    assert "λ status-api" in line
    assert len(entries("--json", "--limit", "2")) == 2
    assert "has no such entries" in command.run("journal", "--since", "0s").stderr


def test_trace_draws_the_chain(running_testbed: Deployed) -> None:
    request = invoke(running_testbed)
    command = running_testbed.command
    drawn = command.output("trace", request)
    assert "lambda Invoke status-api" in drawn.splitlines()[0]
    assert "λ status-api (" in drawn
    entries = map(json.loads, command.output("trace", request, "--json").splitlines())
    assert {"api", "invocation"} <= {entry["kind"] for entry in entries}


def test_trace_without_an_id_draws_the_newest_chain(running_testbed: Deployed) -> None:
    """At once after its schedule was fired, although its function still runs."""
    command = running_testbed.command
    command.output("tick", "cron-rule")
    schedule, delivery, function = command.output("trace").splitlines()[:3]
    assert "schedule cron-rule fires" in schedule
    assert "EventBridge cron-rule → website-monitor" in delivery
    assert "λ website-monitor" in function


@pytest.mark.parametrize("identity", ["none-such", "-1x"])
def test_unknown_id(running_testbed: Deployed, identity: str) -> None:
    result = running_testbed.command.run("trace", "--", identity)
    assert result.returncode == 1
    assert f"The journal has no entry with the id or position {identity}." in result.stderr
