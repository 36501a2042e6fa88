"""What is measured, and what was found."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median
from typing import Self


class Unit(StrEnum):
    """The unit of a metric's samples."""

    SECONDS = "s"
    BYTES = "B"
    COUNT = "1"
    PERCENT = "%"


class Metric(StrEnum):
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
    """The samples of each metric and emulator, and what could not be measured.

    Parameters
    ----------
    samples
        Lists of samples by metric and the emulator's name, in the order of measuring.
    failures
        Why there are no (further) samples, by metric and the emulator's name.
    """

    emulators: tuple[str, ...]
    metrics: type[Metric]
    samples: dict[Metric, dict[str, list[float]]] = field(default_factory=dict)
    failures: dict[Metric, dict[str, str]] = field(default_factory=dict)

    def add(self, metric: Metric, emulator: str, sample: float) -> None:
        """Keep a sample."""
        self.samples.setdefault(metric, {}).setdefault(emulator, []).append(sample)

    def failed(self, metric: Metric, emulator: str, reason: str) -> None:
        """Keep the first reason why something could not be measured."""
        self.failures.setdefault(metric, {}).setdefault(emulator, reason)

    def of(self, metric: Metric, emulator: str) -> list[float]:
        """Return the samples, of which there may be none."""
        return self.samples.get(metric, {}).get(emulator, [])

    def reason(self, metric: Metric, emulator: str) -> str | None:
        """Return why something could not be measured, or None if it could."""
        return self.failures.get(metric, {}).get(emulator)

    def measured(self) -> list[Metric]:
        """Return what was measured or tried, in the order of the command's metrics."""
        return [one for one in self.metrics if one in self.samples or one in self.failures]


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


def ratio(results: Results, metric: Metric, ours: str, theirs: str) -> float | None:
    """Return our median over theirs: below 1 where we need less; None without both, or with 0."""
    own, other = results.of(metric, ours), results.of(metric, theirs)
    return median(own) / median(other) if own and other and median(other) else None
