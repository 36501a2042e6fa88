"""Checklist of the steps that an alert takes through the pipeline."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from testbed.terminal.console import joined, text

if TYPE_CHECKING:
    from rich.text import Text

_NAME_WIDTH = 19


class Checklist:
    """Steps in order, each of which is open until it is checked off."""

    def __init__(self, steps: Iterable[str]) -> None:
        self._details: dict[str, str | None] = dict.fromkeys(steps)

    def check_off(self, step: str, detail: str) -> None:
        """Check off a step, with what was seen there."""
        self._details[step] = detail

    def view(self) -> Text:
        """Return one line for each step."""
        lines = []
        for step, detail in self._details.items():
            if detail is None:
                lines.append(text((f"  · {step}", "dim")))
            else:
                lines.append(text(("  ✓ ", "green"), f"{step:<{_NAME_WIDTH}}", (detail, "cyan")))
        return joined("\n", lines)
