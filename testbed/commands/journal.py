"""``testbed journal`` and ``testbed trace``: what happened, in order, and as chains."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from testbed.control.journal import KINDS, Entry, Journal
from testbed.errors import TestbedError
from testbed.session import Session
from testbed.terminal import console
from testbed.terminal.durations import Duration, ago

if TYPE_CHECKING:
    from testbed.trace.chains import Hop


@click.command()
@click.option(
    "--kind",
    "kinds",
    type=click.Choice(KINDS),
    multiple=True,
    help="Show only this kind. Repeatable.",
)
@click.option("--since", type=Duration(), help="Show only entries of the last 90s, 5m or 2h.")
@click.option("--grep", metavar="TEXT", help="Entries that have TEXT in them, such as a name.")
@click.option("--limit", type=click.IntRange(min=1), help="The newest so many.")
@click.option("--follow", is_flag=True, help="Go on until Ctrl-C.")
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
    """Show API calls, deliveries, invocations and other events."""
    book = Journal(session.endpoint)
    position, entries = book.read(kinds=kinds)
    oldest = ago(since) if since is not None else None
    chosen = [
        entry for entry in entries if (oldest is None or entry.time >= oldest) and _has(entry, grep)
    ]
    _print_entries(chosen[-limit:] if limit else chosen, as_json)
    if follow:
        news = book.follow(position, kinds)
        _print_entries((entry for entry in news if _has(entry, grep)), as_json)
    elif not chosen:
        console.progress.print("There are no such entries.")


@click.command()
@click.argument("identity", metavar="[ID]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print its entries, one line of JSON each.")
@click.pass_obj
def trace(session: Session, identity: str | None, as_json: bool) -> None:
    """Draw the chain of hops around ID as a tree, with times.

    ID is the id of a request, message, event or X-Ray trace, its beginning, or the position of an
    entry in the journal. Without it, the newest chain that reached a function is drawn.
    """
    from testbed.trace.chains import chain_of, chains
    from testbed.trace.tree import tree

    entries = Journal(session.endpoint).entries()
    if identity is None:
        roots = [root for root in chains(entries) if _reached_function(root)][-1:]
    else:
        roots = chain_of(entries, identity)
    if not roots:
        raise TestbedError(
            f"There is no entry of {identity} in the journal."
            if identity
            else "No chain in the journal has reached a function.",
            advice="testbed journal shows the entries that there are, and with --json their ids.",
        )
    if as_json:
        hops = {hop.entry.position: hop for root in roots for hop in root.all()}
        _print_entries((hop.entry for _, hop in sorted(hops.items())), as_json)
        return
    for root in roots:
        console.wide.print(tree(root))


def _has(entry: Entry, text: str | None) -> bool:
    return text is None or text in json.dumps(entry.fields, ensure_ascii=False)


def _reached_function(root: Hop) -> bool:
    return any(hop.entry.kind == "invocation" for hop in root.all())


def _print_entries(entries: Iterable[Entry], as_json: bool) -> None:
    from testbed.trace.wording import what

    for entry in entries:
        if as_json:
            console.print_json(entry.fields, indent=None)
            continue
        time = f"{entry.time.astimezone():%H:%M:%S.%f}"[:-3]
        took = f"{entry['ms']:.1f} ms" if entry["ms"] is not None else ""
        error = entry["error"] or (entry["message"] if entry["status"] == "failed" else None)
        console.line(
            (f"{time} {entry.position:>6} {entry.kind:<10} {took:>10}", "dim"),
            f" {what(entry)}",
            (f"  ✗ {error}" if error else "", "red"),
        )
