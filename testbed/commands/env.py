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

_PATH = "$PATH"


@click.command()
@json_option
@click.pass_obj
def env(session: Session, as_json: bool) -> None:
    """Print shell commands that point AWS tools at the testbed.

    The aws and awslocal commands and the AWS SDKs use the testbed after you have run them in your
    shell with: eval "$(testbed env)". Your own AWS CLI is used, if you have one.
    """
    from testbed.aws.clients import conflicting_variables, environment_variables, search_path

    variables = environment_variables(session.endpoint_url, session.region)
    if as_json:
        path = os.environ.get("PATH", os.defpath)
        console.print_json({**variables, "PATH": search_path(path)})
        return
    console.line(f"unset {' '.join(conflicting_variables())}")
    for name, value in variables.items():
        console.line(f"export {name}={shlex.quote(value)}")
    before, after = map(shlex.quote, search_path(_PATH).split(_PATH))
    console.line(f'export PATH={before}"$PATH"{after}')
