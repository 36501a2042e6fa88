"""The configuration of a test run: what to deploy, and with which settings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from testbed.project.project import Project, find_project, parse_pairs

REGION = "us-east-1"
_LONGEST_STACK_NAME = 100


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
    """

    root: Path
    template: str = ""
    parameters: str = ""
    settings: str = ""
    endpoint_url: str | None = None

    def project(self) -> Project:
        """Return the project to deploy. Its template may be missing.

        Raises
        ------
        ProjectError
            If one of its files is not valid.
        """
        if self.template or not (self.root / "samconfig.toml").is_file():
            template = self.root / (self.template or "template.yaml")
            found = Project(self.root, template, name_of(template.parent), REGION)
        else:
            found = find_project(self.root)
        return found.with_parameters(parse_pairs(self.parameters, "testbed_parameters"))

    @property
    def has_init_scripts(self) -> bool:
        """Whether LocalStack's init scripts deploy the project, as with `testbed up`."""
        return not self.template and self.project().has_init_scripts


def name_of(folder: Path) -> str:
    """Return a stack name that CloudFormation allows, made from a folder's name.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
    """
    name = re.sub("[^A-Za-z0-9]+", "-", folder.resolve().name).strip("-")
    return (name if name[:1].isalpha() else f"stack-{name}")[:_LONGEST_STACK_NAME].rstrip("-")
