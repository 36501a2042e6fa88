"""Paths into events, such as ``Records[0].body`` and ``headers["x-a.b"]``."""

from __future__ import annotations

import copy
import re
import uuid
from collections.abc import Callable
from typing import Any

from testbed.errors import TestbedError

_STEP = re.compile(r'\.?(?P<key>[^.\[\]"=]+)|\[(?P<index>\d+)\]|\["(?P<quoted>[^"]+)"\]')


def set_path(event: Any, path: str, change: Callable[[Any], Any]) -> None:
    """Replace the value at a path.

    Missing keys are added. The index after a list's last one adds a copy of its last item, with
    a message ID of its own: a batch of several messages.

    Parameters
    ----------
    change
        Returns the new value for the old one, which is None if there was none.

    Raises
    ------
    TestbedError
        If the path is not valid, or leads through a value that has no parts.
    """
    *steps, last = _parsed(path)
    place = event
    for step in steps:
        if isinstance(place, dict) and step not in place:
            place[step] = {}
        place = _at(place, step, path)
    old = place.get(last) if isinstance(place, dict) else _at(place, last, path)
    place[last] = change(old)


def _parsed(path: str) -> list[str | int]:
    steps: list[str | int] = []
    position = 0
    while position < len(path) and (match := _STEP.match(path, position)):
        if match["index"] is not None:
            steps.append(int(match["index"]))
        else:
            steps.append(match["key"] or match["quoted"])
        position = match.end()
    if position < len(path) or not steps:
        raise TestbedError(
            f"{path!r} is not a path into an event.",
            advice="Paths look like: Records[0].body or requestContext.path",
        )
    return steps


def _at(place: Any, step: str | int, path: str) -> Any:
    if isinstance(place, dict) and isinstance(step, str):
        return place[step]
    if isinstance(place, list) and isinstance(step, int):
        if step == len(place) and place:
            added = copy.deepcopy(place[-1])
            if isinstance(added, dict) and "messageId" in added:
                added["messageId"] = str(uuid.uuid4())
            place.append(added)
        if step < len(place):
            return place[step]
        raise TestbedError(f"{path}: there are only {len(place)} items, so none has index {step}.")
    kind = "an object" if isinstance(place, dict) else "a list" if isinstance(place, list) else ""
    raise TestbedError(f"{path}: {step!r} is not a part of {kind or 'a single value'}.")
