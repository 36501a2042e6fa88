"""Each contract on imports fails in a copy of the code that violates it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytest.importorskip("importlinter", reason="import-linter is installed by ./scripts/lint")

# The contract, a file, and an import there that violates it.
VIOLATIONS = [
    ("The packages of testbed import only those below them",
     "testbed/machine/ports.py", "import testbed.control.clock"),
    ("The packages of testbed import only those below them",
     "testbed/new_package.py", ""),  # it has to be given a place
    ("Only the commands, the demo and the doctor's report print to the terminal",
     "testbed/deployment/deploy.py", "import testbed.terminal.console"),
    ("Only the commands, the demo and the doctor's report print to the terminal",
     "testbed/pytest_plugin/running.py", "import testbed.terminal.console"),
    ("The functions import nothing of the testbed",
     "handlers/website_monitor.py", "import testbed.errors"),
    ("The functions import nothing of the testbed",
     "handlers/monitoring/checks.py", "import localstack_testbed"),
    ("The extension imports nothing of the testbed or the functions",
     "extension/src/localstack_testbed/__init__.py", "import testbed.errors"),
    ("The testbed imports neither the extension nor the functions nor tests",
     "testbed/errors.py", "import monitoring.checks"),
    ("The testbed imports neither the extension nor the functions nor tests",
     "testbed/errors.py", "import tests.conftest"),
]  # fmt: skip


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy the code, without what is made from it."""
    for folder in ("testbed", "handlers", "extension/src"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


# `handlers` is a namespace package: without this its modules would be those of the copy and those
# of the clone, which is on the path because the testbed is installed from it.
RUN = f"""
import sys
sys.path.remove({str(ROOT)!r})
from importlinter.cli import lint_imports_command
lint_imports_command()
"""


def broken_contracts(folder: Path) -> set[str]:
    """Return the names of the contracts that a copy of the code violates."""
    ended = subprocess.run(
        [sys.executable, "-c", RUN, "--no-logo", "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": "extension/src"},
        capture_output=True,
        text=True,
    )
    broken = set(re.findall(r"^(.+) BROKEN\b", ended.stdout, re.MULTILINE))
    assert ended.returncode == (1 if broken else 0), ended.stdout + ended.stderr
    assert "Contracts: " in ended.stdout, ended.stdout + ended.stderr
    return broken


def test_the_code_keeps_all_contracts(copy: Path) -> None:
    assert broken_contracts(copy) == set()


@pytest.mark.parametrize(("contract", "file", "statement"), VIOLATIONS)
def test_violation_is_found(copy: Path, contract: str, file: str, statement: str) -> None:
    with (copy / file).open("a") as source:
        source.write(f"\n{statement}\n")
    assert contract in broken_contracts(copy)


def test_every_contract_is_violated_here() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = {each["name"] for each in settings["tool"]["importlinter"]["contracts"]}
    assert contracts == {contract for contract, _, _ in VIOLATIONS}
