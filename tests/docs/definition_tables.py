"""Tables of docs/faults.md and docs/journal.md, made from the extension's definitions.

``PYTHONPATH=extension/src .venv/bin/python -m tests.docs.definition_tables`` prints them.
"""

from __future__ import annotations

from collections.abc import Iterable

from localstack_testbed.faults import definition as faults
from localstack_testbed.journal import definition as journal


def fault_actions() -> str:
    """Return the table of actions, with the option for each."""
    rows = []
    for name, action in faults.ACTIONS.items():
        option = f"--{name}"
        if action.argument:
            option += f" {faults.FIELDS[action.argument].metavar}"
        rows.append((f"`{name}`", f"`{option}`", action.meaning))
    return _table(("Action", "Option", "Meaning"), rows)


def fault_fields() -> str:
    """Return the table of the fields of a rule."""
    rows = []
    for name, field in faults.FIELDS.items():
        actions = [
            f"`{action}`{_in_brackets(definition.fields[name])}"
            for action, definition in faults.ACTIONS.items()
            if name in definition.fields
        ]
        kind = f"{field.type}, {field.limits}" if field.limits else field.type
        rows.append((f"`{name}`", kind, ", ".join(actions) or "all", field.meaning))
    return _table(("Field", "Value", "Actions", "Meaning"), rows)


def entry_fields() -> str:
    """Return the table of the fields of all entries."""
    return _table(
        ("Field", "Meaning"),
        [(f"`{name}`", meaning) for name, meaning in journal.FIELDS.items()],
    )


def entry_kinds() -> str:
    """Return the table of the kinds of entries."""
    rows = []
    for name, kind in journal.KINDS.items():
        fields = [f"`{field}`: {meaning}" for field, meaning in kind["fields"].items()]
        rows.append((f"`{name}`", kind["meaning"], "<br>".join(fields)))
    return _table(("Kind", "Meaning", "Further fields"), rows)


TABLES = {
    "docs/faults.md": (fault_actions, fault_fields),
    "docs/journal.md": (entry_fields, entry_kinds),
}


def _in_brackets(field: faults.Field) -> str:
    notes = []
    if field.required:
        notes.append("required")
    if field.default:
        notes.append(f"default {field.default:g}")
    return f" ({', '.join(notes)})" if notes else ""


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [headings, ("---",) * len(headings), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


if __name__ == "__main__":
    for page, tables in TABLES.items():
        for table in tables:
            print(f"{page}:\n\n{table()}")
