"""``testbed up``."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import click

from testbed.commands.description import print_description
from testbed.commands.options import (
    Pair,
    Pairs,
    docker_option,
    json_option,
    override_options,
    project_options,
    reject_endpoint,
    reject_options,
)
from testbed.commands.parameters import ask_for_missing
from testbed.commands.saving import save_deployment
from testbed.terminal import console

if TYPE_CHECKING:
    from pathlib import Path

    from testbed.session import Session

_MOST_TEMPLATES = 5


@click.command()
@docker_option
@click.option(
    "--port", type=click.IntRange(1, 65535), show_default="4566, or a free port if it is in use",
    help="Listen on this port.",
)  # fmt: skip
@click.option(
    "-e", "--env", "settings", type=Pair(), multiple=True, metavar="NAME=VALUE",
    help="Set a configuration variable of LocalStack, for example DEBUG=1. Repeatable.",
)  # fmt: skip
@click.option("--empty", is_flag=True, help="Deploy nothing, and run no init scripts.")
@project_options
@override_options
@json_option
@click.pass_obj
def up(
    session: Session,
    docker: bool,
    port: int | None,
    settings: Pairs,
    parameters: Pairs,
    files: Pairs,
    empty: bool,
    as_json: bool,
) -> None:
    """Start LocalStack and deploy the project.

    The scripts in init/ deploy it, if there are any. Without a project, or with --empty, LocalStack
    starts empty.
    """
    from testbed.emulators.state_folder import exclusive
    from testbed.project.overrides import Overrides
    from testbed.starting import is_up, start

    reject_endpoint()
    session.remembers = False  # a new start begins with the project's files
    if empty:
        reject_options("not with --empty", "parameters", "files", "template", "config_env")
    elif not session.has_project:
        reject_options("there is no template that it applies to", "parameters", "files")
    with exclusive(session.state):
        if is_up(session, docker=docker):
            session.remembers = True
            console.progress.print("The testbed is already running.")
            if empty:
                console.progress.print(
                    "--empty was ignored: to delete everything, run `testbed reset --empty`."
                )
            selection = session.selection
            chosen_project = selection.template or selection.environment
            if port or settings or parameters or files or chosen_project:
                console.progress.print(
                    "The options were ignored: they apply only when it starts. Run `testbed down`"
                    " first, or change what is deployed with `testbed deploy`.",
                    soft_wrap=True,
                )
        else:
            chosen = Overrides.of(parameters, files)
            if session.has_project and not empty:
                answers = ask_for_missing(chosen.apply(session.project))
                chosen = chosen.updated(Overrides(answers))
            start(
                session,
                chosen,
                port=port,
                settings=dict(settings),
                docker=docker,
                empty=empty,
                progress=console,
            )
            if session.has_project and not empty:
                save_deployment(session)
            if not (session.has_project or session.has_init_scripts or empty):
                _explain_empty(session.root)
    description = print_description(session, as_json=as_json)
    if session.has_project and not empty and not description["stack"]:
        console.progress.print(
            console.text(
                f"The stack {session.stack_name} is not deployed: run `testbed deploy` with the"
                " same options."
            ),
            soft_wrap=True,
        )
    if empty or not session.has_project:
        console.progress.print('For the AWS CLI and SDKs in this shell: eval "$(testbed env)"')


def _explain_empty(root: Path) -> None:
    """Say that nothing was deployed, and how to deploy the templates of other folders."""
    from testbed.project.template_search import other_templates

    console.progress.print(
        console.text(f"{root} has no template, so the testbed is empty."), soft_wrap=True
    )
    for template in other_templates(root)[:_MOST_TEMPLATES]:
        name = shlex.quote(os.path.relpath(template))
        console.progress.print(
            console.text(
                f"To deploy {template.relative_to(root)}: testbed deploy --template {name}"
            ),
            soft_wrap=True,
        )
