"""``testbed journal`` and ``testbed trace``: what happened, as a list and as chains."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import click

from testbed.commands.chains import expectations, print_expected, print_tree
from testbed.control.journal import KINDS, Journal, JournalEntry
from testbed.errors import TestbedError
from testbed.session import Session
from testbed.terminal import console
from testbed.terminal.durations import Since, local_time_text

if TYPE_CHECKING:
    from testbed.trace.newest import NewestChain


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
    type=Since(),
    metavar="WHEN",
    help="Show only entries of the last 90s, 5m or 2h, or since 14:30, 2026-12-24T12:00Z.",
)
@click.option(
    "--grep",
    metavar="TEXT",
    help="Show only entries that contain TEXT, which is not a regular expression.",
)
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Show only the last N entries."
)
@click.option("--follow", is_flag=True, help="Show new entries as they are added, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print each entry as one line of JSON.")
@click.pass_obj
def journal(
    session: Session,
    kinds: tuple[str, ...],
    since: datetime | None,
    grep: str | None,
    limit: int | None,
    follow: bool,
    as_json: bool,
) -> None:
    """Show API calls, deliveries, messages, invocations and emails."""
    client = Journal(session.endpoint)
    position, entries = client.read(kinds=kinds)
    shown = [
        entry
        for entry in entries
        if (since is None or entry.time >= since) and _contains(entry, grep)
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
    the position of an entry in the journal. Without ID, the newest chain is shown, wherever it
    ended: of a schedule, a message, a request to an API or an invocation. It is awaited for up to
    15 seconds if it is still growing.
    """
    from testbed.trace.chains import find_chains
    from testbed.trace.settling import Followed

    client = Journal(session.endpoint)
    found = None
    if identity is None:
        found = _newest(session, client)
        chain = found.chain
    else:
        chain = Followed(find_chains(client.entries(), identity))
        if not chain.roots:
            raise TestbedError(
                f"The journal has no entry with the id or position {identity}.",
                advice="`testbed journal` lists all entries; with --json, it shows their ids.",
            )
    if as_json:
        _print_entries((step.entry for step in chain.steps()), as_json)
    else:
        for root in chain.roots:
            print_tree(root)
    if found:
        _print_state(found)


def _newest(session: Session, journal: Journal) -> NewestChain:
    from testbed.trace.newest import newest_chain

    found = newest_chain(journal, expectations(session.aws))
    if found is None:
        raise TestbedError(
            "The journal has no chain yet.",
            advice="Start one: fire a schedule with `testbed tick`, call a function with"
            " `testbed invoke`, send a message, or send a request to the API.",
        )
    return found


def _print_state(found: NewestChain) -> None:
    position = found.chain.roots[0].entry.position
    print_expected(
        found.chain,
        f"The chain is not complete yet. Show it again with: testbed trace {position}",
    )
    if found.newer:
        more = "A newer chain has" if found.newer == 1 else f"{found.newer} newer chains have"
        console.progress.print(
            f"{more} begun since. Show the newest with: testbed trace", soft_wrap=True
        )


def _contains(entry: JournalEntry, text: str | None) -> bool:
    return text is None or text in json.dumps(entry.fields, ensure_ascii=False)


def _print_entries(entries: Iterable[JournalEntry], as_json: bool) -> None:
    from testbed.trace.wording import describe

    for entry in entries:
        if as_json:
            console.print_json(entry.fields, indent=None)
            continue
        time = local_time_text(entry.time)
        took = f"{entry['ms']:.1f} ms" if entry["ms"] is not None else ""
        error = entry["error"] or (entry["message"] if entry["status"] == "failed" else None)
        console.line(
            (f"{time} {entry.position:>6} {entry.kind:<10} {took:>10}", "dim"),
            f" {describe(entry)}",
            (f"  ✗ {error}" if error else "", "red"),
        )
