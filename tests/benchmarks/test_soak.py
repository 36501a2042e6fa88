"""The parts of the soak test that need no LocalStack."""

import json
import os
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from benchmarks.machine import Machine
from benchmarks.soak import report
from benchmarks.soak.deliveries import Deliveries
from benchmarks.soak.load import Deck, Pace, run
from benchmarks.soak.operations import Operation, Operations
from benchmarks.soak.resource_usage import Counts, Figures, Gauge, marked_processes
from benchmarks.soak.soak_run import Findings, Plan
from benchmarks.soak.tally import Tally, Unexpected, UnexpectedAnswer
from benchmarks.soak.verdicts import MEBIBYTE, RestPoint, Result, growth, is_back, judge
from testbed.machine.waiting import until

MACHINE = Machine("A processor", 2, 8 * 2**30, "Linux 6", "3.13.0", 0.25)
COUNTS = Counts(processes=3, threads=20, files=12, supervisor_files=9, temporary=0, bundles=4)
FIGURES = Figures(
    COUNTS,
    rss=300 * MEBIBYTE,
    pss=None,
    supervisor_rss=30 * MEBIBYTE,
    supervisor_pss=None,
    disk=MEBIBYTE,
    metrics=0,
    log=0,
)


def points(*figures: Figures) -> list[RestPoint]:
    return [RestPoint(1000 * number, 3.0, each) for number, each in enumerate(figures, start=1)]


def results(*figures: Figures) -> dict[str, Result]:
    return {verdict.resource: verdict.result for verdict in judge(points(*figures))}


def test_rests_are_enough_for_a_slope() -> None:
    assert Plan(duration=30).phases == 6
    assert Plan(duration=3600, rest_every=180).phases == 20


def test_steady_figures_are_good() -> None:
    assert set(results(*[FIGURES] * 6).values()) == {Result.GOOD}


@pytest.mark.parametrize(
    ("name", "resource", "more"),
    [
        ("processes", "Processes", 1),
        ("threads", "LocalStack's threads", 9),
        ("files", "LocalStack's open files", 9),
        ("supervisor_files", "Supervisor's open files", 1),
        ("temporary", "Environments' folders", 1),
        ("bundles", "Kept bundles", 3),
    ],
)
def test_count_that_does_not_come_back_is_a_leak(name: str, resource: str, more: int) -> None:
    counts = replace(COUNTS, **{name: getattr(COUNTS, name) + more})
    found = results(*[FIGURES] * 5, replace(FIGURES, counts=counts))
    assert [each for each, result in found.items() if result is Result.LEAK] == [resource]
    assert results(FIGURES, replace(FIGURES, counts=counts), FIGURES)[resource] is Result.LEAK
    assert not is_back(counts, COUNTS)
    assert is_back(COUNTS, counts)


@pytest.mark.parametrize(
    ("size", "resource", "step"),
    [
        ("rss", "LocalStack's memory", 4),
        ("supervisor_rss", "Supervisor's memory", 1),
        ("disk", "Files on disk", 2),
    ],
)
def test_size_that_grows_all_the_time_is_a_leak(size: str, resource: str, step: int) -> None:
    figures = [
        replace(FIGURES, **{size: getattr(FIGURES, size) + number * step * MEBIBYTE})
        for number in range(6)
    ]
    found = results(*figures)
    assert [each for each, result in found.items() if result is Result.LEAK] == [resource]


def test_growth_that_levels_off_is_good() -> None:
    sizes = [300, 350, 380, 390, 390, 390]
    figures = [replace(FIGURES, rss=size * MEBIBYTE) for size in sizes]
    assert results(*figures)["LocalStack's memory"] is Result.GOOD
    assert growth(points(*figures), lambda each: each.rss) == 0


def test_too_few_rest_points_say_nothing() -> None:
    assert judge([]) == []
    assert set(results(FIGURES).values()) == {Result.OPEN}
    assert results(*[FIGURES] * 4)["LocalStack's memory"] is Result.OPEN


def test_too_few_invocations_say_nothing() -> None:
    """What is kept for reuse after the first hundreds would look like a leak."""
    figures = [replace(FIGURES, rss=FIGURES.rss + number * MEBIBYTE) for number in range(6)]
    few = [RestPoint(100 * number, 3.0, each) for number, each in enumerate(figures)]
    many = [RestPoint(300 * number, 3.0, each) for number, each in enumerate(figures)]
    assert growth(few, lambda each: each.rss) is None
    assert growth(many, lambda each: each.rss) == pytest.approx(1 / 0.3)


