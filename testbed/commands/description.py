"""What the commands print about the deployed stack and the emulator it runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from testbed.machine.host_address import LOOPBACK
from testbed.terminal import console
from testbed.terminal.tables import print_table

if TYPE_CHECKING:
    from testbed.session import Session

Row = tuple[str, str]
NO_STACK = "none"


def print_description(session: Session, *, as_json: bool) -> dict[str, Any]:
    """Print where the deployed stack can be reached, and warnings; return what was printed."""
    description = session.description()
    if as_json:
        console.print_json(description)
        return description
    rows = [
        ("endpoint", description["endpoint_url"]),
        ("api", description["api_url"] or "-"),
        ("stack", description["stack"] or NO_STACK),
    ]
    print_table((), [*rows, *warning_rows(description)])
    return description


def warning_rows(description: dict[str, Any]) -> list[Row]:
    """Return a row for each unconfirmed email and what was skipped, and if isolation is off."""
    rows = [
        ("email", f"{address} receives nothing until it is confirmed: testbed inbox confirm")
        for address in description["unconfirmed"]
    ]
    rows += [
        ("skipped", f"{resource}: not available in this testbed")
        for resource in description.get("skipped", ())
    ]
    rows += [("ignored", text) for text in description.get("ignored", ())]
    rows += [("runtime", text) for text in description.get("runtimes", ())]
    isolation = description.get("isolation")
    if isolation and not isolation["isolated"]:
        reason = isolation["reason"]
        if description["host"]["name"] == LOOPBACK.name:
            text = f"none: functions can see your files ({reason}); run: testbed doctor"
        else:
            text = f"the container's: functions can see one another's files, not yours ({reason})"
        rows.append(("isolation", text))
    return rows
