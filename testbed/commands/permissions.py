"""``testbed permissions``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from testbed.commands.options import reject_options
from testbed.terminal import console
from testbed.terminal.tables import print_table

if TYPE_CHECKING:
    from testbed.control.permissions import PrincipalUsage
    from testbed.session import Session


@click.command()
@click.option(
    "--role", "roles", metavar="TEXT", multiple=True,
    help="Show only roles with TEXT in their names. Repeatable.",
)  # fmt: skip
@click.option(
    "--unused", is_flag=True,
    help="Show only permissions that were never used, and exit with status 1 if there are any.",
)  # fmt: skip
@click.option("--reset", is_flag=True, help="Set all counts to zero, and show nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_obj
def permissions(
    session: Session, roles: tuple[str, ...], unused: bool, reset: bool, as_json: bool
) -> None:
    """Show which permissions each role has used, and denied calls.

    Permissions that were never used are candidates for removal.
    """
    from dataclasses import asdict, replace

    from testbed.control.permissions import Permissions
    from testbed.errors import TestbedError

    counts = Permissions(session.endpoint)
    if reset:
        reject_options("not with --reset", "roles", "unused", "as_json")
        counts.forget()
        return
    chosen = [
        each
        for each in counts.principals()
        if not roles or any(text.lower() in each.name.lower() for text in roles)
    ]
    if not chosen and roles:
        raise TestbedError(
            f"No role has {' or '.join(roles)} in its name.",
            advice="`testbed permissions` shows all roles.",
        )
    shown = [
        replace(each, permissions=tuple(each.unused), denied=()) if unused else each
        for each in chosen
    ]
    if as_json:
        console.print_json([asdict(each) for each in shown])
    for each in () if as_json else shown:
        if each.permissions or each.denied:
            console.line((each.name, "bold"))
            print_table((), _rows(each))
    if not shown:
        console.progress.print("There are no roles.")
    if unused and any(each.unused for each in chosen):
        raise SystemExit(1)


def _rows(principal: PrincipalUsage) -> Iterator[Sequence[str]]:
    for each in principal.permissions:
        use, count = ("used", f"{each.used:>6}×") if each.used else ("never used", "")
        yield f"  {use}", count, each.action, each.resource
    for denial in principal.denied:
        yield "  denied", f"{denial.count:>6}×", denial.action, denial.message
