"""The configuration of a test run: what to deploy, and with which settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from testbed.errors import ProjectError
from testbed.project.discovery import Selection, find_project, has_project, stack_name_of
from testbed.project.pairs import parse_pairs
from testbed.project.project import Project
from testbed.project.template_search import TEMPLATES


@dataclass(frozen=True)
class Configuration:
    """The configuration of a test run, from pytest's options and configuration file.

    Parameters
    ----------
    root
        pytest's ``rootdir``.
    template
        The template to deploy, relative to ``root``. If it is empty, the template that
        ``samconfig.toml`` names, or ``template.yaml``.
    parameters
        The template's parameters: ``NAME=VALUE …``, quoted as in a shell.
    settings
        Environment variables of LocalStack, in the same form.
    endpoint_url
        The endpoint of a running emulator to use; None to start one.
    environment
        The environment of ``samconfig.toml`` to use. If it is empty, ``default``.
    """

    root: Path
    template: str = ""
    parameters: str = ""
    settings: str = ""
    endpoint_url: str | None = None
    environment: str = ""

    @property
    def selection(self) -> Selection:
        """What init scripts deploy, if there are any."""
        return Selection(environment=self.environment or None)

    def project(self) -> Project:
        """Return the project to deploy. Its template may be missing.

        Raises
        ------
        ProjectError
            If one of its files is not valid.
        """
        if self.template and self.environment:
            raise ProjectError(
                "testbed_config_env is an environment of the project's samconfig.toml, which does"
                " not apply to testbed_template: remove one of them."
            )
        if self.template or not has_project(self.root, self.selection):
            template = self.root / (self.template or TEMPLATES[0])
            found = Project(self.root, template, stack_name_of(template))
        else:
            found = find_project(self.root, self.selection)
        return found.with_parameters(parse_pairs(self.parameters, "testbed_parameters"))
