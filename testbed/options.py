"""Options that a command would ignore are usage errors."""

from __future__ import annotations

import click
from click.core import ParameterSource


def reject_options(reason: str, *names: str) -> None:
    """Raise a usage error if the current command was given options that it would ignore.

    Parameters
    ----------
    reason
        Where the options belong, after a colon: "only with --target aws".
    names
        The options by the names of their parameters; without any, all options.

    Raises
    ------
    click.UsageError
        If one of them was given on the command line.
    """
    context = click.get_current_context()
    given = [
        max(parameter.opts, key=len)
        for parameter in context.command.params
        if (not names or parameter.name in names)
        and context.get_parameter_source(str(parameter.name)) is ParameterSource.COMMANDLINE
    ]
    if given:
        raise click.UsageError(f"{', '.join(given)}: {reason}.", context)


def reject_endpoint() -> None:
    """Raise a usage error if an endpoint was named for a command that uses none.

    Raises
    ------
    click.UsageError
        If one is named, by the option or by its environment variable.
    """
    context = click.get_current_context()
    if context.find_root().params.get("endpoint_url"):
        raise click.UsageError(
            f"`testbed {context.info_name}` uses no other endpoint here: leave out --endpoint-url,"
            " or unset TESTBED_ENDPOINT_URL.",
            context,
        )
