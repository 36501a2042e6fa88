"""Every setting of the extension is defined once, and the page has the table of them."""

from __future__ import annotations

import re

from localstack_testbed.hooks.settings import table

from tests.conftest import ROOT

_SOURCE = ROOT / "extension" / "src" / "localstack_testbed"
# It runs in the functions' interpreter, whose environment is made by the executor.
_FUNCTIONS = _SOURCE / "lambda_executor" / "supervisor"


def test_page_has_the_table_of_settings() -> None:
    expected = "\n".join(table())
    page = (ROOT / "docs" / "extension.md").read_text()
    assert f"\n{expected}\n" in page, f"docs/extension.md needs this table:\n{expected}"


def test_settings_are_read_where_they_are_defined() -> None:
    """A setting that a module reads by itself would be neither documented nor checked."""
    reading = re.compile(r'"(?:TESTBED|LAMBDA_PROCESS)_[A-Z_]+"')
    readers = {
        path.relative_to(_SOURCE).as_posix(): found
        for path in _SOURCE.rglob("*.py")
        if not path.is_relative_to(_FUNCTIONS)
        if path.name != "settings.py" and (found := reading.findall(path.read_text()))
    }
    assert readers == {}
