"""``testbed permissions``: what each role may do, used, and was denied."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import groupby

import click

from testbed.commands.options import reject_options
from testbed.control.permissions import Permission, Permissions, PrincipalUsage
from testbed.errors import TestbedError
from testbed.session import Session
from testbed.terminal import console


@click.command()
@click.option("--role", "roles", metavar="TEXT", multiple=True, help="With TEXT in its name.")
@click.option("--unused", is_flag=True, help="Only what was never used; ends with 1 if there is.")
@click.option("--reset", is_flag=True, help="Count from nothing, and show nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each role.")
@click.pass_obj
def permissions(
    session: Session, roles: tuple[str, ...], unused: bool, reset: bool, as_json: bool
) -> None:
    """Show each role's permissions: used, never used (candidates for removal), and denied."""
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
    for each in chosen:
        if as_json:
            only = replace(each, permissions=tuple(each.unused), denied=())
            console.print_json(asdict(only if unused else each), indent=None)
        else:
            _show(each, unused)
    if not chosen:
        raise TestbedError(
            "There is no such role." if roles else "There are no roles.",
            advice="testbed permissions shows those that there are.",
        )
    if unused and any(each.unused for each in chosen):
        raise SystemExit(1)


def _show(principal: PrincipalUsage, only_unused: bool) -> None:
    shown = principal.unused if only_unused else principal.permissions
    if not shown and (only_unused or not principal.denied):
        return
    console.wide.print(console.text((principal.name, "bold")))
    for action, several in groupby(shown, key=lambda each: each.action):
        for each in several:
            console.wide.print(console.text(_line(action, each)))
    for denial in () if only_unused else principal.denied:
        console.wide.print(console.text(f"  denied {denial.count:>6}×  {denial.message}"))


def _line(action: str, permission: Permission) -> str:
    count = f"used {permission.used:>8}×" if permission.used else "never used    "
    return f"  {count}  {action}  {permission.resource}"
