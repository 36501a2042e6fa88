"""A student follows docs/first-steps.md in an empty folder, with a testbed of their own."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.machine.ports import random_free_port
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
