"""Wrong clocks, of S3 or of the functions: no outage is missed, and no alert lost."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any, cast

import pytest
from monitoring.checks import CheckResult
from monitoring.state_store import Outcome, StateStore
from monitoring.storage import Documents
from monitoring.times import SharedClock, timestamp

from tests.handlers.aws_fakes import open_gate
from tests.handlers.examples import NOON, at, down, site, up
from tests.handlers.interleaving import Turns, every_schedule
from tests.handlers.runs import DOWN_ID, LEASE_SECONDS, UP_ID, Crash, Runs, crash_at

DAY, HOUR = 86_400, 3_600


WRONG = (-DAY, -HOUR, -20, 0, 20, HOUR, DAY)


# The errors of two machines' clocks, in seconds.
CLOCKS = [(0, 0), (0, DAY), (-HOUR, 0), (DAY, -HOUR)]


STEP_SECONDS = 0.01


@pytest.mark.parametrize("ahead", [6, 60, HOUR, DAY])
def test_one_check_with_a_clock_that_is_ahead_hides_no_outage(runs: Runs, ahead: float) -> None:
    runs.record(up(ahead))

    assert runs.record(down(0)).published == (DOWN_ID,)
    assert runs.record(up(60)).published == (UP_ID,)
    assert runs.state["since"] == at(60)


@pytest.mark.parametrize("back", [10, 60, HOUR, DAY])
def test_a_clock_that_is_set_back_during_an_outage_hides_no_change(runs: Runs, back: float) -> None:
    runs.record(down(back))
    runs.record(down(1))
    assert runs.state["since"] == at(1)
    runs.record(up(2))
    runs.record(down(30))

    assert [alert["status"] for alert in runs.sns.alerts] == ["DOWN", "UP", "DOWN"]
    assert len(set(runs.sns.ids)) == 3
    runs.deliver()
    [ended] = [each for each in runs.incidents if each["status"] == "CLOSED"]
    assert ended["duration_ms"] == 0  # and not negative


def test_a_late_check_is_ignored_unless_the_state_is_from_the_future(runs: Runs) -> None:
    """Within the possible difference of two clocks, the order of the checks counts."""
    runs.record(up(4))

    assert runs.record(down(3), 3) == Outcome(recorded=False)
    assert runs.record(down(3), 60) == Outcome(recorded=False)


@pytest.mark.parametrize("jump", WRONG)
def test_the_lease_of_a_run_that_died_anywhere_ends_by_elapsed_time(jump: float) -> None:
    """Even if S3's clock is set after the death; the next runs are a lease's duration apart."""
    for step in range(8):
        runs = Runs()
        runs.gates(crash_at("", skip=step))
        with pytest.raises(Crash):
            runs.record(down(0))
        runs.gates(open_gate)

        runs.record(down(jump + 1))
        runs.record(down(jump + LEASE_SECONDS + 2))

        assert len(set(runs.sns.ids)) == 1, (jump, step)
        assert len(runs.sns.ids) <= 2
        assert runs.state["pending"] == []
        assert runs.state["lease"] is None


@pytest.mark.parametrize("back", [20, HOUR, DAY])
def test_a_running_run_keeps_its_lease_when_the_clock_is_set_back(runs: Runs, back: float) -> None:
    def overtake(moment: str) -> None:
        runs.gates(open_gate)
        assert runs.record(down(1 - back)).published == ()

    runs.sns.gate = overtake

    assert runs.record(down(0)).published == (DOWN_ID,)
    assert runs.sns.ids == [DOWN_ID]
    assert runs.state["pending"] == []


class Machines:
    """Machines that share only S3, and have wrong clocks."""

    def __init__(self) -> None:
        self.runs = Runs()
        self.seconds = 0.0
        self.runs.s3.clock = lambda: NOON + timedelta(seconds=self.seconds)

    def check(self, status: str, wrong_by: float) -> Outcome:
        """Read the list of sites, check the site, and record the result, as one run."""
        clock = SharedClock(
            lambda: NOON + timedelta(seconds=self.seconds + wrong_by), lambda: self.seconds
        )
        documents = Documents(cast(Any, self.runs.s3), "bucket", clock)
        documents.read("sites.yaml")
        seen = down(0) if status == "DOWN" else up(0)
        seen = CheckResult(status=seen.status, at=timestamp(clock()), latency_ms=1)
        return StateStore(documents, self.runs.publish).record(site(), seen, self.runs.owner())

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
        statuses = [alert["status"] for alert in machines.runs.sns.alerts]
        assert statuses == ["DOWN", "UP", "DOWN"][: len(statuses)], schedule
        assert (statuses or ["UP"])[-1] == last, schedule


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
