"""The stored data of AWS's resource schemas.

``python -m tests.extension.schemas`` makes the files of cfn-lint's copy of AWS's schemas (MIT-0).
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "data"


def load(type_name: str) -> dict[str, Any] | None:
    """Return the schema of a type, or None if there is none."""
    if type_name not in type_names():
        return None
    try:
        text = (_FOLDER / f"{type_name.replace('::', '_')}.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    schema: dict[str, Any] = json.loads(text)
    return schema


@cache
def type_names() -> frozenset[str]:
    """Return the names of all types that AWS has."""
    return frozenset((_FOLDER / "types.txt").read_text(encoding="utf-8").split())
