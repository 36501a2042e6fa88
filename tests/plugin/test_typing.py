"""The types of the public API, as users get them: from the wheel, under ``mypy --strict``."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

import testbed
from tests.conftest import ROOT
from tests.public_examples import example_of

_LIMIT_SECONDS = 110
# What a user's environment has besides the testbed. No stubs of boto3 are among it.
_INSTALLED = ("pytest", "_pytest", "pluggy", "iniconfig")
_SUITE = """\
from collections.abc import Iterator
from datetime import timedelta
from typing import assert_type

import pytest

from testbed import (
    Aws, Clock, Confirmation, Deploy, Email, Eventually, Fault, Faults, Firing, Inbox, Journal,
    JournalEntry, LogLine, Logs, MakeWebsite, Permissions, PrincipalUsage, RunningTestbed,
    Schedule, Stack, StillFalseError, TestbedError, Website,
)


@pytest.fixture
def shop(website: MakeWebsite) -> Iterator[Website]:
    shop = website("Welcome")
    yield shop
    shop.close()


def messages(aws: Aws, queue: str) -> list[dict[str, str]] | None:
    found: list[dict[str, str]] | None = aws.sqs.receive_message(QueueUrl=queue).get("Messages")
    return found


def test_all(
    testbed: RunningTestbed, stack: Stack, deploy: Deploy, aws: Aws, inbox: Inbox, clock: Clock,
    shop: Website, faults: Faults, eventually: Eventually, unique_name: str, clean: None,
    journal: Journal, permissions: Permissions, logs: Logs,
) -> None:
    assert_type(stack.outputs["Url"], str)
    assert_type(stack.api_url, str | None)
    assert_type(deploy("other.yaml", Stage="test"), Stack)
    assert_type(shop.url, str)
    assert_type(inbox.emails(), list[Email])
    assert_type(inbox.emails()[0].subject, str)
    assert_type(inbox.confirm(), list[Confirmation])
    assert_type(clock.fire("nightly"), Firing)
    assert_type(clock.view()["next"], list[Schedule])
    assert_type(clock.advance_by(timedelta(hours=1))["fired"], list[Firing])
    assert_type(faults.throttle("sns.Publish", next=2), Fault)
    assert_type(journal.entries(), list[JournalEntry])
    assert_type(permissions.principals(), list[PrincipalUsage])
    assert_type(logs.lines("Monitor", containing="x"), list[LogLine])
    assert_type(testbed.inbox, Inbox)
    assert_type(eventually(lambda: inbox.emails(), within=5, what="email"), list[Email])
    assert_type(eventually(lambda: messages(aws, "url")), list[dict[str, str]])
    with pytest.raises(StillFalseError):
        eventually(lambda: len(unique_name) > 99)
    with pytest.raises(TestbedError):
        clock.fire("missing")
"""
_WRONG = """\
from testbed import Eventually, Inbox, Stack


def test_wrong(inbox: Inbox, stack: Stack, eventually: Eventually) -> None:
    inbox.mails()
    stack.resource(1)
    eventually(inbox.emails, limit=5)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the wheel of the testbed, and pytest."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT, capture_output=True, timeout=_LIMIT_SECONDS, check=True,
    )  # fmt: skip
    venv.create(folder / "venv", symlinks=True)
    [packages] = (folder / "venv").glob("lib/python*/site-packages")
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as content:
        content.extractall(packages)
    for name in _INSTALLED:
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin
        (packages / name).symlink_to(Path(spec.origin).parent)
    return folder / "venv" / "bin" / "python"


def _mypy(python: Path, folder: Path, **modules: str) -> str:
    """Check modules with mypy, and return what it says of them."""
    pytest.importorskip("mypy", reason="mypy is not installed: ./scripts/lint installs it")
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source)
    ended = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--python-executable", python, "."],
        cwd=folder, capture_output=True, text=True, timeout=_LIMIT_SECONDS, check=False,
        env={name: value for name, value in os.environ.items() if name != "MYPYPATH"},
    )  # fmt: skip
    return ended.stdout + ended.stderr


def test_strictly_typed_suite_is_accepted(installed: Path, tmp_path: Path) -> None:
    said = _mypy(installed, tmp_path, test_all=_SUITE)
    assert said.startswith("Success: no issues found in 1 source file"), said
    missing = [name for name in testbed.__all__ if name not in _SUITE]
    assert missing == []


def test_mistakes_are_found(installed: Path, tmp_path: Path) -> None:
    said = _mypy(installed, tmp_path, test_wrong=_WRONG)
    assert '"Inbox" has no attribute "mails"' in said
    assert 'Argument 1 to "resource" of "Stack" has incompatible type "int"' in said
    assert 'Unexpected keyword argument "limit" for "__call__" of "Eventually"' in said
    assert "Found 3 errors in 1 file" in said


def test_examples_are_typed(installed: Path, tmp_path: Path) -> None:
    examples = {f"test_{name}": _module(example_of(name)) for name in testbed.__all__}
    suite = ROOT / "examples" / "orders" / "tests" / "test_orders.py"
    examples["test_orders"] = _module(suite.read_text().partition("\n")[2])
    said = _mypy(installed, tmp_path, **examples)
    problems = [line for line in said.splitlines() if "error:" in line]
    assert problems == []
    assert f"in {len(examples)} source files" in said


def _module(code: str) -> str:
    """Return an example as a module, with what it takes from its surroundings."""
    no_stubs = "# type: ignore[import-untyped, import-not-found, unused-ignore]"
    code = code.replace("import requests\n", f"import requests  {no_stubs}\n")
    return f'endpoint_url = "http://127.0.0.1:4566"\n{code}\n'
