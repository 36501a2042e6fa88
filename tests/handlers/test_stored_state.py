"""Wrong clocks, lost states and removed sites hide no outage and leave no incident open."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, cast

import pytest
from monitoring.checks import Observation
from monitoring.ledger import Entry, Ledger
from monitoring.states import REMOVED
from monitoring.storage import BrokenDocument, Documents
from monitoring.times import SharedClock, timestamp

from tests.handlers.aws_fakes import open_gate
from tests.handlers.examples import NOON, at, down, incident, site, up
from tests.handlers.interleaving import Turns, every_schedule
from tests.handlers.runs import DOWN_ID, KEY, LEASE_SECONDS, UP_ID, Crash, Runs, crash_at

DAY, HOUR = 86_400, 3_600
WRONG = (-DAY, -HOUR, -20, 0, 20, HOUR, DAY)
# By how much the clocks of two machines are wrong.
CLOCKS = [(0, 0), (0, DAY), (-HOUR, 0), (DAY, -HOUR)]
STEP_SECONDS = 0.01
REMOVED_ID = UP_ID


@pytest.fixture
def runs() -> Runs:
    return Runs()


# The clock that all runs share is wrong: S3's own, or a state's from before it was shared


@pytest.mark.parametrize("ahead", [6, 60, HOUR, DAY])
def test_one_check_with_a_clock_that_is_ahead_hides_no_outage(runs: Runs, ahead: float) -> None:
    runs.enter(up(ahead))

    assert runs.enter(down(0)).published == (DOWN_ID,)
    assert runs.enter(up(60)).published == (UP_ID,)
    assert runs.state["since"] == at(60)


@pytest.mark.parametrize("back", [10, 60, HOUR, DAY])
def test_a_clock_that_is_set_back_during_an_outage_hides_no_change(
    runs: Runs, back: float
) -> None:
    runs.enter(down(back))
    runs.enter(down(1))
    assert runs.state["since"] == at(1)
    runs.enter(up(2))
    runs.enter(down(30))

    assert [alert["status"] for alert in runs.sns.alerts] == ["DOWN", "UP", "DOWN"]
    assert len(set(runs.sns.ids)) == 3
    runs.deliver()
    [ended] = [each for each in runs.incidents if each["status"] == "CLOSED"]
    assert ended["duration_ms"] == 0  # and not negative


def test_a_late_check_is_ignored_unless_the_state_is_from_the_future(runs: Runs) -> None:
    """Within the difference that two clocks may have, the order of the looks counts."""
    runs.enter(up(4))

    assert runs.enter(down(3), 3) == Entry(recorded=False)
    assert runs.enter(down(3), 60) == Entry(recorded=False)


@pytest.mark.parametrize("jump", WRONG)
def test_the_lease_of_a_run_that_died_anywhere_ends_by_elapsed_time(jump: float) -> None:
    """However S3's clock is set after the death: the next runs come a lease's length apart."""
    for step in range(8):
        runs = Runs()
        runs.gates(crash_at("", skip=step))
        with pytest.raises(Crash):
            runs.enter(down(0))
        runs.gates(open_gate)

        runs.enter(down(jump + 1))
        runs.enter(down(jump + LEASE_SECONDS + 2))

        assert len(set(runs.sns.ids)) == 1, (jump, step)
        assert len(runs.sns.ids) <= 2
        assert runs.state["pending"] == []
        assert runs.state["lease"] is None


@pytest.mark.parametrize("back", [20, HOUR, DAY])
def test_a_running_run_keeps_its_lease_when_the_clock_is_set_back(
    runs: Runs, back: float
) -> None:
    def overtake(moment: str) -> None:
        runs.gates(open_gate)
        assert runs.enter(down(1 - back)).published == ()

    runs.sns.gate = overtake

    assert runs.enter(down(0)).published == (DOWN_ID,)
    assert runs.sns.ids == [DOWN_ID]
    assert runs.state["pending"] == []


# The machines' clocks are wrong, each in its own way


class Machines:
    """Machines that share nothing but S3, with clocks wrong by so many seconds."""

    def __init__(self) -> None:
        self.runs = Runs()
        self.seconds = 0.0
        self.runs.s3.clock = lambda: NOON + timedelta(seconds=self.seconds)

    def check(self, status: str, wrong_by: float) -> Entry:
        """A run's reading of the list of sites, its look, and its entry."""
        clock = SharedClock(
            lambda: NOON + timedelta(seconds=self.seconds + wrong_by), lambda: self.seconds
        )
        documents = Documents(cast(Any, self.runs.s3), "bucket", clock)
        documents.read("sites.yaml")
        seen = down(0) if status == "DOWN" else up(0)
        seen = Observation(status=seen.status, at=timestamp(clock()), latency_ms=1)
        return Ledger(documents, self.runs.publish).enter(site(), seen, self.runs.owner())

    def play(self, checks: Sequence[tuple[str, float]], schedule: Sequence[int]) -> list[int]:
        """Let checks overtake each other; each step takes its time."""
        turns = Turns()

        def gate(moment: str) -> None:
            turns.gate(moment)
            self.seconds += STEP_SECONDS

        self.runs.gates(gate)
        taken = turns.play([partial(self.check, *check) for check in checks], schedule)
        self.runs.gates(open_gate)
        return taken


