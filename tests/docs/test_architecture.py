"""The lists of packages in docs/architecture.md are those of the source folders."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.pages import text_of

_PAGE = "docs/architecture.md"
_SOURCES = ("testbed", "extension/src/localstack_testbed")


def _summary(package: Path) -> str:
    """Return the first paragraph of a package's docstring."""
    tree = ast.parse((package / "__init__.py").read_text(encoding="utf-8"))
    docstring = ast.get_docstring(tree)
    assert docstring, f"{package} has no docstring"
    return " ".join(docstring.partition("\n\n")[0].split()).replace("``", "`").rstrip(".")


def table(source: str) -> str:
    """Return the Markdown table of the packages in a source folder."""
    packages = sorted(each.parent for each in (ROOT / source).glob("*/__init__.py"))
    rows = [f"| `{each.name}` | {_summary(each)} |" for each in packages]
    return "\n".join(["| Package | Contents |", "| --- | --- |", *rows])


@pytest.mark.parametrize("source", _SOURCES)
def test_packages_are_listed_with_their_docstrings(source: str) -> None:
    expected = f"<!-- {source} -->\n\n{table(source)}\n"
    assert expected in text_of(_PAGE), f"{_PAGE} must contain:\n{expected}"
