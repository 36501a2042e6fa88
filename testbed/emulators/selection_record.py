"""The record of what a testbed was started with, so that later commands work on the same stack."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from testbed.emulators.state_folder import open_private
from testbed.project.discovery import Selection

_RECORD = "selection.json"


def save(selection: Selection, state: Path) -> None:
    """Record a selection in a state folder; an empty one removes the record."""
    if selection == Selection():
        forget(state)
        return
    values = asdict(selection)
    if selection.template:
        values["template"] = str(selection.template.absolute())
    with open_private(state / _RECORD) as file:
        file.write(json.dumps(values).encode())


def load(state: Path) -> Selection:
    """Return the recorded selection; an empty one if none is recorded."""
    try:
        values = json.loads((state / _RECORD).read_text(encoding="utf-8"))
        template = values.pop("template")
        return Selection(Path(template) if template else None, **values)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return Selection()


def forget(state: Path) -> None:
    """Remove the record."""
    (state / _RECORD).unlink(missing_ok=True)
