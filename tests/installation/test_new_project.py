"""The project that ``testbed init`` creates, in CI: a clean clone and a fresh environment.

The steps are those of its workflows for GitHub and GitLab. Only the commands that need a machine of
their own are left out: ``sudo`` does nothing here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import workflows
from tests.installation.conftest import LIMIT_SECONDS, python, run, run_workflow, uv


@pytest.fixture(scope="module")
def project(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, created by the installed command."""
    folder = tmp_path_factory.mktemp("new")
    uv("venv", "--python", python("3.13"), folder / "venv")
    uv("pip", "install", "--python", folder / "venv", f"{wheel}[pytest]")
    printed = run(folder / "venv" / "bin" / "testbed", "init", "shop", folder=folder)
    assert "Created the project shop" in printed
    assert "requirements-dev.txt installs the testbed from this machine" in " ".join(
        printed.split()
    )
    assert f"@ {wheel.as_uri()}" in (folder / "shop" / "requirements-dev.txt").read_text()
    return folder / "shop"


@pytest.mark.timeout(3 * LIMIT_SECONDS)
@pytest.mark.parametrize("system", [workflows.github, workflows.gitlab])
def test_steps_pass(
    system: Callable[[Path], workflows.Workflow], project: Path, tmp_path: Path
) -> None:
    cloned = workflows.clone(project, tmp_path / "clone")
    printed = run_workflow(system(cloned), cloned, tmp_path)
    assert any("4 passed" in each for each in printed)
    assert 'tests="4"' in (cloned / "report.xml").read_text()
    left = run("git", "-C", cloned, "status", "--porcelain")
    assert left == ""
