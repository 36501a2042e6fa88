"""``testbed deploy --target aws`` and ``testbed destroy``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from testbed.commands.options import reject_endpoint, reject_options
from testbed.errors import DeploymentError
from testbed.project.overrides import Overrides
from testbed.session import Session
from testbed.terminal import console

if TYPE_CHECKING:
    from testbed.aws.account import Account
    from testbed.aws.change_set import Change
    from testbed.aws.clients import Aws
    from testbed.project.project import Project


F = TypeVar("F", bound=Callable[..., Any])


def target_options(command: F) -> F:
    """Add the options that say where the stack is, or is to be."""
    for decorate in (
        click.option("--yes", is_flag=True, help="Do not ask."),
        click.option("--stack-name", help="In place of samconfig.toml's."),
        click.option("--region", help="Of AWS, in place of samconfig.toml's."),
        click.option("--profile", help="In place of samconfig.toml's. For --target aws."),
        click.option(
            "--target", type=click.Choice(["local", "aws"]), default="local", show_default=True,
            help="The running testbed, or your account.",
        ),
    ):  # fmt: skip
        command = decorate(command)
    return command


def deploy_to_account(
    session: Session,
    choices: Overrides,
    profile: str | None,
    region: str | None,
    stack_name: str | None,
    yes: bool,
) -> None:
    """Deploy to an AWS account, after showing what would change there.

    Raises
    ------
    TestbedError
        If the account cannot be used, the stack is another's, or CloudFormation refuses.
    """
    from testbed.deployment.deploy import deploy
    from testbed.deployment.ownership import check_ownership

    project = _project(session, stack_name, region, choices)
    aws = _account(profile, project)
    check_ownership(aws, project)

    def review(changes: list[Change]) -> bool:
        for change in changes:
            console.line(f"  {change}")
        if not changes:
            console.line("  No resource changes, but outputs or tags do.")
        return yes or console.confirm(f"Apply these changes to {project.stack_name}?")

    deployment = deploy(project, aws, console.report, review)
    if not deployment.changed:
        console.line("The stack is up to date.")
    for name in deployment.uploaded:
        console.line(f"Uploaded {name}.")
    for name, value in sorted(deployment.outputs.items()):
        console.line(f"{name}: {value}")


@click.command()
@target_options
@click.pass_obj
def destroy(
    session: Session,
    target: str,
    profile: str | None,
    region: str | None,
    stack_name: str | None,
    yes: bool,
) -> None:
    """Delete the stack with everything in it, buckets with content too."""
    from testbed.aws.stacks import stack_resources
    from testbed.deployment.destroy import destroy_stack
    from testbed.deployment.ownership import check_ownership

    if target == "aws":
        reject_endpoint()
    else:
        reject_options("only with --target aws", "profile", "region")
    project = _project(session, stack_name, region, Overrides())
    aws: Aws = _account(profile, project) if target == "aws" else session.aws
    if not check_ownership(aws, project):
        console.line(f"There is no stack {project.stack_name}.")
        return
    resources = stack_resources(aws, project.stack_name)
    buckets = stack_resources(aws, project.stack_name, "AWS::S3::Bucket")
    console.line(f"{project.stack_name} has {len(resources)} resources.")
    for bucket in buckets.values():
        console.line(f"The bucket {bucket} is deleted with all that is in it.")
    if not yes and not console.confirm("Delete them?"):
        raise DeploymentError(f"{project.stack_name} was not changed.")
    with console.step(f"Removal of {project.stack_name}"):
        destroy_stack(aws, project.stack_name)


def _project(
    session: Session, stack_name: str | None, region: str | None, choices: Overrides
) -> Project:
    project = choices.apply(session.project)
    return replace(
        project,
        stack_name=stack_name or project.stack_name,
        region=region or project.region,
    )


def _account(profile: str | None, project: Project) -> Account:
    """Open the account, and say whose it is."""
    from testbed.aws.account import Account

    aws = Account(profile or project.profile, project.region)
    caller = aws.caller()
    console.line(f"Account {caller['Account']}, region {project.region}, as {caller['Arn']}")
    return aws
