"""Every sentence of a page of claims names its tests, and these tests exist."""

from __future__ import annotations

import ast
from functools import cache

import pytest

from tests.conftest import ROOT
from tests.docs.claims import CLAIMS, WHOLE
from tests.docs.claims.evidence import Reason
from tests.docs.pages import prose

_NAMED = sorted(
    {
        test
        for claims in CLAIMS.values()
        for shown in claims.values()
        if not isinstance(shown, Reason)
        for test in shown
    }
)


@pytest.mark.parametrize("page", WHOLE)
def test_every_sentence_has_a_test(page: str) -> None:
    without = [each for each in prose(page) if not any(key in each for key in CLAIMS[page])]
    assert without == [], "each needs a line in tests/docs/claims/"


@pytest.mark.parametrize("page", CLAIMS)
def test_every_claim_is_made(page: str) -> None:
    gone = [key for key in CLAIMS[page] if not any(key in each for each in prose(page))]
    assert gone == [], f"no sentence of {page} has these words any more"


@cache
def functions(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("test", _NAMED)
def test_named_test_exists(test: str) -> None:
    path, _, name = test.partition("::")
    assert name in functions(path)
