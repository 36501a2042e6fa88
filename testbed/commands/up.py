"""``testbed up``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from testbed.commands.description import print_description
from testbed.commands.options import (
    Pair,
    Pairs,
    docker_option,
    json_option,
    override_options,
    reject_endpoint,
)
from testbed.terminal import console

if TYPE_CHECKING:
    from testbed.session import Session


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
    as_json: bool,
) -> None:
    """Start LocalStack and deploy the project.

    The scripts in init/ deploy it, if there are any.
    """
    from testbed.emulators.state_folder import exclusive
    from testbed.project.overrides import Overrides
    from testbed.starting import is_up, start

    reject_endpoint()
    with exclusive(session.state):
        if is_up(session, docker=docker):
            console.progress.print("The testbed is already running.")
            if port or settings or parameters or files:
                console.progress.print(
                    "The options were ignored: they apply only when it starts. Run `testbed down`"
                    " first, or change what is deployed with `testbed deploy`.",
                    soft_wrap=True,
                )
        else:
            start(
                session,
                Overrides.of(parameters, files),
                port=port,
                settings=dict(settings),
                docker=docker,
                progress=console,
            )
    print_description(session, as_json=as_json)
