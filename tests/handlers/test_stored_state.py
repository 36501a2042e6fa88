"""States that are broken, deleted, or from an earlier version: no outage is missed."""

import json
from collections.abc import Sequence
from functools import partial

import pytest
from monitoring.checks import CheckResult
from monitoring.state_store import Outcome
from monitoring.storage import BrokenDocument

from tests.handlers.aws_fakes import open_gate
from tests.handlers.examples import at, down, incident, up
from tests.handlers.interleaving import Turns, every_schedule
from tests.handlers.runs import DOWN_ID, KEY, LEASE_SECONDS, UP_ID, Runs


@pytest.mark.parametrize("owner", ["", "the event's own"])
def test_a_state_of_an_earlier_version_is_read(owner: str, runs: Runs) -> None:
    """A document of version 1: the site is DOWN, and its alert is pending."""
    change = incident(0)
    lease = {"owner": owner, "until": at(LEASE_SECONDS)} if owner else None
    document = {
        "site": "shop",
        "url": change.url,
        "status": "DOWN",
        "since": at(0),
        "checked_at": at(0),
        "latency_ms": 30,
        "http_status": 503,
        "reason": change.reason,
        "incident": {
            "id": change.id,
            "site": "shop",
            "url": change.url,
            "severity": "critical",
            "status": "OPEN",
            "started_at": at(0),
            "ended_at": None,
            "duration_ms": None,
            "reason": change.reason,
        },
        "pending": [
            {
                "version": 1,
                "id": DOWN_ID,
                "status": "DOWN",
                "site": "shop",
                "url": change.url,
                "severity": "critical",
                "started_at": at(0),
                "ended_at": None,
                "reason": change.reason,
            }
        ],
        "lease": lease,
    }
    runs.s3.objects[KEY] = json.dumps(document).encode()

    assert runs.record(down(10)).published == (() if owner else (DOWN_ID,))
    assert runs.record(up(60)).published == ((DOWN_ID, UP_ID) if owner else (UP_ID,))
    runs.deliver()
    assert runs.incidents == [incident(0, 60).document()]


@pytest.fixture
def outage(runs: Runs) -> Runs:
    """Runs after an outage began and was recorded."""
    runs.record(down(0))
    runs.deliver()
    return runs


def broken_and_deleted(runs: Runs, result: CheckResult) -> None:
    runs.s3.objects[KEY] = b"{broken"
    with pytest.raises(BrokenDocument, match=r"state/shop\.json cannot be read .*: remove"):
        runs.record(result)
    del runs.s3.objects[KEY]


def test_a_state_that_is_deleted_during_an_outage_leaves_one_incident(outage: Runs) -> None:
    broken_and_deleted(outage, down(10))

    assert outage.record(down(20)) == Outcome(recorded=True)
    assert outage.state["since"] == at(0)
    assert outage.record(up(60)).published == (UP_ID,)

    outage.deliver()
    assert outage.incidents == [incident(0, 60).document()]


def test_an_outage_that_ends_before_its_deleted_state_is_stored_again_ends(outage: Runs) -> None:
    broken_and_deleted(outage, down(10))

    assert outage.record(up(60)).published == (UP_ID,)

    outage.deliver()
    assert outage.incidents == [incident(0, 60).document()]


@pytest.mark.parametrize("results", [(down(20), down(21)), (up(60), up(60)), (down(20), up(60))])
def test_overlapping_runs_after_a_state_was_deleted_leave_one_incident(
    results: tuple[CheckResult, CheckResult],
) -> None:
    runs = Runs()

    def play(schedule: Sequence[int]) -> list[int]:
        nonlocal runs
        runs = Runs()
        runs.record(down(0))
        runs.deliver()
        del runs.s3.objects[KEY]
        turns = Turns()
        runs.gates(turns.gate)
        taken = turns.play([partial(runs.record, seen, 60) for seen in results], schedule)
        runs.gates(open_gate)
        return taken

    for schedule in every_schedule(play, 2):
        runs.record(up(120))
        runs.deliver()
        [only] = runs.incidents
        assert only["status"] == "CLOSED", schedule
        assert [alert["status"] for alert in runs.sns.alerts] == ["DOWN", "UP"], schedule


def test_a_site_that_was_up_and_whose_state_was_deleted_starts_afresh(runs: Runs) -> None:
    runs.record(down(0))
    runs.record(up(60))
    runs.deliver()
    del runs.s3.objects[KEY]

    runs.record(up(90))
    assert len(runs.sns.ids) == 2
    runs.record(down(120))
    assert len(runs.sns.ids) == 3


def test_an_incident_that_cannot_be_read_hides_no_outage(runs: Runs) -> None:
    runs.s3.objects[incident(0).key] = b"{broken"

    assert runs.record(down(60)).published == ("shop-20260102T120100000Z-DOWN",)
