"""Options that a command would ignore are rejected before anything is done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from testbed import starting
from testbed.control.permissions import Denial, Permission, Permissions, PrincipalUsage
from tests.conftest import ROOT, CommandHere

ENDPOINT = ("--endpoint-url", "http://127.0.0.1:1")
_NO_ENDPOINT = "remove --endpoint-url"


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail, and start nothing, if a command does not reject its options."""
    monkeypatch.setattr(starting, "start", lambda *_, **__: pytest.fail("LocalStack was started"))


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("deploy", "--target", "aws", "--json"), "--json: only with --target local."),
        (("deploy", "--region", "x", "--profile", "y"), "--profile, --region: only with"),
        (("destroy", "--profile", "mine"), "--profile: only with --target aws."),
        (("destroy", "--region", "eu-west-1"), "--region: only with --target aws."),
        ((*ENDPOINT, "deploy", "--target", "aws"), _NO_ENDPOINT),
        ((*ENDPOINT, "destroy", "--target", "aws"), _NO_ENDPOINT),
        ((*ENDPOINT, "up"), _NO_ENDPOINT),
        ((*ENDPOINT, "down"), _NO_ENDPOINT),
        ((*ENDPOINT, "clock", "--json", "advance", "1s"), "--json: put it after advance."),
        ((*ENDPOINT, "inbox", "--clear", "confirm"), "--clear: not with confirm."),
        (
            (*ENDPOINT, "permissions", "--reset", "--role", "x", "--json"),
            "--role, --json: not with --reset.",
        ),
        (
            (*ENDPOINT, "fault", "add", "sqs", "--delay", "1", "--seconds", "2"),
            "--seconds: not with --delay.",
        ),
    ],
)
def test_ignored_options_are_usage_errors(
    tmp_path: Path, arguments: tuple[str, ...], problem: str
) -> None:
    result = CommandHere(tmp_path / "state", ROOT).run(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert problem in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--endpoint-url", "localhost", "status"),
        ("--endpoint-url", "127.0.0.1:4566", "status"),
        ("--endpoint-url", "ftp://127.0.0.1", "status"),
        ("--endpoint-url", "http://[::1", "status"),
        ("--endpoint-url", "http://127.0.0.1:99999", "status"),
        ("--endpoint-url", "http://127.0.0.1:port", "status"),
        ("--endpoint-url", "http:// ", "status"),
        (*ENDPOINT, "logs", "--since", "1e99"),
        (*ENDPOINT, "logs", "--since", "nan"),
        ("up", "--parameter", "Name"),
        ("up", "--file", "=path"),
        ("up", "--env", "DEBUG"),
        (*ENDPOINT, "fault", "add", "sqs", "--delay", "nan"),
        (*ENDPOINT, "fault", "add", "sqs", "--throttle", "--share", "1e400"),
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_invalid_values_are_usage_errors(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = CommandHere(tmp_path / "state", ROOT).run(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert "Error: Invalid value for" in result.stderr


def test_up_rejects_an_endpoint_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESTBED_ENDPOINT_URL", "http://127.0.0.1:1")
    result = CommandHere(tmp_path / "state", ROOT).run("up")
    assert result.returncode == 2
    assert "unset TESTBED_ENDPOINT_URL" in result.stderr


def test_json_of_unused_permissions_has_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used, unused = Permission("p", "s3:Get", "*", 1), Permission("p", "s3:Put", "*", 0)
    role = PrincipalUsage("role/r", (used, unused), (Denial("s3:List", None, "denied", 1),))
    monkeypatch.setattr(Permissions, "principals", lambda _self: [role])
    arguments = (*ENDPOINT, "permissions", "--unused", "--json")
    result = CommandHere(tmp_path / "state", ROOT).run(*arguments)
    [shown] = json.loads(result.stdout)
    assert [each["action"] for each in shown["permissions"]] == ["s3:Put"]
    assert shown["denied"] == []
    assert result.returncode == 1
