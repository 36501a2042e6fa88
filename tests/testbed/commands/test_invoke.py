"""``testbed invoke`` with results of functions that would control the terminal."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from testbed.aws.clients import Aws
from testbed.aws.functions import KnownFunction
from testbed.aws.invocation import FunctionError, Invocation
from testbed.aws.invocation_log import InvocationLog
from testbed.aws.logs import LogLine
from testbed.control.endpoint import LacksFeatureError
from tests.conftest import CommandHere
from tests.testbed.terminal.test_console import HOSTILE, hidden

ARN = "arn:aws:lambda:us-east-1:000000000000:function:monitor"
LOG = InvocationLog(
    [LogLine("1", "", datetime(2026, 12, 24, 12, tzinfo=UTC), f"{HOSTILE}\rx")],
    {"Duration": "1.32 ms", "Memory Size": "128 MB"},
)


@pytest.fixture
def command(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> CommandHere:
    """The command, with an emulator that has no journal and one function."""

    def lacks(_journal: Any) -> int:
        raise LacksFeatureError("The emulator has no journal.")

    functions = SimpleNamespace(get_function_configuration=lambda **_: {"FunctionArn": ARN})
    monkeypatch.setattr(Aws, "lambda_", functions)
    monkeypatch.setattr(
        "testbed.aws.functions.find_function", lambda *_: KnownFunction("monitor", "", "")
    )
    monkeypatch.setattr("testbed.aws.invocation_log.invocation_log", lambda *_: LOG)
    monkeypatch.setattr("testbed.control.journal.Journal.position", lacks)
    return CommandHere(tmp_path / "state")


def run(
    command: CommandHere, monkeypatch: pytest.MonkeyPatch, invocation: Invocation, *options: str
) -> Any:
    monkeypatch.setattr("testbed.aws.invocation.invoke", lambda *_, **__: invocation)
    return command.run("--endpoint-url", "http://127.0.0.1:9", "invoke", "monitor", *options)


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_failure(
    command: CommandHere, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    error = FunctionError("Unhandled", HOSTILE, HOSTILE, (f'  File "{HOSTILE}"', HOSTILE))
    ended = run(command, monkeypatch, Invocation("1", 200, payload=HOSTILE, error=error), *options)
    assert ended.returncode == 1
    assert hidden(ended.stdout + ended.stderr) == []
    assert "monitor failed: " in ended.stderr
    assert bool(ended.stdout) is bool(options)


def test_result_stays_valid_json(command: CommandHere, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\x7f\x9b\u202eü\U0001f680"
    payload = json.dumps({text: text}, ensure_ascii=False)
    ended = run(command, monkeypatch, Invocation("1", 200, payload=payload))
    assert ended.returncode == 0
    assert hidden(ended.stdout + ended.stderr) == []
    assert json.loads(ended.stdout) == {text: text}
    assert "REPORT Duration 1.32 ms, Memory Size 128 MB" in ended.stderr
    assert "\nx\n" in ended.stderr
    assert "The emulator has no journal. What follows" in ended.stderr


def test_numbers_stay_as_they_are(command: CommandHere, monkeypatch: pytest.MonkeyPatch) -> None:
    payload = "[1.10, 1e400, 12345678901234567890.5]"
    assert run(command, monkeypatch, Invocation("1", 200, payload=payload)).stdout == f"{payload}\n"


def test_figures_are_numbers(command: CommandHere, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = run(command, monkeypatch, Invocation("1", 200, "2", "null"), "--json")
    view = json.loads(ended.stdout)
    assert view["report"] == {"duration_ms": 1.32, "memory_size_mb": 128}
    assert (view["version"], view["payload"], view["error"]) == ("2", None, None)
    assert view["logs"][0]["time"] == "2026-12-24T12:00:00+00:00"
