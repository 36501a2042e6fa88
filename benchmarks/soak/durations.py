"""Durations as people write them: 30s, 10m, 1h."""

from __future__ import annotations

import re
from typing import Any

import click

_SECONDS = {"s": 1, "m": 60, "h": 3600}


class Duration(click.ParamType):
    """An option's value such as ``10m``, in seconds."""

    name = "duration"

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """Return seconds, or say what is expected."""
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", str(value))
        if match is None or float(match[1]) == 0:
            self.fail(f"{value} is no duration such as 30s, 10m or 1h.", param, ctx)
        return float(match[1]) * _SECONDS[match[2]]
