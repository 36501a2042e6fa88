"""``testbed tick``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from testbed.commands.options import json_option
from testbed.terminal import console

if TYPE_CHECKING:
    from testbed.session import Session


@click.command()
@click.argument(
    "schedule", required=False,
    help="The schedule to fire: a name, group/name or ARN. Optional if there is only one.",
)  # fmt: skip
@json_option
@click.pass_obj
def tick(session: Session, schedule: str | None, as_json: bool) -> None:
    """Fire a scheduled rule or a schedule now."""
    from testbed.control.clock import Clock, check_firings, label
    from testbed.terminal.durations import moment_text

    firing = Clock(session.endpoint).fire(schedule)
    if as_json:
        console.print_json(firing)
    check_firings([firing])
    if not as_json:
        time = moment_text(firing["scheduled_time"])
        console.progress.print(console.text(f"Fired {label(firing['arn'])} for {time}."))
