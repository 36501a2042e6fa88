"""What is shown of schedules."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from benchmarks.machine import Machine
from benchmarks.schedules import report
from benchmarks.schedules.benchmark import Plan
from benchmarks.schedules.firings import Arrival, Verdict, judge
from benchmarks.schedules.metrics import Findings
from benchmarks.schedules.metrics import ScheduleMetric as Metric

MACHINE = Machine("A processor", 2, 8 * 2**30, "Linux 6", "3.13.0", 0.25)
MOMENT = datetime(2030, 1, 1, tzinfo=UTC)


def fired(milliseconds: int) -> Verdict:
    sent = MOMENT + timedelta(milliseconds=milliseconds)
    return judge([MOMENT], [Arrival(sent, MOMENT)], until=MOMENT)


@pytest.fixture
def findings() -> Findings:
    found = Findings(("Ours", "Theirs"), Metric)
    for milliseconds in (4, 6):
        found.judged(Metric.RULE_CRON, "Ours", fired(milliseconds))
    found.judged(Metric.RULE_CRON, "Theirs", judge([MOMENT], [], until=MOMENT, copies=5))
    found.failed(Metric.SCHEDULE_AT, "Theirs", "no such thing")
    for metric, ours, theirs in ((Metric.QUIET_CPU, 0.5, 2.0), (Metric.EACH_PSS, 4096, 8192)):
        found.add(metric, "Ours", ours)
        found.add(metric, "Theirs", theirs)
    found.add(Metric.DUE_CPU, "Ours", -0.1)
    found.add(Metric.DUE_CPU, "Theirs", 1)
    return found


def test_firings_of_each_emulator(findings: Findings) -> None:
    _, ours, theirs, _, failed = report.firings(findings)
    assert ours == ["Rule, cron", "Ours", "5.0 ms", "6.0 ms", "6.0 ms", "2", "2", "0", "0", "0"]
    assert theirs == ["Rule, cron", "Theirs", "–", "–", "–", "5", "0", "5", "0", "0"]
    assert failed[2:4] == ["failed", "–"]


def test_costs_have_a_ratio_where_there_is_one(findings: Findings) -> None:
    assert report.costs(findings) == [
        ["Cost", "Ours", "Theirs", "Ratio"],
        ["CPU of 1,000 not due", "0.50 %", "2.00 %", "0.25"],
        ["CPU of 100 due once a minute", "-0.10 %", "1.00 %", "–"],
        ["Memory of each of 1,000 (PSS)", "4.0 KiB", "8.0 KiB", "0.50"],
    ]


def test_faults_are_told_with_evidence_and_ours_are_an_error(findings: Findings) -> None:
    [line] = report.defects(findings)
    assert line.startswith("Theirs, Rule, cron: 5 MISSING: due 00:00:00.000; ")
    assert line.endswith("; and 3 more")
    assert not report.is_wrong(findings)
    findings.judged(Metric.RULE_CRON, "Ours", fired(-1))
    assert report.is_wrong(findings)


def test_what_ours_cannot_do_is_an_error(findings: Findings) -> None:
    findings.failed(Metric.SCHEDULE_RATE, "Ours", "no answer")
    assert report.is_wrong(findings)


def test_table_and_markdown_have_faults_and_costs(findings: Findings) -> None:
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(report.as_table(findings))
    for text in (console.export_text(), report.as_markdown(findings, MACHINE)):
        assert "Theirs, Rule, cron: 5 MISSING" in text
        assert "CPU of 1,000 not due" in text
    assert "A processor" in text
    assert text.endswith("- Theirs, Schedules, at: no such thing\n")


def test_json_has_samples_and_faults(findings: Findings) -> None:
    document = json.loads(report.as_json(findings, MACHINE, Plan()))
    assert document["samples"]["rule_cron"]["Ours"] == [0.004, 0.006]
    assert document["verdicts"]["rule_cron"]["Theirs"]["defects"]["missing"]
    assert document["plan"] == {"duration": 600.0, "quiet": 60.0}
