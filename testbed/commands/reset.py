"""``testbed reset``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from testbed.commands.options import json_option, reject_options
from testbed.control.reset import DEPLOYMENT, SavedStates
from testbed.errors import TestbedError
from testbed.terminal import console
from testbed.terminal.tables import print_table

if TYPE_CHECKING:
    from testbed.control.reset import Reset, Resources
    from testbed.session import Session

_MOST_NAMES = 3
# Their names are ids that say nothing to people.
_NAMELESS = ("email", "event source mapping", "key", "message", "subscription")


@click.command()
@click.option("--empty", is_flag=True, help="Delete everything, also what was deployed.")
@click.option(
    "--save", is_flag=True, help="Save the current state instead, and return to it from now on."
)
@json_option
@click.pass_obj
def reset(session: Session, empty: bool, save: bool, as_json: bool) -> None:
    """Return the testbed to its state after the deployment.

    Everything that existed right after the deployment is as it was then, and everything else is
    deleted, without a restart. A testbed that nothing was deployed to is empty afterwards.
    """
    states = SavedStates(session.endpoint)
    if save:
        reject_options("not with --save", "empty", "as_json")
        states.save(DEPLOYMENT)
        console.progress.print("Saved. `testbed reset` returns to this state from now on.")
        return
    name = None if empty or DEPLOYMENT not in states.names() else DEPLOYMENT
    if name is None and not empty:
        _check_that_nothing_is_deployed(session)
    done = states.reset(name)
    _reset_websites(session, remove=name is None)
    if as_json:
        console.print_json(done)
    else:
        _print(done)


def _check_that_nothing_is_deployed(session: Session) -> None:
    """Check that no stack would be lost because its state was not saved.

    Raises
    ------
    TestbedError
        If another tool than ``testbed`` has deployed one.
    """
    stacks = session.aws.cloudformation.describe_stacks()["Stacks"]
    if stacks:
        names = ", ".join(stack["StackName"] for stack in stacks)
        raise TestbedError(
            f"No state of the testbed was saved after the deployment of {names}.",
            advice="`testbed deploy` saves one. After deployments with other tools, save it with:"
            " testbed reset --save\nDelete everything with: testbed reset --empty",
        )


def _reset_websites(session: Session, *, remove: bool) -> None:
    """Let the testbed's websites answer again, and the project watch them; or remove them."""
    from testbed.websites.websites import Websites

    running = None if session.given_endpoint else session.running()
    if running is None:
        return
    websites = Websites(session.state, running)
    hosted = websites.all()
    lists = session.website_lists() if hosted else None
    for each in hosted:
        if remove:
            websites.remove(each.name)
        else:
            recovered = websites.recovers(each.name)
            if lists:
                lists.add(recovered)


def _print(done: Reset) -> None:
    rows = [
        *_rows("removed", done["removed"]),
        *_rows("restored", done["restored"]),
        *_rows("changed back", done["changed"]),
    ]
    if rows:
        print_table((), rows)
    state = "is empty" if done["state"] is None else "is as it was saved"
    if done["state"] == DEPLOYMENT:
        state = "is as it was after its deployment"
    nothing = "" if rows else " Nothing had changed."
    console.progress.print(f"The testbed {state}, after {done['ms']:.0f} ms.{nothing}")


def _rows(action: str, resources: Resources) -> Iterator[tuple[str, str, str]]:
    for kind, names in resources.items():
        count = f"{len(names)} {kind}{'' if len(names) == 1 else 's'}"
        yield action, count, "" if kind in _NAMELESS else _few(names)


def _few(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
