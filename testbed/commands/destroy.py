"""``testbed destroy``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from testbed.commands.options import reject_endpoint, reject_options, target_options
from testbed.commands.target import chosen_project, open_account
from testbed.terminal import console

if TYPE_CHECKING:
    from testbed.aws.clients import Aws
    from testbed.session import Session


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
    """Delete the stack, including buckets that are not empty."""
    from testbed.aws.stacks import stack_resources
    from testbed.deployment.destroy import destroy_stack
    from testbed.deployment.ownership import check_ownership
    from testbed.errors import DeploymentError
    from testbed.project.overrides import Overrides

    if target == "aws":
        reject_endpoint()
    else:
        reject_options("only with --target aws", "profile", "region")
    project = chosen_project(session, stack_name, region, Overrides())
    aws: Aws = open_account(profile, project) if target == "aws" else session.aws
    if not check_ownership(aws, project):
        console.line(f"There is no stack {project.stack_name}.")
        return
    resources = stack_resources(aws, project.stack_name)
    buckets = stack_resources(aws, project.stack_name, "AWS::S3::Bucket")
    console.line(f"{project.stack_name} has {len(resources)} resources.")
    for bucket in buckets.values():
        console.line(f"The bucket {bucket} will be deleted with all its objects.")
    if not yes and not console.confirm("Delete them?"):
        raise DeploymentError(f"{project.stack_name} was not changed.")
    with console.step(f"Removal of {project.stack_name}"):
        destroy_stack(aws, project.stack_name)
