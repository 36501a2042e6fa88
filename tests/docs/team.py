"""The repository of docs/your-repository.md, and the environment of the people who work in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from testbed.machine.cache_folder import cache_folder
from tests import workflows
from tests.conftest import ROOT

PAGE = "docs/your-repository.md"
_NAMES = ("AUTHOR", "COMMITTER")
# What the page uses of jq: a field of an object.
_JQ = "import json, sys; print(json.load(sys.stdin)[sys.argv[2][1:]])"


def new_repository(folder: Path) -> Path:
    """Create the repository with one commit in a folder, as the team has it; return its path."""
    repository = folder / "receipts"
    shutil.copytree(
        ROOT / "examples" / "receipts",
        repository,
        ignore=shutil.ignore_patterns("__pycache__", ".testbed"),
    )
    for command in ("init --quiet", "add .", "commit --quiet --message Begin"):
        subprocess.run(
            ["git", *command.split()], cwd=repository, env=os.environ | _identity(), check=True
        )
    return repository


def environment(programs: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return an environment in which some programs are scripts, which are put into a folder."""
    scripts = dict(programs)
    if shutil.which("jq") is None:
        scripts["jq"] = f"exec {sys.executable} -c '{_JQ}' \"$@\""
    path = workflows.programs(folder, scripts)
    usual = {
        name: value
        for name, value in workflows.clean_environment().items()
        if not name.startswith("TESTBED_")
    }
    return {
        **usual,
        **_identity(),
        "PATH": f"{path}:{os.environ['PATH']}",
        "TESTBED_CACHE": str(cache_folder()),
    }


def _identity() -> dict[str, str]:
    return {
        f"GIT_{role}_{kind}": value
        for role in _NAMES
        for kind, value in (("NAME", "Team"), ("EMAIL", "team@example.com"))
    }
