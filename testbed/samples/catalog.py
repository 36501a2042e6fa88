"""Catalog of the sample events: their names, where AWS documents them, and their variables.

Each event is a JSON file next to this module. ``index.json`` lists them with their titles, AWS's
pages and the variables that can be set. The files are templates, see
:mod:`testbed.samples.filling`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from testbed.errors import TestbedError, did_you_mean

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Sample:
    """A sample event.

    Parameters
    ----------
    name
        What it is called on the command line: ``sqs``.
    title
        The service that sends it, and what it means.
    source
        The page on which AWS documents its structure.
    variables
        The names of what can be set, and the values that they have otherwise.
    """

    name: str
    title: str
    source: str
    variables: dict[str, Any]

    def template(self) -> Any:
        """Read the event's template."""
        return json.loads((_FOLDER / f"{self.name}.json").read_text(encoding="utf-8"))


@cache
def all_samples() -> dict[str, Sample]:
    """Return all samples by name, those of one service next to each other."""
    index = json.loads((_FOLDER / "index.json").read_text(encoding="utf-8"))
    return {name: Sample(name, **entry) for name, entry in index.items()}


def find_sample(name: str) -> Sample:
    """Return a sample by its name.

    Raises
    ------
    TestbedError
        If there is none; the advice suggests similar names.

    Examples
    --------
    >>> find_sample("schedule").title
    'EventBridge: a scheduled rule'
    """
    samples = all_samples()
    if name not in samples:
        raise TestbedError(
            f"There is no sample event named {name}.",
            advice=f"{did_you_mean(name, samples)} List them with: testbed sample".lstrip(),
        )
    return samples[name]
