"""``testbed journal`` and ``testbed trace``: what happened, as a list and as chains."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from testbed.control.journal import KINDS, Journal, JournalEntry
from testbed.errors import TestbedError
from testbed.session import Session
from testbed.terminal import console
from testbed.terminal.durations import Duration, ago

if TYPE_CHECKING:
    from testbed.trace.chains import Step


@click.command()
@click.option(
    "--kind",
    "kinds",
    type=click.Choice(KINDS),
    multiple=True,
    help="Show only entries of this kind. Repeatable.",
)
@click.option(
    "--since",
    type=Duration(),
    metavar="DURATION",
    help="Show only entries of the last 90s, 5m or 2h.",
)
@click.option("--grep", metavar="TEXT", help="Show only entries that contain TEXT.")
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Show only the last N entries."
)
@click.option("--follow", is_flag=True, help="Show new entries as they are added, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print each entry as one line of JSON.")
@click.pass_obj
def journal(
    session: Session,
    kinds: tuple[str, ...],
    since: timedelta | None,
    grep: str | None,
    limit: int | None,
    follow: bool,
    as_json: bool,
) -> None:
    """Show API calls, deliveries, messages, invocations and emails."""
    client = Journal(session.endpoint)
    position, entries = client.read(kinds=kinds)
    oldest = ago(since) if since is not None else None
    shown = [
        entry
        for entry in entries
        if (oldest is None or entry.time >= oldest) and _contains(entry, grep)
    ]
    _print_entries(shown[-limit:] if limit else shown, as_json)
    if follow:
        added = client.follow(position, kinds)
        _print_entries((entry for entry in added if _contains(entry, grep)), as_json)
    elif not shown:
        console.progress.print("The journal has no such entries.")


@click.command()
@click.argument("identity", metavar="[ID]", required=False)
@click.option(
    "--json", "as_json", is_flag=True, help="Print each entry of the chain as one line of JSON."
)
@click.pass_obj
def trace(session: Session, identity: str | None, as_json: bool) -> None:
    """Show what led to ID and what followed, as a tree with times.

    ID is the id of a request, message, event or X-Ray trace, at least its first six characters, or
    the position of an entry in the journal. Without ID, the newest chain in which a function was
    invoked is shown; that may be one that a schedule started.
    """
    from testbed.trace.chains import chain_roots, find_chains
    from testbed.trace.tree import tree

    entries = Journal(session.endpoint).entries()
    if identity is None:
        roots = [root for root in chain_roots(entries) if _invokes_function(root)][-1:]
    else:
        roots = find_chains(entries, identity)
    if not roots:
        raise TestbedError(
            f"The journal has no entry with the id or position {identity}."
            if identity
            else "The journal has no chain in which a function was invoked.",
            advice="`testbed journal` lists all entries; with --json, it shows their ids.",
        )
    if as_json:
        steps = {step.entry.position: step for root in roots for step in root.walk()}
        _print_entries((step.entry for _, step in sorted(steps.items())), as_json)
        return
    for root in roots:
        console.wide.print(console.tree(tree(root)))


def _contains(entry: JournalEntry, text: str | None) -> bool:
    return text is None or text in json.dumps(entry.fields, ensure_ascii=False)


def _invokes_function(root: Step) -> bool:
    return any(step.entry.kind == "invocation" for step in root.walk())


def _print_entries(entries: Iterable[JournalEntry], as_json: bool) -> None:
    from testbed.trace.wording import describe

    for entry in entries:
        if as_json:
            console.print_json(entry.fields, indent=None)
            continue
        time = f"{entry.time.astimezone():%H:%M:%S.%f}"[:-3]
        took = f"{entry['ms']:.1f} ms" if entry["ms"] is not None else ""
        error = entry["error"] or (entry["message"] if entry["status"] == "failed" else None)
        console.line(
            (f"{time} {entry.position:>6} {entry.kind:<10} {took:>10}", "dim"),
            f" {describe(entry)}",
            (f"  ✗ {error}" if error else "", "red"),
        )
