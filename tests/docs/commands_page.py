"""The page docs/commands.md, generated from the commands: python -m tests.docs.commands_page"""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from testbed.commands.main import testbed
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "commands.md"
_INTRODUCTION = """\
# Commands

All commands of `testbed`, with their arguments and options, as `--help` prints them. Arguments in
brackets are optional. The exit status is 0 if a command succeeds, 1 if it fails, 2 if it is used
incorrectly, and 130 if you press Ctrl-C. Results go to standard output, and everything else goes to
standard error.

<!-- Made from the commands: .venv/bin/python -m tests.docs.commands_page > docs/commands.md -->
"""


def commands() -> Iterator[tuple[click.Context, click.Command]]:
    """Yield ``testbed`` and each of its commands, with the context that has its full name."""
    yield from _walk(click.Context(testbed, info_name="testbed"))


def _walk(context: click.Context) -> Iterator[tuple[click.Context, click.Command]]:
    command = context.command
    yield context, command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            subcommand = command.get_command(context, name)
            assert subcommand is not None
            yield from _walk(click.Context(subcommand, info_name=name, parent=context))


def parameters(context: click.Context, command: click.Command) -> list[tuple[str, str]]:
    """Return the arguments and options of a command, as they are written, with their help texts."""
    records = [each.get_help_record(context) for each in command.params]
    return [(names, " ".join(text.split())) for names, text in filter(None, records)]


def content() -> str:
    """Return what the page must contain."""
    return _INTRODUCTION + "".join(_section(context, command) for context, command in commands())


def _section(context: click.Context, command: click.Command) -> str:
    level = "##" if context.parent is None or context.parent.parent is None else "###"
    parts = [
        f"\n{level} {context.command_path}\n",
        f"{inspect.cleandoc(command.help or '')}\n",
    ]
    if described := parameters(context, command):
        rows = "".join(f"| {row_name(names)} | {_escaped(text)} |\n" for names, text in described)
        parts.append(f"| Argument or option | Meaning |\n|---|---|\n{rows}")
    return "\n".join(parts)


def row_name(names: str) -> str:
    """Return the first cell of the row of an argument or option."""
    return f"`{_escaped(names)}`"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(content(), end="")