@pytest.mark.parametrize("clocks", CLOCKS, ids=str)
@pytest.mark.parametrize("before", ["", "UP"])
def test_overlapping_runs_with_wrong_clocks_alert_once(
    before: str, clocks: tuple[float, float]
) -> None:
    machines = Machines()

    def play(schedule: Sequence[int]) -> list[int]:
        nonlocal machines
        machines = Machines()
        if before:
            machines.check(before, 0)
            machines.seconds += 60
        return machines.play([("DOWN", clock) for clock in clocks], schedule)

    for schedule in every_schedule(play, 2):
        assert len(machines.runs.sns.ids) == 1, schedule
        assert machines.runs.state["pending"] == [], schedule
        [alert] = machines.runs.sns.alerts
        assert at(-5) < alert["started_at"] < at(70), schedule


@pytest.mark.parametrize("clocks", CLOCKS, ids=str)
@pytest.mark.parametrize("last", ["DOWN", "UP"])
def test_overlapping_runs_with_wrong_clocks_hide_nothing_from_the_next(
    last: str, clocks: tuple[float, float]
) -> None:
    machines = Machines()

    def play(schedule: Sequence[int]) -> list[int]:
        nonlocal machines
        machines = Machines()
        return machines.play([("DOWN", clocks[0]), ("UP", clocks[1])], schedule)

    for schedule in every_schedule(play, 2):
        machines.seconds += 60
        machines.check(last, 0)
        assert machines.runs.state["status"] == last, schedule
        told = [alert["status"] for alert in machines.runs.sns.alerts]
        assert told == ["DOWN", "UP", "DOWN"][: len(told)], schedule
        assert (told or ["UP"])[-1] == last, schedule


@pytest.mark.parametrize("clocks", CLOCKS, ids=str)
def test_runs_with_wrong_clocks_that_die_anywhere_lose_no_alert(
    clocks: tuple[float, float],
) -> None:
    for step in range(9):
        machines = Machines()
        machines.runs.gates(crash_at("", skip=step))
        with pytest.raises(Crash):
            machines.check("DOWN", clocks[0])
        machines.runs.gates(open_gate)

        machines.seconds += 1
        machines.check("DOWN", clocks[1])
        machines.seconds += 60
        machines.check("DOWN", 0)

        assert len(set(machines.runs.sns.ids)) == 1, step
        assert machines.runs.state["pending"] == [], step


# The state is from before this version


