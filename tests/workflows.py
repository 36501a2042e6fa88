"""The shell steps of the CI workflows of a project that ``testbed init`` has created."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

LIMIT_SECONDS = 300.0


@dataclass(frozen=True)
class Workflow:
    """A workflow with one job.

    Parameters
    ----------
    steps
        The commands of the job, in their order.
    afterwards
        The commands that follow a failure.
    variables
        The environment variables that the workflow sets.
    """

    steps: list[str]
    afterwards: list[str]
    variables: dict[str, str] = field(default_factory=dict)


def github(project: Path) -> Workflow:
    """Return the workflow for GitHub Actions."""
    [file] = (project / ".github" / "workflows").glob("*.yml")
    document = yaml.safe_load(file.read_text())
    [job] = document["jobs"].values()
    runs = [step for step in job["steps"] if "run" in step]
    return Workflow(
        [step["run"] for step in runs if "if" not in step],
        [step["run"] for step in runs if step.get("if") == "failure()"],
    )


def gitlab(project: Path) -> Workflow:
    """Return the workflow for GitLab."""
    [job] = yaml.safe_load((project / ".gitlab-ci.yml").read_text()).values()
    variables = {
        name: value.replace("$CI_PROJECT_DIR", str(project))
        for name, value in job["variables"].items()
    }
    return Workflow(job["script"], job["after_script"], variables)


def clone(project: Path, folder: Path) -> Path:
    """Commit a project to a new Git repository, and return a clone of it."""
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
    for command in (
        ["git", "init", "--quiet", str(project)],
        ["git", "-C", str(project), "add", "."],
        [
            "git",
            "-C",
            str(project),
            *identity,
            "commit",
            "--allow-empty",
            "--quiet",
            "--message",
            "Begin",
        ],
        ["git", "clone", "--quiet", str(project), str(folder)],
    ):
        subprocess.run(command, check=True, timeout=LIMIT_SECONDS)
    return folder


def programs(folder: Path, names: Mapping[str, str]) -> Path:
    """Return a folder for PATH with scripts: the text of each by its name."""
    folder.mkdir()
    for name, text in names.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    return folder


def clean_environment() -> dict[str, str]:
    """Return this process's environment without settings of Python, of pytest and of AWS."""
    return {
        name: value
        for name, value in os.environ.items()
        if name != "VIRTUAL_ENV" and not name.startswith(("PYTHON", "PYTEST", "AWS_"))
    }


def run_step(step: str, folder: Path, path: list[Path], variables: Mapping[str, str]) -> str:
    """Run a step in the shell that GitHub and GitLab use; return its output.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell
    """
    ended = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step],
        cwd=folder,
        env={
            **clean_environment(),
            "CI": "true",
            **variables,
            "PATH": os.pathsep.join([*map(str, path), os.environ["PATH"]]),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert ended.returncode == 0, f"{step}\n{ended.stdout}"
    return ended.stdout
