"""Options that a command would ignore, and values that cannot be used, are usage errors."""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import urlsplit

import click
from click.core import ParameterSource


class Number(click.FloatRange):
    """A number in a range, and neither "nan", which passes every comparison, nor "inf"."""

    name = "float"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return what was typed as a number."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is no number", param, ctx)
        return number


class EndpointUrl(click.ParamType[Any]):
    """The URL of an emulator."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return what was typed, if a request can be sent there."""
        text = str(value)
        try:
            parts = urlsplit(text)
            valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:  # a port that is no number, or a bracket without its pair
            valid = False
        if not valid or any(character.isspace() for character in text):
            self.fail(f"{text!r} is no URL, such as http://127.0.0.1:4566", param, ctx)
        return text


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
