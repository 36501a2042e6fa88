"""What is measured, and what was found."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median
from typing import Self


class Unit(StrEnum):
    """The unit of a measure's samples."""

    SECONDS = "s"
    BYTES = "B"
    COUNT = "1"
    PERCENT = "%"


class Measure(StrEnum):
    """A thing to measure; docs/benchmarks.md says from where to where.

    Each command has an enumeration of its own, whose members are in the order of the table:
    ``NAME = "name", "label", Unit…``.

    Parameters
    ----------
    label
        What to call it in a table.
    unit
        The unit of its samples.
    """

    label: str
    unit: Unit

    def __new__(cls, value: str, label: str, unit: Unit = Unit.SECONDS) -> Self:
        """Make a member."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.unit = unit
        return member


@dataclass
class Results:
    """The samples of each measure and emulator, and what could not be measured.

    Parameters
    ----------
    samples
        Lists of samples by measure and the emulator's name, in the order of measuring.
    lacking
        Why there are no (further) samples, by measure and the emulator's name.
    """

    emulators: tuple[str, ...]
    measures: type[Measure]
    samples: dict[Measure, dict[str, list[float]]] = field(default_factory=dict)
    lacking: dict[Measure, dict[str, str]] = field(default_factory=dict)

    def add(self, measure: Measure, emulator: str, sample: float) -> None:
        """Keep a sample."""
        self.samples.setdefault(measure, {}).setdefault(emulator, []).append(sample)

    def lacks(self, measure: Measure, emulator: str, reason: str) -> None:
        """Keep the first reason why something could not be measured."""
        self.lacking.setdefault(measure, {}).setdefault(emulator, reason)

    def of(self, measure: Measure, emulator: str) -> list[float]:
        """Return the samples, of which there may be none."""
        return self.samples.get(measure, {}).get(emulator, [])

    def reason(self, measure: Measure, emulator: str) -> str | None:
        """Return why something could not be measured, or None if it could."""
        return self.lacking.get(measure, {}).get(emulator)

    def measured(self) -> list[Measure]:
        """Return what was measured or tried, in the order of the command's measures."""
        return [one for one in self.measures if one in self.samples or one in self.lacking]


def percentile(samples: list[float], share: float) -> float:
    """Return the smallest sample that at least this share of all samples does not exceed.

    This is the nearest rank, so with fewer than a hundred samples the 99th percentile is the
    slowest of them.

    Parameters
    ----------
    share
        From 0 (exclusive) to 1.
    """
    return sorted(samples)[math.ceil(share * len(samples)) - 1]


def ratio(results: Results, measure: Measure, ours: str, theirs: str) -> float | None:
    """Return our median over theirs: below 1 where we need less; None without both, or with 0."""
    own, other = results.of(measure, ours), results.of(measure, theirs)
    return median(own) / median(other) if own and other and median(other) else None
