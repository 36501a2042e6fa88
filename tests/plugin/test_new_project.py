"""The project that ``testbed init`` creates, in a clean clone, by the steps of its workflows.

Nothing is installed: ``tests/installation`` does that.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from testbed.control import control_secret
from testbed.machine.cache_folder import cache_folder
from testbed.pytest_plugin.running import RunningTestbed
from tests import workflows
from tests.conftest import CommandHere


@pytest.fixture
def project(tmp_path: Path, unique_name: str) -> Path:
    """A clean clone of the project."""
    made = tmp_path / unique_name
    CommandHere(tmp_path / "state", tmp_path).output("init", str(made))
    return workflows.clone(made, tmp_path / "clone")


@pytest.mark.usefixtures("secret_in_environment")
def test_steps_pass_in_a_clean_clone(
    project: Path, tmp_path: Path, testbed: RunningTestbed
) -> None:
    ran = tmp_path / "ran"
    stubs = workflows.programs(
        tmp_path / "stubs", {name: f'echo "{name} $*" >> {ran}' for name in ("pip", "sudo")}
    )
    # Both systems run the same commands.
    steps = workflows.github(project).steps
    assert [each for each in steps if not each.startswith("sudo ")] == workflows.gitlab(
        project
    ).steps
    assert workflows.github(project).afterwards == ["testbed doctor"]
    assert workflows.gitlab(project).afterwards == ["testbed doctor || true"]
    printed = [
        workflows.run_step(
            step,
            project,
            [stubs, Path(sys.executable).parent],
            {
                "TESTBED_CACHE": str(cache_folder()),
                control_secret.VARIABLE: os.environ[control_secret.VARIABLE],
                "PYTEST_ADDOPTS": f"--testbed-endpoint-url={testbed.endpoint_url} -p no:randomly",
            },
        )
        for step in steps
    ]
    assert ran.read_text().splitlines() == [
        "pip install -r requirements-dev.txt",
        "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0",
    ]
    assert "4 passed" in printed[-1]
    assert 'tests="4"' in (project / "report.xml").read_text()
