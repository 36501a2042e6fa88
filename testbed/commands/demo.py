"""``testbed demo``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from testbed.commands.options import docker_option

if TYPE_CHECKING:
    from testbed.session import Session


@click.command()
@docker_option
@click.option(
    "--keep", is_flag=True, help="Leave everything running at the end, and suggest what to try."
)
@click.option(
    "--site", "sites", multiple=True, metavar="URL", help="Monitor this website too. Repeatable."
)
@click.pass_obj
def demo(session: Session, docker: bool, keep: bool, sites: tuple[str, ...]) -> None:
    """Show the pipeline at work while a website fails and recovers."""
    from testbed.demo.demo_run import run

    run(session, keep=keep, urls=sites, docker=docker)
