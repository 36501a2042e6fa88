"""What the rest points say: whether everything came back, and whether memory stopped to grow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import linear_regression

from benchmarks.soak.resource_usage import Counts, Figures

MEBIBYTE = 2**20

# How many more there may be than at the first rest point. Threads of pools, and the connections
# that each has, are as many as requests met by chance. Bundles that nobody uses any more are
# deleted when the next one comes: those of the last update and creation may still be there.
_TOLERATED = Counts(processes=0, threads=8, files=8, supervisor_files=0, temporary=0, bundles=2)
_COUNTED = {
    "processes": "Processes",
    "threads": "LocalStack's threads",
    "files": "LocalStack's open files",
    "supervisor_files": "Supervisor's open files",
    "temporary": "Environments' folders",
    "bundles": "Kept bundles",
}
# A slope over fewer points, or invocations, says nothing: what is kept for reuse outweighs it.
_POINTS_FOR_SLOPE = 3
_INVOCATIONS_FOR_SLOPE = 500
# In MiB for 1000 invocations, over the second half of the rest points.
_MEMORY_GROWTH_LIMIT = 3.0
_SUPERVISOR_GROWTH_LIMIT = 0.25
_DISK_GROWTH_LIMIT = 1.0


@dataclass(frozen=True)
class RestPoint:
    """Figures while LocalStack rests, after so many invocations.

    Parameters
    ----------
    settled_after
        How long it took until nothing changed any more, in seconds.
    """

    invocations: int
    settled_after: float
    figures: Figures


class Result(Enum):
    """What a verdict says."""

    GOOD = "good"
    LEAK = "LEAK"
    OPEN = "too short to tell"


@dataclass(frozen=True)
class Verdict:
    """One resource at the first rest, at the last and at its highest, and what is to be said of it.

    Parameters
    ----------
    rule
        What it was held against.
    """

    resource: str
    first: str
    highest: str
    last: str
    rule: str
    result: Result


def is_back(counts: Counts, level: Counts) -> bool:
    """Tell whether counts are at the level of the first rest point."""
    return all(_is_back(counts, level, name) for name in _COUNTED)


def judge(points: Sequence[RestPoint]) -> list[Verdict]:
    """Hold every rest point against the first, and look at the growth of memory."""
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
    """Return how much a size grew over the second half, in MiB for 1000 invocations.

    None if there are too few rest points, or invocations between them: it is the slope of the line
    that fits them best.
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