@pytest.mark.parametrize("owner", ["", "the event's own"])
def test_a_state_of_an_earlier_version_is_read(owner: str, runs: Runs) -> None:
    """A document as version 1 wrote it: the site is DOWN, and the alert is pending."""
    told = incident(0)
    lease = {"owner": owner, "until": at(LEASE_SECONDS)} if owner else None
    document = {
        "site": "shop",
        "url": told.url,
        "status": "DOWN",
        "since": at(0),
        "checked_at": at(0),
        "latency_ms": 30,
        "http_status": 503,
        "reason": told.reason,
        "incident": {
            "id": told.id,
            "site": "shop",
            "url": told.url,
            "severity": "critical",
            "status": "OPEN",
            "started_at": at(0),
            "ended_at": None,
            "duration_ms": None,
            "reason": told.reason,
        },
        "pending": [
            {
                "version": 1,
                "id": DOWN_ID,
                "status": "DOWN",
                "site": "shop",
                "url": told.url,
                "severity": "critical",
                "started_at": at(0),
                "ended_at": None,
                "reason": told.reason,
            }
        ],
        "lease": lease,
    }
    runs.s3.objects[KEY] = json.dumps(document).encode()

    assert runs.enter(down(10)).published == (() if owner else (DOWN_ID,))
    assert runs.enter(up(60)).published == ((DOWN_ID, UP_ID) if owner else (UP_ID,))
    runs.deliver()
    assert runs.incidents == [incident(0, 60).document()]


# The state was broken, and its document removed, as the error advises


def broken_and_removed(runs: Runs, look: Observation) -> None:
    runs.s3.objects[KEY] = b"{broken"
    with pytest.raises(BrokenDocument, match=r"state/shop\.json cannot be read .*: remove"):
        runs.enter(look)
    del runs.s3.objects[KEY]


def test_a_state_that_is_deleted_during_an_outage_leaves_one_incident(runs: Runs) -> None:
    runs.enter(down(0))
    runs.deliver()
    broken_and_removed(runs, down(10))

    assert runs.enter(down(20)) == Entry(recorded=True)
    assert runs.state["since"] == at(0)
    assert runs.enter(up(60)).published == (UP_ID,)

    runs.deliver()
    assert runs.incidents == [incident(0, 60).document()]


def test_an_outage_that_ends_before_its_deleted_state_is_stored_again_ends(runs: Runs) -> None:
    runs.enter(down(0))
    runs.deliver()
    broken_and_removed(runs, down(10))

    assert runs.enter(up(60)).published == (UP_ID,)

    runs.deliver()
    assert runs.incidents == [incident(0, 60).document()]


@pytest.mark.parametrize("looks", [(down(20), down(21)), (up(60), up(60)), (down(20), up(60))])
def test_overlapping_runs_after_a_state_was_deleted_leave_one_incident(
    looks: tuple[Observation, Observation],
) -> None:
    runs = Runs()

    def play(schedule: Sequence[int]) -> list[int]:
        nonlocal runs
        runs = Runs()
        runs.enter(down(0))
        runs.deliver()
        del runs.s3.objects[KEY]
        turns = Turns()
        runs.gates(turns.gate)
        taken = turns.play([partial(runs.enter, seen, 60) for seen in looks], schedule)
        runs.gates(open_gate)
        return taken

    for schedule in every_schedule(play, 2):
        runs.enter(up(120))
        runs.deliver()
        [only] = runs.incidents
        assert only["status"] == "CLOSED", schedule
        assert [alert["status"] for alert in runs.sns.alerts] == ["DOWN", "UP"], schedule


def test_a_site_that_was_up_and_whose_state_was_deleted_starts_afresh(runs: Runs) -> None:
    runs.enter(down(0))
    runs.enter(up(60))
    runs.deliver()
    del runs.s3.objects[KEY]

    runs.enter(up(90))
    assert len(runs.sns.ids) == 2
    runs.enter(down(120))
    assert len(runs.sns.ids) == 3


def test_an_incident_that_cannot_be_read_hides_no_outage(runs: Runs) -> None:
    runs.s3.objects[incident(0).key] = b"{broken"

    assert runs.enter(down(60)).published == ("shop-20260102T120100000Z-DOWN",)


