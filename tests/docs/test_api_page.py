"""The pages about the Python API and the plug-in name all that there is."""

from __future__ import annotations

import pytest

import testbed
from testbed.pytest_plugin import fixtures, plugin
from tests.docs.api_page import PAGE, page
from tests.docs.pages import anchors, code_spans, text_of

_PLUGIN_PAGE = "docs/test-your-own-pipeline.md"
_FIXTURES = [
    name
    for name, value in vars(fixtures).items()
    if type(value).__name__ == "FixtureFunctionDefinition"
]


def test_page_is_made_from_the_docstrings() -> None:
    assert text_of(PAGE) == page(), "run: .venv/bin/python -m tests.docs.api_page > docs/api.md"


def test_page_has_every_public_name() -> None:
    assert {name.lower() for name in testbed.__all__} <= anchors(PAGE)


def _options() -> list[str]:
    """Return the names that the plug-in gives to options and settings."""
    parser = pytest.Parser(_ispytest=True)
    plugin.pytest_addoption(parser)
    [group] = [each for each in parser._groups if each.name == "testbed"]
    return [*(option.names()[0] for option in group.options), *parser._inidict]


@pytest.mark.parametrize("name", [*_FIXTURES, *_options()])
def test_plug_in_page_has_every_fixture_and_option(name: str) -> None:
    spans = [span.split(" ")[0] for span in code_spans(_PLUGIN_PAGE)]
    assert name in spans


def test_fixtures_and_options_are_found() -> None:
    assert "stack" in _FIXTURES
    assert len(_FIXTURES) == 14
    assert "--testbed-target" in _options()
    assert "testbed_env" in _options()
