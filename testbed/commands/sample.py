"""``testbed sample``: events as AWS's services send them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from testbed.commands.options import Pair, Pairs, json_option
from testbed.terminal import console
from testbed.terminal.tables import print_table

if TYPE_CHECKING:
    from testbed.session import Session


@click.command()
@click.argument("name", required=False, help="The event to print; without it, all are listed.")
@click.option(
    "--set", "settings", type=Pair(), multiple=True, metavar="PATH=VALUE",
    help="Set a variable of the event, such as body, or what is at a path, such as"
    " Records[0].body. Repeatable.",
)  # fmt: skip
@json_option
@click.pass_obj
def sample(session: Session, name: str | None, settings: Pairs, as_json: bool) -> None:
    """Print a sample event of a service of AWS, or list them all.

    Events have the structure that AWS documents.
    `testbed invoke NAME --sample SAMPLE` sends such an event to a function.
    """
    from testbed.samples.catalog import all_samples, find_sample
    from testbed.samples.filling import Surroundings, make_event

    if name is not None:
        surroundings = Surroundings(region=session.region)
        console.print_json(make_event(find_sample(name), settings, surroundings))
        return
    if settings:
        raise click.UsageError("--set: only with the name of an event.")
    if as_json:
        console.print_json(
            {
                each.name: {
                    "title": each.title,
                    "source": each.source,
                    "variables": each.variables,
                }
                for each in all_samples().values()
            }
        )
        return
    rows = [(each.name, each.title, ", ".join(each.variables)) for each in all_samples().values()]
    print_table(("name", "event", "variables"), rows)
