"""Metrics of the benchmarks, and their results."""

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
    """A metric; docs/benchmarks.md defines each.

    Each command has its own enumeration, whose members are in the order of the table:
    ``NAME = "name", "label", Unit…``.

    Parameters
    ----------
    label
        Its name in a table.
    unit
        The unit of its samples.
    """

    label: str
    unit: Unit

    def __new__(cls, value: str, label: str, unit: Unit = Unit.SECONDS) -> Self:
        """Create a member."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.unit = unit
        return member


@dataclass
class Results:
    """The samples and failures of each metric and emulator.

    Parameters
    ----------
    samples
        Lists of samples by metric and the emulator's name, in the order of measurement.
    failures
        Why there are no further samples, by metric and the emulator's name.
    """

    emulators: tuple[str, ...]
    metrics: type[Metric]
    samples: dict[Metric, dict[str, list[float]]] = field(default_factory=dict)
    failures: dict[Metric, dict[str, str]] = field(default_factory=dict)

    def add(self, metric: Metric, emulator: str, sample: float) -> None:
        """Add a sample."""
        self.samples.setdefault(metric, {}).setdefault(emulator, []).append(sample)

    def failed(self, metric: Metric, emulator: str, reason: str) -> None:
        """Record why an emulator failed; only the first reason is kept."""
        self.failures.setdefault(metric, {}).setdefault(emulator, reason)

    def of(self, metric: Metric, emulator: str) -> list[float]:
        """Return the samples, if any."""
        return self.samples.get(metric, {}).get(emulator, [])

    def reason(self, metric: Metric, emulator: str) -> str | None:
        """Return why an emulator failed, or None."""
        return self.failures.get(metric, {}).get(emulator)

    def measured(self) -> list[Metric]:
        """Return the metrics with samples or failures, in their order."""
        return [one for one in self.metrics if one in self.samples or one in self.failures]


def percentile(samples: list[float], share: float) -> float:
    """Return a percentile by the nearest rank.

    With fewer than a hundred samples, the 99th percentile is the largest of them.

    Parameters
    ----------
    share
        From 0 (exclusive) to 1.
    """
    return sorted(samples)[math.ceil(share * len(samples)) - 1]


def ratio(results: Results, metric: Metric, ours: str, theirs: str) -> float | None:
    """Return our median divided by theirs; None if one is missing, or theirs is 0."""
    own, other = results.of(metric, ours), results.of(metric, theirs)
    return median(own) / median(other) if own and other and median(other) else None
