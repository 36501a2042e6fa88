"""Samples and what is made of them."""

import pytest

from benchmarks.functions.measures import FunctionMeasure
from benchmarks.measures import Measure, Results, Unit, percentile, ratio
from benchmarks.pipeline.measures import PipelineMeasure
from benchmarks.schedules.measures import ScheduleMeasure


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [(1, 0.99, 1), (30, 0.99, 30), (100, 0.99, 99), (101, 0.99, 100), (4, 0.5, 2)],
)
def test_percentile_is_the_nearest_rank(count: int, share: float, expected: float) -> None:
    assert percentile([float(n) for n in range(count, 0, -1)], share) == expected


@pytest.mark.parametrize("measures", [PipelineMeasure, FunctionMeasure, ScheduleMeasure])
def test_every_measure_has_a_label_of_its_own_and_a_unit(measures: type[Measure]) -> None:
    assert len({measure.label for measure in measures}) == len(measures)
    for measure in measures:
        assert (measure.unit is Unit.BYTES) == measure.endswith(("_rss", "_pss"))


def test_ratio_is_of_medians_and_needs_both() -> None:
    results = Results(("A", "B"), PipelineMeasure)
    for sample in (1.0, 2.0, 9.0):
        results.add(PipelineMeasure.START, "A", sample)
    assert ratio(results, PipelineMeasure.START, "A", "B") is None
    results.add(PipelineMeasure.START, "B", 4.0)
    assert ratio(results, PipelineMeasure.START, "A", "B") == 0.5


def test_ratio_to_nothing_is_none() -> None:
    results = Results(("A", "B"), FunctionMeasure)
    results.add(FunctionMeasure.BURST_ERRORS, "A", 1)
    results.add(FunctionMeasure.BURST_ERRORS, "B", 0)
    assert ratio(results, FunctionMeasure.BURST_ERRORS, "A", "B") is None


def test_first_reason_for_a_lack_is_kept() -> None:
    results = Results(("A",), PipelineMeasure)
    results.lacks(PipelineMeasure.INCIDENT, "A", "first")
    results.lacks(PipelineMeasure.INCIDENT, "A", "second")
    assert results.reason(PipelineMeasure.INCIDENT, "A") == "first"
    assert results.measured() == [PipelineMeasure.INCIDENT]
