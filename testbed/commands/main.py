"""The command ``testbed``: its commands, and the options that all of them share."""

from __future__ import annotations

from pathlib import Path

import click

from testbed.commands.lazy_group import LazyGroup
from testbed.commands.options import EndpointUrl

# In the order in which a user needs them.
_MODULES = {
    "init": "testbed.commands.init",
    "up": "testbed.commands.up",
    "down": "testbed.commands.down",
    "status": "testbed.commands.status",
    "env": "testbed.commands.env",
    "deploy": "testbed.commands.deploy",
    "destroy": "testbed.commands.destroy",
    "watch": "testbed.commands.watch",
    "reset": "testbed.commands.reset",
    "invoke": "testbed.commands.invoke",
    "sample": "testbed.commands.sample",
    "logs": "testbed.commands.logs",
    "debug": "testbed.commands.debug",
    "tick": "testbed.commands.tick",
    "clock": "testbed.commands.clock",
    "inbox": "testbed.commands.inbox",
    "journal": "testbed.commands.journal",
    "trace": "testbed.commands.journal",
    "website": "testbed.commands.website",
    "fault": "testbed.commands.fault",
    "permissions": "testbed.commands.permissions",
    "doctor": "testbed.commands.doctor",
    "cache": "testbed.commands.cache",
    "demo": "testbed.commands.demo",
}


@click.group(
    cls=LazyGroup, modules=_MODULES, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--project", "folder", type=click.Path(path_type=Path, exists=True, file_okay=False),
    envvar="TESTBED_PROJECT", show_envvar=True, default=".", show_default="the current folder",
    help="Use the project in this folder, or that this folder is in.",
)  # fmt: skip
@click.option(
    "--state", type=click.Path(path_type=Path, file_okay=False),
    envvar="TESTBED_STATE", show_envvar=True, show_default=".testbed in the project",
    help="Keep the testbed's files in this folder.",
)  # fmt: skip
@click.option(
    "--endpoint-url", type=EndpointUrl(), metavar="URL",
    envvar="TESTBED_ENDPOINT_URL", show_envvar=True,
    show_default="the emulator that `testbed up` has started",
    help="Use the emulator at this URL.",
)  # fmt: skip
@click.version_option(package_name="serverless-testbed")
@click.pass_context
def testbed(
    context: click.Context, folder: Path, state: Path | None, endpoint_url: str | None
) -> None:
    """Run an AWS serverless pipeline on this machine.

    It requires no AWS account, no Docker and, after the first run, no network.
    """
    from testbed.session import Session

    context.obj = Session(folder, state, endpoint_url)
