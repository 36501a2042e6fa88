"""``testbed down``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from testbed.commands.options import reject_endpoint
from testbed.terminal import console

if TYPE_CHECKING:
    from testbed.session import Session


@click.command()
@click.pass_obj
def down(session: Session) -> None:
    """Stop LocalStack and every process that it started."""
    from testbed.emulators.state_folder import exclusive

    reject_endpoint()
    with exclusive(session.state):
        stopped = session.stop()
    message = "The testbed has stopped." if stopped else "The testbed was not running."
    console.progress.print(message)
