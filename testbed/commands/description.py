"""The deployed stack and the emulator that it runs on, as several commands print them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from testbed.machine.host_address import LOOPBACK
from testbed.terminal import console
from testbed.terminal.tables import print_table

if TYPE_CHECKING:
    from testbed.session import Session

Row = tuple[str, str]
NO_STACK = "none"

_NO_STACK: dict[str, Any] = {
    "stack": None, "outputs": {}, "api_url": None,
    "unconfirmed": [], "skipped": [], "ignored": [], "runtimes": [],
}  # fmt: skip


def describe(session: Session) -> dict[str, Any]:
    """Return the endpoint, the selected stack's outputs and warnings, for ``--json``.

    Raises
    ------
    NotRunningError
        If the testbed is not running, or the user has selected a stack that is not deployed.
    """
    from testbed.control.isolation import isolation

    stack_name = session.stack_name
    return {
        "endpoint_url": session.endpoint_url,
        "host": asdict(session.host_address),
        "isolation": isolation(session.endpoint),
        **(_describe_stack(session, stack_name) if stack_name else _NO_STACK),
    }


def _describe_stack(session: Session, stack_name: str) -> dict[str, Any]:
    from testbed.aws.addresses import api_url, local_outputs
    from testbed.aws.stacks import function_runtimes, skipped_resources, stack_outputs
    from testbed.control.runtimes import running_notes
    from testbed.control.subscriptions import unconfirmed

    aws = session.aws
    # Of a stack that the user has selected, it is an error that it does not exist.
    selected = session.selection.stack_name
    outputs = session.outputs() if selected else stack_outputs(aws, stack_name)
    if outputs is None:
        return _NO_STACK
    left_out = skipped_resources(aws, stack_name)
    return {
        "stack": stack_name,
        "outputs": local_outputs(aws, stack_name, outputs),
        "api_url": api_url(aws, stack_name, outputs),
        "unconfirmed": [each.address for each in unconfirmed(aws, stack_name)],
        "skipped": [str(each) for each in left_out if not each.ignored],
        "ignored": [str(each) for each in left_out if each.ignored],
        "runtimes": running_notes(session.endpoint, function_runtimes(aws, stack_name)),
    }


def print_description(session: Session, *, as_json: bool) -> dict[str, Any]:
    """Print where the deployed stack can be reached, and warnings; return what was printed."""
    description = describe(session)
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