# The site was removed from the list, or renamed


def test_the_incident_of_a_removed_site_ends(runs: Runs) -> None:
    runs.enter(down(0))

    assert runs.retire(60) == Entry(recorded=True, published=(REMOVED_ID,))

    runs.deliver()
    assert runs.incidents == [{**incident(0, 60).document(), "end_reason": REMOVED}]
    assert runs.retire(120) == Entry(recorded=False)
    assert len(runs.sns.ids) == 2


def test_removing_a_site_that_is_up_or_was_never_checked_changes_nothing(runs: Runs) -> None:
    assert runs.retire(0) == Entry(recorded=False)
    runs.enter(up(0))
    before = dict(runs.s3.objects)

    assert runs.retire(60) == Entry(recorded=False)
    assert runs.s3.objects == before


def test_a_pending_alert_of_a_removed_site_is_published(runs: Runs) -> None:
    runs.sns.failures = [RuntimeError("no answer")]
    with pytest.raises(RuntimeError):
        runs.enter(down(0))

    assert runs.retire(60).published == (DOWN_ID, REMOVED_ID)


def test_an_alert_leased_by_a_dead_run_is_published_after_the_lease(runs: Runs) -> None:
    runs.gates(crash_at("publish"))
    with pytest.raises(Crash):
        runs.enter(down(0))
    runs.gates(open_gate)

    assert runs.retire(30) == Entry(recorded=True, settled=False)
    assert runs.retire(60).published == (DOWN_ID, "shop-20260102T120030000Z-UP")


def test_a_broken_state_of_a_removed_site_is_replaced(runs: Runs) -> None:
    runs.enter(down(0))
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
    """Published from here, an alert would stay pending: it would be sought in the other state."""
    runs.sns.failures = [RuntimeError("no answer")]
    with pytest.raises(RuntimeError):
        runs.enter(down(0))
    document = part = runs.state
    for key in foreign[:-1]:
        part = part[key]
    part[foreign[-1]] = "other"
    runs.s3.objects[KEY] = json.dumps(document).encode()

    with pytest.raises(BrokenDocument, match="it is about the site other"):
        runs.enter(down(60))
    for seconds in (120, 180):
        runs.retire(seconds)
    assert runs.sns.ids == []


def test_a_site_that_is_listed_again_starts_afresh(runs: Runs) -> None:
    runs.enter(down(0))
    runs.retire(60)

    assert runs.enter(down(120)).published == ("shop-20260102T120200000Z-DOWN",)
    assert runs.state["since"] == at(120)


@pytest.mark.parametrize("step", range(7))
def test_a_run_that_dies_anywhere_while_a_site_is_removed_loses_no_alert(step: int) -> None:
    runs = Runs()
    runs.enter(down(0))
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
        lambda runs: partial(runs.enter, down(60), 60),
        lambda runs: partial(runs.enter, up(60), 60),
    ],
    ids=["another that removes it", "one that sees it down", "one that sees it up"],
)
def test_runs_that_overlap_a_removal_leave_no_incident_open(
    others: Callable[[Runs], Callable[[], Entry]],
) -> None:
    """A run with the earlier list may come after the removal; a later run ends that, too."""
    runs = Runs()

    def play(schedule: Sequence[int]) -> list[int]:
        nonlocal runs
        runs = Runs()
        runs.enter(down(0))
        turns = Turns()
        runs.gates(turns.gate)
        taken = turns.play([partial(runs.retire, 60), others(runs)], schedule)
        runs.gates(open_gate)
        return taken

    for schedule in every_schedule(play, 2):
        runs.retire(120)
        runs.deliver()
        assert {each["status"] for each in runs.incidents} == {"CLOSED"}, schedule
        told = [alert["status"] for alert in runs.sns.alerts]
        assert told in (["DOWN", "UP"], ["DOWN", "UP"] * 2), schedule
        assert len(set(runs.sns.ids)) == len(told), schedule
        assert runs.state["pending"] == [], schedule
