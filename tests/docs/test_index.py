"""The index leads to every page, and what contributors run is documented."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT
from tests.docs.pages import links, pages, text_of

_INDEX = "docs/README.md"
_DECISIONS = [page for page in pages() if page.startswith("docs/decisions/")]
_SCRIPTS = sorted(path.name for path in (ROOT / "scripts").iterdir() if path.is_file())


def _linked(page: str) -> set[str]:
    """Return the pages that a page links to."""
    folder = (ROOT / page).parent
    targets = [(folder / link.partition("#")[0]).resolve() for link in links(page)]
    return {
        path.relative_to(ROOT).as_posix() for path in targets if path.is_relative_to(ROOT)
    } & set(pages())


def test_index_links_to_every_page() -> None:
    assert set(pages()) - _linked(_INDEX) - {_INDEX} == set()


def test_readme_links_to_the_index() -> None:
    assert _INDEX in _linked("README.md")


@pytest.mark.parametrize("page", _DECISIONS)
def test_decision_is_listed_with_its_title_and_has_its_parts(page: str) -> None:
    heading, _, rest = text_of(page).partition("\n")
    title = re.fullmatch(r"# \d+\. (.+)", heading)
    assert title, f"{page}: {heading}"
    assert f"[{title[1]}]({page.removeprefix('docs/')})" in text_of(_INDEX)
    for part in ("**Context.**", "**Decision.**", "**Consequences.**"):
        assert part in rest, f"{page} has no {part}"


@pytest.mark.parametrize("script", _SCRIPTS)
def test_script_is_documented(script: str) -> None:
    assert f"scripts/{script}" in text_of("CONTRIBUTING.md")
