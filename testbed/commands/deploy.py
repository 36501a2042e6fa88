"""``testbed deploy``: to the running testbed, or to an AWS account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from testbed.commands.description import print_description
from testbed.commands.options import (
    Pairs,
    json_option,
    override_options,
    reject_endpoint,
    reject_options,
    target_options,
)
from testbed.commands.parameters import ask_for_missing
from testbed.commands.saving import save_deployment
from testbed.commands.target import chosen_project, open_account
from testbed.terminal import console

if TYPE_CHECKING:
    from testbed.aws.change_set import Change
    from testbed.deployment.deploy import Deployment
    from testbed.project.overrides import Overrides
    from testbed.project.project import Project
    from testbed.session import Session


@click.command()
@target_options
@override_options
@json_option
@click.pass_obj
def deploy(
    session: Session,
    target: str,
    profile: str | None,
    region: str | None,
    yes: bool,
    parameters: Pairs,
    files: Pairs,
    as_json: bool,
) -> None:
    """Deploy changes to the template, the code and uploaded files.

    With --target aws they are deployed to your AWS account, after you have seen and confirmed
    the changes.
    """
    from testbed.project.overrides import Overrides

    chosen = Overrides.of(parameters, files)
    if target == "aws":
        reject_endpoint()
        reject_options("only with --target local", "as_json")
        session.remembers = False
        _deploy_to_account(chosen_project(session, region, chosen), profile, yes)
        return
    reject_options("only with --target aws", "profile", "region")
    _deploy_to_testbed(session, chosen)
    if as_json:
        print_description(session, as_json=True)


def _deploy_to_testbed(session: Session, chosen: Overrides) -> None:
    from testbed.deployment.deploy import deploy as deploy_project
    from testbed.deployment.stack_update import stack_parameters
    from testbed.project.overrides import Overrides

    project = Overrides.from_environment().updated(chosen).apply(session.project)
    project = session.with_websites(project)
    answers = ask_for_missing(project, lambda name: stack_parameters(session.aws, name))
    project = project.with_parameters(answers)
    with console.step(f"Deployment of {project.stack_name}"):
        deployment = deploy_project(project, session.aws, console.report)
    if not deployment.changed:
        console.progress.print("The stack is up to date.")
    for name in deployment.restored:
        console.progress.print(
            console.text(f"Updated the code of {name}, which was changed outside of the stack.")
        )
    for name in deployment.uploaded:
        console.progress.print(console.text(f"Uploaded {name}."))
    for resource in deployment.skipped:
        console.progress.print(
            console.text(("!", "yellow"), f" {resource.sentence}"), soft_wrap=True
        )
    _warn_of_leftovers(deployment)
    if deployment.changed or deployment.uploaded:
        save_deployment(session)


def _deploy_to_account(project: Project, profile: str | None, yes: bool) -> None:
    from testbed.deployment.deploy import deploy as deploy_project
    from testbed.deployment.ownership import check_ownership
    from testbed.deployment.stack_update import stack_parameters

    aws = open_account(profile, project)
    check_ownership(aws, project.stack_name, project.tags)
    answers = ask_for_missing(project, lambda name: stack_parameters(aws, name))
    project = project.with_parameters(answers)

    def review(changes: list[Change]) -> bool:
        for change in changes:
            console.line(f"  {change}")
        if not changes:
            console.line("  No resource changes; only outputs or tags do.")
        return yes or console.confirm(f"Apply these changes to {project.stack_name}?")

    deployment = deploy_project(project, aws, console.report, review)
    if not deployment.changed:
        console.line("The stack is up to date.")
    for name in deployment.uploaded:
        console.line(f"Uploaded {name}.")
    _warn_of_leftovers(deployment)
    for name, value in sorted(deployment.outputs.items()):
        console.line(f"{name}: {value}")


def _warn_of_leftovers(deployment: Deployment) -> None:
    for leftover in deployment.left_behind:
        console.progress.print(console.text(("!", "yellow"), f" {leftover}"), soft_wrap=True)
    for note in deployment.notes:
        console.progress.print(console.text(("!", "yellow"), f" {note}."), soft_wrap=True)
