"""Samples and what is made of them."""

import pytest

from benchmarks.functions.metrics import FunctionMetric
from benchmarks.metrics import Metric, Results, Unit, percentile, ratio
from benchmarks.pipeline.metrics import PipelineMetric
from benchmarks.schedules.metrics import ScheduleMetric


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [(1, 0.99, 1), (30, 0.99, 30), (100, 0.99, 99), (101, 0.99, 100), (4, 0.5, 2)],
)
def test_percentile_is_the_nearest_rank(count: int, share: float, expected: float) -> None:
    assert percentile([float(n) for n in range(count, 0, -1)], share) == expected


@pytest.mark.parametrize("metrics", [PipelineMetric, FunctionMetric, ScheduleMetric])
def test_every_measure_has_a_label_of_its_own_and_a_unit(metrics: type[Metric]) -> None:
    assert len({metric.label for metric in metrics}) == len(metrics)
    for metric in metrics:
        assert (metric.unit is Unit.BYTES) == metric.endswith(("_rss", "_pss"))


def test_ratio_is_of_medians_and_needs_both() -> None:
    results = Results(("A", "B"), PipelineMetric)
    for sample in (1.0, 2.0, 9.0):
        results.add(PipelineMetric.START, "A", sample)
    assert ratio(results, PipelineMetric.START, "A", "B") is None
    results.add(PipelineMetric.START, "B", 4.0)
    assert ratio(results, PipelineMetric.START, "A", "B") == 0.5


def test_ratio_to_nothing_is_none() -> None:
    results = Results(("A", "B"), FunctionMetric)
    results.add(FunctionMetric.BURST_ERRORS, "A", 1)
    results.add(FunctionMetric.BURST_ERRORS, "B", 0)
    assert ratio(results, FunctionMetric.BURST_ERRORS, "A", "B") is None


def test_first_reason_for_a_lack_is_kept() -> None:
    results = Results(("A",), PipelineMetric)
    results.failed(PipelineMetric.INCIDENT, "A", "first")
    results.failed(PipelineMetric.INCIDENT, "A", "second")
    assert results.reason(PipelineMetric.INCIDENT, "A") == "first"
    assert results.measured() == [PipelineMetric.INCIDENT]
