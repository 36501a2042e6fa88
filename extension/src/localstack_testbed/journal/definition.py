"""Definition of journal entries, read from ``entry.json``: kinds, fields, figures of REPORT lines.

The tables of docs/journal.md are made from the same file.
"""

import json
from pathlib import Path
from typing import Any

_DEFINITION: dict[str, Any] = json.loads(
    Path(__file__).with_name("entry.json").read_text(encoding="utf-8")
)

FIELDS: dict[str, str] = _DEFINITION["fields"]
"""The fields of all kinds, with their meanings."""

KINDS: dict[str, dict[str, Any]] = _DEFINITION["kinds"]
"""The kinds of entries, each with its ``meaning`` and its further ``fields``."""

REPORT: dict[str, dict[str, str]] = _DEFINITION["report"]
"""The figures of a REPORT line, each with its names in a ``text`` line and in a ``json`` line."""
