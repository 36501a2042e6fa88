"""A team follows docs/your-repository.md, and installs the wheel into a fresh environment.

Then the steps of the workflows that it has copied pass in another clean clone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests import workflows
from tests.docs import team
from tests.docs.walkthrough import Shell, Step, follow, steps
from tests.installation.conftest import LIMIT_SECONDS, python, run, run_workflow


def _with_source(step: Step, source: str) -> Step:
    """Return a step with a source of the package in place of the page's ``URL``."""
    content = step.block.content.replace("git+URL", source)
    return replace(step, block=replace(step.block, content=content))


@pytest.fixture(scope="module")
def repository(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository of a team that has followed the page."""
    folder = tmp_path_factory.mktemp("team")
    made = team.new_repository(folder)
    programs = {"python3": f'exec {python("3.13")} "$@"'}
    with Shell.started(folder, team.environment(programs, folder / "bin")) as shell:
        try:
            for step in steps(team.PAGE):
                here = Path(shell.run("pwd")[1].strip())
                follow(_with_source(step, wheel.as_uri()), shell, here)
        finally:
            shell.run(f"testbed --project {made} down")
    return made


@pytest.mark.timeout(4 * LIMIT_SECONDS)
@pytest.mark.parametrize("system", [workflows.github, workflows.gitlab])
def test_copied_workflow_passes(
    system: Callable[[Path], workflows.Workflow], repository: Path, tmp_path: Path
) -> None:
    cloned = tmp_path / "clone"
    run("git", "clone", "--quiet", repository, cloned)
    printed = run_workflow(system(cloned), cloned, tmp_path)
    assert any("6 passed" in each for each in printed)
    assert 'tests="6"' in (cloned / "report.xml").read_text()
