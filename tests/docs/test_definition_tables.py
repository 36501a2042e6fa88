"""The definitions of fault rules and journal entries, in the documentation and in testbed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from localstack_testbed.faults.definition import ACTIONS, FIELDS
from localstack_testbed.journal.definition import KINDS as ENTRY_KINDS

from testbed.control.faults import CallFilter, FaultRule, Faults
from testbed.control.journal import KINDS
from tests.docs.definition_tables import TABLES
from tests.docs.pages import text_of


@pytest.mark.parametrize(
    ("page", "table"), [(page, table) for page, tables in TABLES.items() for table in tables]
)
def test_page_has_the_table(page: str, table: Callable[[], str]) -> None:
    assert table() in text_of(page), f"{page} must have this table:\n\n{table()}"


def test_types_of_the_client_have_the_fields_of_a_rule() -> None:
    counters = {"id", "seen", "hits", "spent"}
    assert FaultRule.__annotations__.keys() - counters == FIELDS.keys()
    assert CallFilter.__annotations__.keys() <= FIELDS.keys()


def test_client_has_a_method_for_each_action() -> None:
    assert all(callable(getattr(Faults, action)) for action in ACTIONS)


def test_client_knows_all_kinds_of_entries() -> None:
    assert set(KINDS) == ENTRY_KINDS.keys()
