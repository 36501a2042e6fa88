"""Verdicts on resources: whether counts return to their level, and memory stops growing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import linear_regression

from benchmarks.soak.resource_usage import Counts, Figures

MEBIBYTE = 2**20

# How many more there may be than at the first rest. The threads of pools, and their connections,
# are as many as there were concurrent requests. Unused bundles are deleted with the next one: those
# of the last update and creation may remain.
_TOLERATED = Counts(processes=0, threads=8, files=8, supervisor_files=0, temporary=0, bundles=2)
_COUNTED = {
    "processes": "Processes",
    "threads": "LocalStack's threads",
    "files": "LocalStack's open files",
    "supervisor_files": "Supervisor's open files",
    "temporary": "Environments' folders",
    "bundles": "Kept bundles",
}
# A slope over fewer points or invocations is not conclusive: reusable memory outweighs it.
_POINTS_FOR_SLOPE = 3
_INVOCATIONS_FOR_SLOPE = 500
# In MiB for 1000 invocations, over the second half of the rest points.
_MEMORY_GROWTH_LIMIT = 3.0
_SUPERVISOR_GROWTH_LIMIT = 0.25
_DISK_GROWTH_LIMIT = 1.0


@dataclass(frozen=True)
class RestPoint:
    """Figures while LocalStack is at rest, after a number of invocations.

    Parameters
    ----------
    settled_after
        Seconds until the counts no longer changed.
    """

    invocations: int
    settled_after: float
    figures: Figures


class Result(Enum):
    """The result of a verdict."""

    GOOD = "good"
    LEAK = "LEAK"
    OPEN = "too short to tell"


@dataclass(frozen=True)
class Verdict:
    """A resource at the first and last rest and at its highest, and the result.

    Parameters
    ----------
    rule
        The rule that was applied.
    """

    resource: str
    first: str
    highest: str
    last: str
    rule: str
    result: Result


def is_back(counts: Counts, level: Counts) -> bool:
    """Return whether counts are back at the level of the first rest."""
    return all(_is_back(counts, level, name) for name in _COUNTED)


def judge(points: Sequence[RestPoint]) -> list[Verdict]:
    """Compare each rest with the first, and judge the growth of memory and disk."""
    if not points:
        return []
    return [
        *(_count(points, name, resource) for name, resource in _COUNTED.items()),
        _growth(points, "LocalStack's memory", lambda each: each.rss, _MEMORY_GROWTH_LIMIT),
        _growth(
            points,
            "Supervisor's memory",
            lambda each: each.supervisor_rss,
            _SUPERVISOR_GROWTH_LIMIT,
        ),
        _growth(points, "Files on disk", lambda each: each.disk, _DISK_GROWTH_LIMIT),
    ]


def growth(points: Sequence[RestPoint], size: Callable[[Figures], int]) -> float | None:
    """Return the growth of a size over the second half, in MiB for 1000 invocations.

    It is the slope of a linear regression; None if there are too few rests or invocations.
    """
    half = points[len(points) // 2 :]
    if len(half) < _POINTS_FOR_SLOPE:
        return None
    if half[-1].invocations - half[0].invocations < _INVOCATIONS_FOR_SLOPE:
        return None
    slope = linear_regression(
        [point.invocations / 1000 for point in half],
        [size(point.figures) / MEBIBYTE for point in half],
    ).slope
    return float(slope)


def _is_back(counts: Counts, level: Counts, name: str) -> bool:
    return bool(getattr(counts, name) <= getattr(level, name) + getattr(_TOLERATED, name))


def _count(points: Sequence[RestPoint], name: str, resource: str) -> Verdict:
    level, *later = (point.figures.counts for point in points)
    result = Result.OPEN
    if later:
        back = all(_is_back(counts, level, name) for counts in later)
        result = Result.GOOD if back else Result.LEAK
    values = [getattr(point.figures.counts, name) for point in points]
    first, highest, last = (str(value) for value in (values[0], max(values), values[-1]))
    tolerated = getattr(_TOLERATED, name)
    rule = f"at most {tolerated} more" if tolerated else "no more"
    return Verdict(resource, first, highest, last, rule, result)


def _growth(
    points: Sequence[RestPoint], resource: str, size: Callable[[Figures], int], limit: float
) -> Verdict:
    sizes = [size(point.figures) / MEBIBYTE for point in points]
    first, highest, last = (f"{value:.1f} MiB" for value in (sizes[0], max(sizes), sizes[-1]))
    slope = growth(points, size)
    rule = f"at most {limit:g} MiB for 1000 invocations"
    if slope is None:
        return Verdict(resource, first, highest, last, rule, Result.OPEN)
    result = Result.GOOD if slope <= limit else Result.LEAK
    return Verdict(resource, first, highest, last, f"{rule}: {slope:+.2f}", result)
