"""Options that several commands share, the types of their values, and checks of combinations."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource
from click.types import FloatParamType

Command = Callable[..., Any]
Pairs = tuple[tuple[str, str], ...]
"""The values of a repeatable option of the type :class:`Pair`."""


class Number(FloatParamType):
    """A finite number: neither "nan", which passes every comparison, nor "inf"."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Convert what was typed to a number."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return number


class EndpointUrl(click.ParamType[Any]):
    """The URL of an emulator."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check that a request can be sent to the URL."""
        from testbed.control.endpoint import is_endpoint_url

        text = str(value)
        if not is_endpoint_url(text):
            self.fail(f"{text!r} is not a URL such as http://127.0.0.1:4566.", param, ctx)
        return text


class Pair(click.ParamType[tuple[str, str]]):
    """A name and a value: ``NAME=VALUE``."""

    name = "pair"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Split what was typed at its first ``=``."""
        from testbed.errors import ProjectError
        from testbed.project.pairs import parse_pair

        if isinstance(value, tuple):
            return value
        try:
            return parse_pair(value, self.name)
        except ProjectError:
            metavar = param.metavar if param else None
            self.fail(f"{value!r} is not of the form {metavar or 'NAME=VALUE'}.", param, ctx)


def json_option(command: Command) -> Command:
    """Add ``--json``, for a command that prints one object."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(command)


def stack_option(command: Command) -> Command:
    """Add ``--stack``, for a command that shows or uses a stack."""
    return click.option(
        "--stack", "--stack-name", metavar="NAME", envvar="TESTBED_STACK", show_envvar=True,
        expose_value=False, callback=_select("stack_name"),
        help="Use this stack instead of the project's.",
    )(command)  # fmt: skip


def project_options(command: Command) -> Command:
    """Add the options that choose what is deployed, and to which stack."""
    for decorate in (
        stack_option,
        click.option(
            "--config-env", metavar="NAME", envvar="TESTBED_CONFIG_ENV", show_envvar=True,
            expose_value=False, callback=_select("environment"),
            help="Use this environment of samconfig.toml instead of default.",
        ),
        click.option(
            "-t", "--template", type=click.Path(path_type=Path, dir_okay=False),
            envvar="TESTBED_TEMPLATE", show_envvar=True,
            expose_value=False, callback=_select("template"),
            help="Deploy this template instead of the project's.",
        ),
    ):  # fmt: skip
        command = decorate(command)
    return command


def _select(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """Return a callback that puts an option's value into the session's selection."""

    def select(context: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value and context.obj is not None:  # there is no session when only options are parsed
            context.obj.selection = replace(context.obj.selection, **{name: value})

    return select


def docker_option(command: Command) -> Command:
    """Add ``--docker``."""
    return click.option(
        "--docker", is_flag=True, help="Run LocalStack in the container of docker-compose.yml."
    )(command)


def yes_option(command: Command) -> Command:
    """Add ``--yes``."""
    return click.option("--yes", is_flag=True, help="Do not ask for confirmation.")(command)


def override_options(command: Command) -> Command:
    """Add the options that change what is deployed; :meth:`Overrides.of` takes their values."""
    command = click.option(
        "-p", "--parameter", "parameters", type=Pair(), multiple=True, metavar="NAME=VALUE",
        help="Set a parameter of the template, overriding samconfig.toml. Repeatable.",
    )(command)  # fmt: skip
    return click.option(
        "-f", "--file", "files", type=Pair(), multiple=True, metavar="NAME=PATH",
        help="Upload the file at PATH instead of the project's file NAME. Repeatable.",
    )(command)  # fmt: skip


def target_options(command: Command) -> Command:
    """Add the options that choose where a stack is deployed."""
    for decorate in (
        yes_option,
        project_options,
        click.option(
            "--region", help="Use this AWS region, overriding samconfig.toml (--target aws only)."
        ),
        click.option(
            "--profile", metavar="NAME",
            help="Use this profile of the AWS CLI, overriding samconfig.toml (--target aws only).",
        ),
        click.option(
            "--target", type=click.Choice(["local", "aws"]), default="local", show_default=True,
            help="Choose the running testbed (local) or your AWS account (aws).",
        ),
    ):  # fmt: skip
        command = decorate(command)
    return command


def reject_options(reason: str, *names: str) -> None:
    """Raise a usage error if the current command was given options that it would ignore.

    Parameters
    ----------
    reason
        Where the options belong, after a colon: "only with --target aws".
    names
        The names of the options' parameters; without any, all options are rejected.

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
    """Raise a usage error if an endpoint was given to a command that does not use one.

    Raises
    ------
    click.UsageError
        If one was given by the option or by its environment variable.
    """
    context = click.get_current_context()
    if context.find_root().params.get("endpoint_url"):
        names = [str(context.info_name)]
        while context.parent and context.parent.parent:  # a command of a group
            context = context.parent
            names.insert(0, str(context.info_name))
        raise click.UsageError(
            f"`testbed {' '.join(names)}` cannot be used with another endpoint here: remove"
            " --endpoint-url, or unset TESTBED_ENDPOINT_URL.",
            click.get_current_context(),
        )
