"""``testbed env``."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import click

from testbed.commands.options import json_option
from testbed.terminal import console

if TYPE_CHECKING:
    from testbed.session import Session


@click.command()
@json_option
@click.pass_obj
def env(session: Session, as_json: bool) -> None:
    """Print shell commands that point AWS tools at the testbed.

    The aws and awslocal commands and the AWS SDKs use the testbed after you have run them in your
    shell with: eval "$(testbed env)"
    """
    from testbed.aws.clients import SHIMS, conflicting_variables, environment_variables

    variables = environment_variables(session.endpoint_url, session.region)
    if as_json:
        path = os.pathsep.join([str(SHIMS), os.environ.get("PATH", os.defpath)])
        console.print_json({**variables, "PATH": path})
        return
    console.line(f"unset {' '.join(conflicting_variables())}")
    for name, value in variables.items():
        console.line(f"export {name}={shlex.quote(value)}")
    console.line(f'export PATH={shlex.quote(str(SHIMS))}:"$PATH"')
