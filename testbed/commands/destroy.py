"""``testbed destroy``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from testbed.commands.options import reject_endpoint, reject_options, target_options
from testbed.commands.saving import save_deployment
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
    yes: bool,
) -> None:
    """Delete the stack, including buckets that are not empty."""
    from testbed.project.overrides import Overrides

    if target == "aws":
        reject_endpoint()
        session.remembers = False
    else:
        reject_options("only with --target aws", "profile", "region")
    selected = session.chosen.stack_name
    if target == "aws" or session.has_project:
        project = chosen_project(session, region, Overrides())
        # As by cdk destroy: not those that the selected stack of a CDK app depends on.
        found = [project] if selected else [*reversed(project.stacks)]
        stacks = {each.stack_name: each.tags for each in found}
    elif session.stack_name:
        stacks = {session.stack_name: {}}
    else:
        raise click.UsageError("There is no project here: name the stack with --stack.")
    aws: Aws = open_account(profile, project) if target == "aws" else session.aws
    for stack_name, own_tags in stacks.items():
        # Users name a stack of the testbed, and all of those are theirs.
        tags = {} if target == "local" and selected else own_tags
        _destroy(aws, stack_name, tags, yes)
    if target == "local":
        save_deployment(session)


def _destroy(aws: Aws, stack_name: str, tags: dict[str, str], yes: bool) -> None:
    from testbed.aws.stacks import stack_resources
    from testbed.deployment.destroy import destroy_stack
    from testbed.deployment.ownership import check_ownership
    from testbed.errors import DeploymentError

    if not check_ownership(aws, stack_name, tags):
        console.line(f"There is no stack {stack_name}.")
        return
    resources = stack_resources(aws, stack_name)
    buckets = stack_resources(aws, stack_name, "AWS::S3::Bucket")
    console.line(f"{stack_name} has {len(resources)} resources.")
    for bucket in buckets.values():
        console.line(f"The bucket {bucket} will be deleted with all its objects.")
    if not yes and not console.confirm("Delete them?"):
        raise DeploymentError(f"{stack_name} was not changed.")
    with console.step(f"Removal of {stack_name}"):
        destroy_stack(aws, stack_name)
