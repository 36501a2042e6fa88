"""Samples and what is made of them."""

import pytest

from benchmarks.measures import Measure, Results, Unit, percentile, ratio


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [(1, 0.99, 1), (30, 0.99, 30), (100, 0.99, 99), (101, 0.99, 100), (4, 0.5, 2)],
)
def test_percentile_is_the_nearest_rank(count: int, share: float, expected: float) -> None:
    assert percentile([float(n) for n in range(count, 0, -1)], share) == expected


def test_every_measure_has_a_label_and_a_unit() -> None:
    assert len({measure.label for measure in Measure}) == len(Measure)
    assert {m for m in Measure if m.unit is Unit.BYTES} == {
        Measure.IDLE_RSS,
        Measure.IDLE_PSS,
        Measure.BUSY_RSS,
        Measure.BUSY_PSS,
    }


def test_ratio_is_of_medians_and_needs_both() -> None:
    results = Results(("A", "B"))
    for sample in (1.0, 2.0, 9.0):
        results.add(Measure.START, "A", sample)
    assert ratio(results, Measure.START, "A", "B") is None
    results.add(Measure.START, "B", 4.0)
    assert ratio(results, Measure.START, "A", "B") == 0.5


def test_first_reason_for_a_lack_is_kept() -> None:
    results = Results(("A",))
    results.lacks(Measure.INCIDENT, "A", "first")
    results.lacks(Measure.INCIDENT, "A", "second")
    assert results.reason(Measure.INCIDENT, "A") == "first"
    assert results.measured() == [Measure.INCIDENT]
