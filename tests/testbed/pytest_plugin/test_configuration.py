"""What a test run deploys, from pytest's settings and the project's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.errors import ProjectError
from testbed.pytest_plugin.configuration import Configuration


def test_environment_of_samconfig(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text("Resources: {}")
    (tmp_path / "samconfig.toml").write_text(
        "[ci.deploy.parameters]\nstack_name = 'shop-ci'\nparameter_overrides = 'A=1 B=2'\n"
    )
    project = Configuration(tmp_path, environment="ci", parameters="B=3").project()
    assert (project.stack_name, project.parameters) == ("shop-ci", {"A": "1", "B": "3"})
    with pytest.raises(ProjectError, match="has no environment prod"):
        Configuration(tmp_path, environment="prod").project()
    with pytest.raises(ProjectError, match="does not apply to testbed_template"):
        Configuration(tmp_path, "template.yaml", environment="ci").project()
