"""What the options and settings of a test run say."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from testbed.project.project import Project, find_project, parse_pair

REGION = "us-east-1"
_LONGEST_STACK_NAME = 100


@dataclass(frozen=True)
class Plan:
    """What the options and settings of a test run say.

    Parameters
    ----------
    root
        pytest's ``rootdir``.
    template
        The template to deploy, if it is named; otherwise the project's in ``samconfig.toml``, or
        ``template.yaml``.
    parameters, settings
        ``NAME=VALUE`` pairs in one text: of the template, and for LocalStack's environment.
    endpoint_url
        Where the target runs already, if it does.
    """

    root: Path
    template: str = ""
    parameters: str = ""
    settings: str = ""
    endpoint_url: str | None = None

    def project(self) -> Project:
        """Return the project to deploy; its template may be missing.

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
        return found.with_parameters(pairs(self.parameters, "testbed_parameters"))

    @property
    def has_init_scripts(self) -> bool:
        """Whether init scripts of LocalStack provision the project, as with `testbed up`."""
        return not self.template and any((self.root / "init").glob("ready.d/*"))


def name_of(folder: Path) -> str:
    """Return a folder's name as CloudFormation allows it for a stack.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
    """
    name = re.sub("[^A-Za-z0-9]+", "-", folder.resolve().name).strip("-")
    return (name if name[:1].isalpha() else f"stack-{name}")[:_LONGEST_STACK_NAME].rstrip("-")


def pairs(text: str, where: str) -> dict[str, str]:
    """Read ``NAME=VALUE`` pairs, quoted as in a shell.

    Raises
    ------
    ProjectError
        If one has another form.
    """
    return dict(parse_pair(word, where) for word in shlex.split(text))
