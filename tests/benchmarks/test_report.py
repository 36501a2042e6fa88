"""Results as people and programs get them."""

import json

import pytest

from benchmarks.machine import Machine, this_machine
from benchmarks.metrics import Results, Unit
from benchmarks.pipeline.benchmark import Plan
from benchmarks.pipeline.metrics import PipelineMetric as Metric
from benchmarks.report import amount, as_json, as_markdown, rows

MACHINE = Machine("A processor", 2, 8 * 2**30, "Linux 6", "3.13.0", 0.25)


@pytest.fixture
def results() -> Results:
    found = Results(("Ours", "Theirs"), Metric)
    found.add(Metric.START, "Ours", 1.5)
    found.add(Metric.START, "Theirs", 3.0)
    found.add(Metric.INCIDENT, "Ours", 0.04)
    found.failed(Metric.INCIDENT, "Theirs", "no such thing")
    return found


def test_rows(results: Results) -> None:
    assert rows(results) == [
        ["Metric", "Ours", "p99", "Theirs", "p99", "Ratio", "Samples"],
        ["Nothing → API answers", "1.50 s", "1.50 s", "3.00 s", "3.00 s", "0.50", "1 + 1"],
        ["Check → incident", "40 ms", "40 ms", "failed", "–", "–", "1 + 0"],
    ]


def test_samples_before_a_failure_are_marked(results: Results) -> None:
    results.failed(Metric.START, "Ours", "gave up")
    assert rows(results)[1][1] == "1.50 s (!)"


def test_markdown_names_the_machine_and_what_is_lacking(results: Results) -> None:
    text = as_markdown(results, MACHINE)
    assert "| Nothing → API answers | 1.50 s |" in text
    assert "A processor, 2 cores, 8 GiB, Linux 6, Python 3.13.0; load before the run 0.2" in text
    assert text.endswith("\n- Theirs, Check → incident: no such thing\n")


def test_json_has_every_sample(results: Results) -> None:
    document = json.loads(as_json(results, MACHINE, Plan()))
    assert document["samples"]["start"] == {"Ours": [1.5], "Theirs": [3.0]}
    assert document["failures"] == {"incident": {"Theirs": "no such thing"}}
    assert document["machine"]["cpu"] == "A processor"
    assert document["plan"]["rounds"] == 30


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0123, Unit.SECONDS, "12 ms"),
        (1.0, Unit.SECONDS, "1.00 s"),
        (0.00246, Unit.SECONDS, "2.5 ms"),
        (0.00996, Unit.SECONDS, "10 ms"),
        (30 * 2**20, Unit.BYTES, "30 MiB"),
        (3 * 2**20, Unit.BYTES, "3.0 MiB"),
        (9 * 2**10, Unit.BYTES, "9.0 KiB"),
        (0.456, Unit.PERCENT, "0.46 %"),
        (3, Unit.COUNT, "3"),
    ],
)
def test_amounts(value: float, unit: Unit, text: str) -> None:
    assert amount(value, unit) == text


def test_this_machine_is_described() -> None:
    machine = this_machine()
    assert machine.cpu
    assert machine.cores >= 1
    assert machine.memory > 0
