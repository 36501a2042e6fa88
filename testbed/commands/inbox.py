"""``testbed inbox``, and ``testbed inbox confirm``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from testbed.commands.options import reject_options
from testbed.terminal import console

if TYPE_CHECKING:
    from testbed.session import Session


@click.group(invoke_without_command=True)
@click.option("--clear", is_flag=True, help="Delete the emails after showing them.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_context
def inbox(context: click.Context, clear: bool, as_json: bool) -> None:
    """Show the emails that the emulator has sent."""
    from dataclasses import asdict

    from testbed.control.inbox import Inbox

    if context.invoked_subcommand:
        reject_options(f"not with {context.invoked_subcommand}")
        return
    box = Inbox(context.obj.endpoint)
    emails = box.emails()
    if as_json:
        console.print_json([asdict(email) for email in emails])
    for email in () if as_json else emails:
        console.output.rule(console.text((email.subject, "bold")), align="left")
        console.line((f"{email.sent}  {email.sender} → {', '.join(email.recipients)}", "dim"))
        console.line(f"\n{email.body}\n", multiline=True)
    if not emails:
        console.progress.print("The inbox is empty.")
    if clear:
        box.clear()
    elif not as_json and any(email.confirmation for email in emails):
        console.progress.print(
            "SNS sends no notifications to an address until its subscription is confirmed: open"
            " the link in the email, or run `testbed inbox confirm`.",
            soft_wrap=True,
        )


@inbox.command()
@click.argument("address", required=False, help="The subscriber's address; all by default.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_obj
def confirm(session: Session, address: str | None, as_json: bool) -> None:
    """Confirm pending email subscriptions.

    It opens the link in each confirmation email, and deletes the email.
    """
    from testbed.control.inbox import Inbox

    confirmed = Inbox(session.endpoint).confirm(address)
    if as_json:
        console.print_json(
            [{"address": each.address, "topic_arn": each.topic_arn} for each in confirmed]
        )
    for each in confirmed:
        topic = each.topic_arn.rpartition(":")[2]
        console.progress.print(
            console.text(f"Confirmed the subscription of {each.address} to {topic}."),
            soft_wrap=True,
        )
    if not confirmed:
        wanted = f" for {address}" if address else ""
        console.progress.print(
            console.text(
                f"There is no confirmation email{wanted}. If you have deleted it, subscribe the"
                " address again with `aws sns subscribe`: SNS sends another one."
            ),
            soft_wrap=True,
        )
