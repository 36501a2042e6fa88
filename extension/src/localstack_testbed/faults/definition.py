"""Definition of fault rules, read from ``rule.json``: their actions, fields and limits.

The options of ``testbed fault add`` and the tables of docs/faults.md are made from the same file.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

type Action = Literal["error", "throttle", "delay", "duplicate", "reorder", "kill"]


@dataclass(frozen=True)
class Field:
    """A field of a rule: its type and its limits; ``above`` is an exclusive minimum."""

    type: str
    meaning: str
    metavar: str = ""
    required: bool = False
    default: float | None = None
    above: float | None = None
    minimum: float | None = None
    maximum: float | None = None

    @property
    def limits(self) -> str:
        """The limits in words; empty if there are none."""
        limits = (("more than", self.above), ("at least", self.minimum), ("at most", self.maximum))
        return " and ".join(f"{words} {limit:g}" for words, limit in limits if limit is not None)

    def allows(self, value: float) -> bool:
        """Return whether a number is within the limits."""
        return (
            (self.above is None or value > self.above)
            and (self.minimum is None or value >= self.minimum)
            and (self.maximum is None or value <= self.maximum)
        )


@dataclass(frozen=True)
class ActionDefinition:
    """An action, and the fields that belong to it with their limits.

    Parameters
    ----------
    argument
        The field that the option of the action takes.
    """

    meaning: str
    fields: Mapping[str, Field]
    argument: str | None = None


def _read() -> tuple[dict[str, Field], dict[Action, ActionDefinition]]:
    file = Path(__file__).with_name("rule.json")
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    fields: dict[str, Any] = content["fields"]
    actions: dict[Action, ActionDefinition] = {}
    for name, action in content["actions"].items():
        own = {each: Field(**fields[each], **its) for each, its in action["fields"].items()}
        actions[name] = ActionDefinition(**{**action, "fields": own})
    return {name: Field(**field) for name, field in fields.items()}, actions


FIELDS, ACTIONS = _read()

SPECIFIC = {name for action in ACTIONS.values() for name in action.fields}
"""The fields that belong to certain actions only."""
