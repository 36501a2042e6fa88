"""``testbed doctor``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from testbed.commands.options import json_option
from testbed.terminal import console

if TYPE_CHECKING:
    from testbed.session import Session


@click.command()
@json_option
@click.pass_obj
def doctor(session: Session, as_json: bool) -> None:
    """Check for common problems, and show how to fix each of them.

    The exit status is 1 if a problem prevents `testbed up`. Warnings do not.
    """
    from testbed.doctor import examine, report
    from testbed.doctor.context import Context

    with console.progress.status("Checking"):
        findings = examine(Context(session))
    if as_json:
        console.print_json(report.as_json(findings))
    else:
        report.print_findings(findings)
    report.raise_problems(findings)
