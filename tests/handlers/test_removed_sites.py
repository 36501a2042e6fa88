"""Sites that are removed from the list: their incidents end."""

import json
from collections.abc import Callable, Sequence
from functools import partial

import pytest
from monitoring.state_store import Outcome
from monitoring.states import REMOVED
from monitoring.storage import BrokenDocument

from tests.handlers.aws_fakes import open_gate
from tests.handlers.examples import at, down, incident, up
from tests.handlers.interleaving import Turns, every_schedule
from tests.handlers.runs import DOWN_ID, KEY, LEASE_SECONDS, UP_ID, Crash, Runs, crash_at

REMOVED_ID = UP_ID


def test_the_incident_of_a_removed_site_ends(runs: Runs) -> None:
    runs.record(down(0))

    assert runs.retire(60) == Outcome(recorded=True, published=(REMOVED_ID,))

    runs.deliver()
    assert runs.incidents == [{**incident(0, 60).document(), "end_reason": REMOVED}]
    assert runs.retire(120) == Outcome(recorded=False)
    assert len(runs.sns.ids) == 2


def test_removing_a_site_that_is_up_or_was_never_checked_changes_nothing(runs: Runs) -> None:
    assert runs.retire(0) == Outcome(recorded=False)
    runs.record(up(0))
    before = dict(runs.s3.objects)

    assert runs.retire(60) == Outcome(recorded=False)
    assert runs.s3.objects == before


def test_a_pending_alert_of_a_removed_site_is_published(runs: Runs) -> None:
    runs.sns.failures = [RuntimeError("no answer")]
    with pytest.raises(RuntimeError):
        runs.record(down(0))

    assert runs.retire(60).published == (DOWN_ID, REMOVED_ID)


def test_an_alert_leased_by_a_dead_run_is_published_after_the_lease(runs: Runs) -> None:
    runs.gates(crash_at("publish"))
    with pytest.raises(Crash):
        runs.record(down(0))
    runs.gates(open_gate)

    assert runs.retire(30) == Outcome(recorded=True, settled=False)
    assert runs.retire(60).published == (DOWN_ID, "shop-20260102T120030000Z-UP")


def test_a_broken_state_of_a_removed_site_is_replaced(runs: Runs) -> None:
    runs.record(down(0))
    runs.deliver()
    runs.s3.objects[KEY] = b"{broken"

    assert runs.retire(60).published == (REMOVED_ID,)
    runs.deliver()
    [ended] = runs.incidents
    assert ended["status"] == "CLOSED"


@pytest.mark.parametrize(
    "foreign", [("site",), ("incident", "site"), ("pending", 0, "site")], ids=str
)
def test_a_state_with_data_of_another_site_is_broken(
    runs: Runs, foreign: tuple[str | int, ...]
) -> None:
    """An alert published from here would stay pending: the other state is the one to change."""
    runs.sns.failures = [RuntimeError("no answer")]
    with pytest.raises(RuntimeError):
        runs.record(down(0))
    document = part = runs.state
    for key in foreign[:-1]:
        part = part[key]
    part[foreign[-1]] = "other"
    runs.s3.objects[KEY] = json.dumps(document).encode()

    with pytest.raises(BrokenDocument, match="it is about the site other"):
        runs.record(down(60))
    for seconds in (120, 180):
        runs.retire(seconds)
    assert runs.sns.ids == []


def test_a_site_that_is_listed_again_starts_afresh(runs: Runs) -> None:
    runs.record(down(0))
    runs.retire(60)

    assert runs.record(down(120)).published == ("shop-20260102T120200000Z-DOWN",)
    assert runs.state["since"] == at(120)


@pytest.mark.parametrize("step", range(7))
def test_a_run_that_dies_anywhere_while_a_site_is_removed_loses_no_alert(step: int) -> None:
    runs = Runs()
    runs.record(down(0))
    runs.gates(crash_at("", skip=step))
    with pytest.raises(Crash):
        runs.retire(60)
    runs.gates(open_gate)

    runs.retire(60 + LEASE_SECONDS + 1)

    runs.deliver()
    [ended] = runs.incidents
    assert ended["end_reason"] == REMOVED
    assert len(set(runs.sns.ids)) == 2
    assert len(runs.sns.ids) <= 3
    assert runs.state["pending"] == []


@pytest.mark.parametrize(
    "others",
    [
        lambda runs: partial(runs.retire, 60),
        lambda runs: partial(runs.record, down(60), 60),
        lambda runs: partial(runs.record, up(60), 60),
    ],
    ids=["another that retires it", "one that sees it down", "one that sees it up"],
)
def test_runs_that_overlap_a_removal_leave_no_incident_open(
    others: Callable[[Runs], Callable[[], Outcome]],
) -> None:
    """A run with the earlier list may store its result after the removal; a later run ends that."""
    runs = Runs()

    def play(schedule: Sequence[int]) -> list[int]:
        nonlocal runs
        runs = Runs()
        runs.record(down(0))
        turns = Turns()
        runs.gates(turns.gate)
        taken = turns.play([partial(runs.retire, 60), others(runs)], schedule)
        runs.gates(open_gate)
        return taken

    for schedule in every_schedule(play, 2):
        runs.retire(120)
        runs.deliver()
        assert {each["status"] for each in runs.incidents} == {"CLOSED"}, schedule
        statuses = [alert["status"] for alert in runs.sns.alerts]
        assert statuses in (["DOWN", "UP"], ["DOWN", "UP"] * 2), schedule
        assert len(set(runs.sns.ids)) == len(statuses), schedule
        assert runs.state["pending"] == [], schedule
