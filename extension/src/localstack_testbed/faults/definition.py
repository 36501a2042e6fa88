"""Definition of fault rules: the actions and fields in ``rule.json``.

The validation here, the options of ``testbed fault add`` and the tables of docs/faults.md are made
from it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("rule.json")


@dataclass(frozen=True)
class Field:
    """A field of a rule: its type and its limits; ``above`` is an exclusive minimum."""

    type: str
    meaning: str
    above: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    default: float | None = None
    required: bool = False
    metavar: str = ""


@dataclass(frozen=True)
class ActionDefinition:
    """An action, and the fields that belong to it with what they are for it."""

    meaning: str
    fields: Mapping[str, Field] = field(default_factory=dict)


def _read() -> tuple[dict[str, Field], dict[str, ActionDefinition]]:
    content: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    actions = {
        name: ActionDefinition(
            action["meaning"],
            {each: Field(**content["fields"][each], **own) for each, own in action["fields"].items()},
        )
        for name, action in content["actions"].items()
    }
    return {name: Field(**each) for name, each in content["fields"].items()}, actions


FIELDS, ACTIONS = _read()
SPECIFIC = {name for action in ACTIONS.values() for name in action.fields}
"""The fields that belong to certain actions only."""
