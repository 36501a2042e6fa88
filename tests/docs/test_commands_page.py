"""Every command and option is documented, in a whole sentence, as it is."""

from __future__ import annotations

import click
import pytest

from tests.docs.commands_page import PAGE, commands, content, parameters, row_name

ALL = {context.command_path: (context, command) for context, command in commands()}


def test_page_is_generated_from_the_commands() -> None:
    assert PAGE.read_text(encoding="utf-8") == content(), (
        "run: .venv/bin/python -m tests.docs.commands_page > docs/commands.md"
    )


@pytest.mark.parametrize("path", ALL)
def test_command_is_on_the_page(path: str) -> None:
    context, command = ALL[path]
    page = PAGE.read_text(encoding="utf-8")
    assert f"# {path}\n" in page
    for names, _ in parameters(context, command):
        assert f"| {row_name(names)} |" in page


@pytest.mark.parametrize("path", ALL)
def test_help_texts_are_sentences(path: str) -> None:
    _, command = ALL[path]
    texts = {"": command.get_short_help_str(limit=80)}
    for each in command.params:
        if each.help or isinstance(each, click.Option):  # the docstring may describe an argument
            texts[str(each.name)] = each.help or ""
    for name, text in texts.items():
        assert text, name
        assert text[0].isupper(), text
        assert text.endswith("."), text


@pytest.mark.parametrize("path", [path for path in ALL if path.count(" ") == 1])
def test_summary_fits_into_the_list_of_commands(path: str) -> None:
    """Click cuts off what does not fit into 80 columns."""
    assert not ALL[path][1].get_short_help_str(limit=80 - 6 - len("permissions")).endswith("...")