def test_gauge_counts_a_family_and_its_files(tmp_path: Path) -> None:
    environments = tmp_path / "tmp" / "lambda-environments-x"
    for folder in ("tmp-1", "tmp-2", "code/bundle"):
        (environments / folder).mkdir(parents=True)
    (environments / "code/bundle/app.py").write_bytes(b"x" * 1000)
    log = tmp_path / "localstack.log"
    log.write_bytes(b"x" * 500)
    (tmp_path / "metrics.db").write_bytes(b"x" * 300)
    own = psutil.Process(os.getpid())

    figures = Gauge(own, tmp_path, tmp_path / "tmp", log, ("\0",)).read()

    assert (figures.counts.temporary, figures.counts.bundles) == (2, 1)
    assert figures.counts.threads >= 1
    assert (figures.disk, figures.metrics, figures.log) == (1000, 300, 500)
    assert figures.rss > 0


def test_process_that_left_its_family_is_found() -> None:
    mark = f"mark-{os.getpid()}-{time.time_ns():x}"
    with psutil.Popen(["sleep", "60"], env={"PATH": os.environ["PATH"], "MARK": mark}) as process:
        try:
            # The system shows a program's variables a moment after it has been started.
            until(
                lambda: [found.pid for found in marked_processes((mark,))] == [process.pid],
                within=10,
                what="process of the mark",
            )
        finally:
            process.kill()


def test_deck_deals_each_kind_by_its_weight() -> None:
    kinds = [Operation("often", 3, lambda: None), Operation("seldom", 1, lambda: None)]
    deck = Deck(kinds)
    assert Counter(deck.draw().label for _ in range(8)) == {"often": 6, "seldom": 2}


def test_pace_bounds_what_all_clients_do() -> None:
    done: list[str] = []
    lock = threading.Lock()

    def perform(kind: Operation) -> None:
        with lock:
            done.append(kind.label)

    run(perform, Deck([Operation("one", 1, lambda: None)]), Pace(100, 0.1), clients=4)

    assert 1 <= len(done) <= 10


def test_pace_can_be_ended() -> None:
    pace = Pace(1, 3600)
    assert pace.await_turn()
    pace.end()
    assert not pace.await_turn()


def test_deliveries_may_come_twice_and_must_come_once() -> None:
    deliveries = Deliveries("kind")
    for text in ("one", "two"):
        deliveries.expect(text)
    for text in ("one", "one", "other"):
        deliveries.arrived(text)
    assert not deliveries.complete()
    assert deliveries.complaints() == [
        "two did not arrive",
        "other arrived but was not sent",
    ]
    assert deliveries.complete()


def test_unexpected_answers_are_counted_and_the_first_are_kept() -> None:
    tally = Tally()
    operations = Operations(tally)

    def act() -> None:
        raise UnexpectedAnswer("got nothing")

    for _ in range(9):
        operations.perform(Operation("odd", 1, act))

    assert tally.failures == {"odd": 9}
    assert [each.text for each in tally.texts] == ["got nothing"] * 5


def test_report() -> None:
    findings = Findings(rest_points=points(*[FIGURES] * 6))
    findings.tally.count("success", 7)
    assert report.passed(findings)
    assert "| success | 7 | 0 |" in report.as_markdown(findings, MACHINE, Plan())

    findings.tally.unexpected(Unexpected("success", 1.5, "expected a, got b"))

    assert not report.passed(findings)
    text = report.as_markdown(findings, MACHINE, Plan())
    assert "| all | 7 | 1 |" in text
    assert "- Unexpected, success, after 2 s: expected a, got b\n" in text
    assert "| Processes | 3 | 3 | 3 | good (no more) |" in text
    document = json.loads(report.as_json(findings, MACHINE, Plan()))
    assert document["passed"] is False
    assert document["unexpected"] == {"success": 1}
    assert document["rest_points"][0]["figures"]["counts"]["processes"] == 3


@pytest.mark.parametrize(
    "findings",
    [
        Findings(broken_off="LocalStack has ended."),
        Findings(remains=["folder lambda-environments-x"]),
        Findings(
            rest_points=points(FIGURES, replace(FIGURES, counts=replace(COUNTS, processes=9)))
        ),
    ],
    ids=["broken off", "remains", "leak"],
)
def test_run_that_fails(findings: Findings) -> None:
    assert not report.passed(findings)
