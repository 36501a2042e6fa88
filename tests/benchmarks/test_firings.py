"""Messages of rules and schedules, judged."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from benchmarks.schedules.firings import (
    Arrival,
    Defect,
    Verdict,
    arrival,
    judge,
    next_minute,
    times,
)

FIRST = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DUE = [FIRST, FIRST + MINUTE, FIRST + 2 * MINUTE]


def late(moment: datetime, milliseconds: float, *, claims: bool = True) -> Arrival:
    sent = moment + timedelta(milliseconds=milliseconds)
    return Arrival(sent, moment if claims else None)


def counts(verdict: Verdict) -> dict[Defect, int]:
    return {defect: len(evidence) for defect, evidence in verdict.defects.items()}


def test_once_for_each_due_time_is_right() -> None:
    verdict = judge(DUE, [late(DUE[0], 0), late(DUE[2], 30), late(DUE[1], 20)], until=DUE[-1])
    assert (verdict.expected, verdict.seen) == (3, 3)
    assert verdict.lateness == pytest.approx([0, 0.02, 0.03])
    assert not verdict.defects


def test_missing_double_and_early_firings_are_counted() -> None:
    arrivals = [late(DUE[0], -1), late(DUE[1], 5), late(DUE[1], 9)]
    verdict = judge(DUE, arrivals, until=DUE[-1])
    assert counts(verdict) == {Defect.EARLY: 1, Defect.DOUBLE: 1, Defect.MISSING: 1}
    assert (verdict.expected, verdict.seen) == (3, 3)
    assert verdict.lateness == pytest.approx([-0.001, 0.005])
    assert verdict.defects[Defect.EARLY] == ["due 12:00:00.000, sent 11:59:59.999"]


def test_what_is_due_later_does_not_count() -> None:
    verdict = judge(DUE, [late(DUE[0], 5), late(DUE[1], 5)], until=DUE[1] - MINUTE / 2)
    assert (verdict.expected, verdict.seen) == (1, 1)
    assert not verdict.defects


def test_rule_that_is_disabled_is_not_due_any_more_and_must_not_fire() -> None:
    arrivals = [late(DUE[0], 5), late(DUE[1], 5)]
    verdict = judge(DUE, arrivals, until=DUE[-1], disabled=DUE[0] + MINUTE / 2)
    assert (verdict.expected, verdict.seen) == (1, 1)
    assert counts(verdict) == {Defect.DISABLED: 1}


def test_message_that_names_no_due_time_belongs_to_the_last_one_before_it() -> None:
    arrivals = [
        late(DUE[0], -2000, claims=False),
        Arrival(DUE[1] + timedelta(seconds=7), DUE[1] + timedelta(seconds=7)),
    ]
    verdict = judge(DUE, arrivals, until=DUE[-1])
    assert counts(verdict) == {Defect.EARLY: 1, Defect.DATED: 2, Defect.MISSING: 1}
    assert verdict.lateness == pytest.approx([-2, 7])


def test_firing_that_names_its_due_time_may_be_later_than_the_next_one() -> None:
    verdict = judge(DUE, [late(moment, 61_000) for moment in DUE], until=DUE[-1])
    assert verdict.lateness == pytest.approx([61, 61, 61])
    assert not verdict.defects


def test_copies_of_each_are_expected() -> None:
    verdict = judge(DUE[:1], [late(DUE[0], 5)] * 3, until=DUE[0], copies=5)
    assert (verdict.expected, verdict.seen) == (5, 3)
    assert counts(verdict) == {Defect.MISSING: 2}


def test_queue_that_rounds_down_makes_no_firing_early() -> None:
    due = FIRST + timedelta(microseconds=1500)
    sent = FIRST + timedelta(milliseconds=1)
    assert not judge([due], [Arrival(sent, due)], until=due).defects


def test_verdicts_add_up() -> None:
    one = judge(DUE[:1], [late(DUE[0], 5)], until=DUE[0])
    other = judge(DUE[:1], [], until=DUE[0])
    both = one + other
    assert (both.expected, both.seen) == (2, 1)
    assert both.lateness == pytest.approx([0.005])
    assert counts(both) == {Defect.MISSING: 1}


def test_times_are_a_minute_apart_and_end_in_time() -> None:
    assert times(FIRST, FIRST + 2.5 * MINUTE) == DUE
    assert times(FIRST, FIRST) == [FIRST]
    assert times(FIRST, FIRST - MINUTE / 2) == []


def test_next_minute_is_later() -> None:
    assert next_minute(FIRST) == FIRST + MINUTE
    assert next_minute(FIRST + timedelta(seconds=59, milliseconds=9)) == FIRST + MINUTE


@pytest.mark.parametrize(
    ("body", "claimed"),
    [
        (json.dumps({"time": "2030-01-01T12:00:00Z"}), FIRST),
        (json.dumps({"time": "2030-01-01T12:00:00"}), None),
        (json.dumps({"time": "<aws.scheduler.scheduled-time>"}), None),
        (json.dumps({"time": 12}), None),
        ("{}", None),
        ("[]", None),
        ("no JSON", None),
    ],
)
def test_message_tells_when_it_was_sent_and_perhaps_when_it_was_due(
    body: str, claimed: datetime | None
) -> None:
    sent = FIRST + timedelta(milliseconds=7)
    milliseconds = str(round(sent.timestamp() * 1000))
    message: dict[str, Any] = {"Body": body, "Attributes": {"SentTimestamp": milliseconds}}
    assert arrival(message) == Arrival(sent, claimed)
