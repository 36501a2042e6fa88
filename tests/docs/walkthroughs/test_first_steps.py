"""A student follows docs/first-steps.md in an empty folder, with a testbed of their own."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from testbed.aws.clients import Aws
from testbed.machine.ports import random_free_port
from tests.docs.conftest import bundle
from tests.docs.pages import text_of
from tests.docs.walkthrough import Shell, follow, steps

_PAGE = "docs/first-steps.md"


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell in an empty folder; the testbed that it starts is stopped."""
    programs = tmp_path / "bin"
    programs.mkdir()
    # Processes that run tests at the same time would all find 4566 free.
    port = f'[ "$1" != up ] || set -- "$@" --port {random_free_port()}'
    commands = {"testbed": f'{port}\nexec {sys.executable} -m testbed "$@"'}
    if shutil.which("zip") is None:
        commands["zip"] = f'exec {sys.executable} -m zipfile -c "$@"'
    for name, command in commands.items():
        program = programs / name
        program.write_text(f"#!/bin/sh\n{command}\n", encoding="utf-8")
        program.chmod(0o755)
    usual = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "TESTBED_")) or name == "TESTBED_CACHE"
    }
    environment = usual | {"PATH": f"{programs}:{os.environ['PATH']}"}
    folder = tmp_path / "home"
    folder.mkdir()
    with Shell.started(folder, environment) as started:
        try:
            yield started
        finally:
            started.run("testbed down")


def test_first_steps(shell: Shell) -> None:
    for step in steps(_PAGE):
        follow(step, shell, Path(shell.run("pwd")[1].strip()))


# Messages of the table that no API returns, and why no test here makes them appear.
_OTHERS = {
    "You must specify a region": "of the AWS CLI, without the testbed",
    "Could not connect to the endpoint URL": "of the AWS CLI, without the testbed",
    "The testbed of … is not running.": "tests/cli/test_life.py",
    "aws: command not found": "tests/testbed/commands/test_env.py",
    "The function is currently in the following state: Pending": "for a moment after step 3",
    "Unable to load paramfile fileb://missing.zip": "of the AWS CLI",
    "not authorized to perform: …": "step 9",
}


def _mistakes() -> list[str]:
    """Return the messages in the page's table."""
    table = text_of(_PAGE).partition("## Common mistakes")[2]
    return [found[1] for line in table.splitlines() if (found := re.match(r"\| `(.+?)`", line))]


def test_messages_of_common_mistakes(
    aws: Aws, unique_name: str, new_role: Callable[..., str]
) -> None:
    lambda_: Any = aws.lambda_
    role = new_role()
    names: list[str] = []

    def create(number: int, **settings: Any) -> str:
        name = f"{unique_name}-{number}"
        given = {"Role": role, "Runtime": "python3.13", "Handler": "app.handler"} | settings
        arguments = {key: value for key, value in given.items() if value}
        lambda_.create_function(FunctionName=name, Code={"ZipFile": bundle()}, **arguments)
        names.append(name)
        delay = {"Delay": 0.05, "MaxAttempts": 400}
        lambda_.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=delay)
        return name

    def error_of(call: Callable[..., Any], *positional: Any, **arguments: Any) -> str:
        with pytest.raises(ClientError) as raised:
            call(*positional, **arguments)
        return str(raised.value).replace(f"{unique_name}-0", "hello")

    def failure_of(name: str) -> str:
        return str(json.load(lambda_.invoke(FunctionName=name)["Payload"])["errorMessage"])

    hello = create(0)
    try:
        seen = [
            error_of(create, 1, Role=role + "s"),
            error_of(create, 0),
            error_of(lambda_.invoke, FunctionName="helo"),
            error_of(create, 1, Runtime="python313"),
            error_of(create, 1, Handler=""),
            failure_of(create(2, Handler="src.handler")).replace("src", "app"),
            failure_of(create(3, Handler="app.handle")),
            error_of(lambda_.invoke, FunctionName=hello, Payload=b"{name: Ada}"),
        ]
    finally:
        for name in names:
            lambda_.delete_function(FunctionName=name)
    shown = [each for each in _mistakes() if each not in _OTHERS]
    assert [each for each in shown if not any(each in message for message in seen)] == []
    assert len(shown) == len(seen)
    assert set(_OTHERS) <= set(_mistakes())
