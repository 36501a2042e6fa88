"""Where ``testbed deploy`` and ``testbed destroy`` find a stack: its project, and the account."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from testbed.terminal import console

if TYPE_CHECKING:
    from testbed.aws.account import Account
    from testbed.project.overrides import Overrides
    from testbed.project.project import Project
    from testbed.session import Session


def chosen_project(session: Session, region: str | None, chosen: Overrides) -> Project:
    """Return the project with the changes that the options ask for."""
    project = chosen.apply(session.project)
    return replace(project, region=region or project.region)


def open_account(profile: str | None, project: Project) -> Account:
    """Open the AWS account, and print which one it is.

    Raises
    ------
    TestbedError
        If the account cannot be used.
    """
    from testbed.aws.account import Account

    aws = Account(profile or project.profile, project.region)
    caller = aws.caller()
    console.line(f"Account {caller['Account']}, region {project.region}, as {caller['Arn']}")
    return aws
