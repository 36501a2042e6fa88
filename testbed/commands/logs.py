"""``testbed logs``."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from testbed.commands.options import stack_option
from testbed.terminal import console
from testbed.terminal.durations import Duration, ago

if TYPE_CHECKING:
    from testbed.session import Session


@click.command()
@click.argument("functions", nargs=-1, help="The functions whose logs are shown; all by default.")
@click.option("--follow", is_flag=True, help="Wait for new lines until you press Ctrl-C.")
@click.option(
    "--since", type=Duration(), default="10m", show_default=True,
    help="Show only lines that are not older than this, for example 90s, 5m, 2h or 1h30m.",
)  # fmt: skip
@stack_option
@click.pass_obj
def logs(session: Session, functions: tuple[str, ...], follow: bool, since: timedelta) -> None:
    """Show the logs of the functions.

    Lambda's START, END and REPORT lines are included.
    """
    from testbed.aws.functions import check_function, function_names
    from testbed.aws.logs import follow_logs, log_lines

    known = function_names(session.aws, session.stack_name)
    chosen = [check_function(name, known) for name in functions] or known
    lines = follow_logs if follow else log_lines
    width = max((len(name) for name in chosen), default=0)
    for line in lines(session.aws, chosen, ago(since)):
        time = line.time.strftime("%H:%M:%S.%f")[:-3]
        start = f"{time} {line.function:<{width}}"
        console.line((start, "dim"), f" {line.message}", multiline=True)
