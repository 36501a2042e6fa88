"""The state store: no alert is lost between state and topic, and none is created twice."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from typing import Any, cast

import pytest
from monitoring.alerts import AlertTopic
from monitoring.checks import CheckResult
from monitoring.clients import CONFIG
from monitoring.state_store import PUBLISHING, Outcome, StateStore, load
from monitoring.states import LEASE
from monitoring.storage import BrokenDocument, Contended, Documents
from monitoring.times import CLOCK_ERROR

from tests.handlers.aws_fakes import FakeS3, client_error, open_gate
from tests.handlers.examples import NOON, down, site, up
from tests.handlers.interleaving import Turns, every_schedule
from tests.handlers.runs import (
    AGAIN_ID,
    DOWN_ID,
    KEY,
    LEASE_SECONDS,
    UP_ID,
    Crash,
    Runs,
    crash_at,
    past_noon,
)


def test_first_check_that_finds_a_site_up_sends_no_alert(runs: Runs) -> None:
    entry = runs.record(up(0))

    assert entry == Outcome(recorded=True)
    assert runs.sns.ids == []
    assert runs.state["status"] == "UP"


def test_first_check_that_finds_a_site_down_sends_an_alert(runs: Runs) -> None:
    entry = runs.record(down(0))

    assert entry == Outcome(recorded=True, published=(DOWN_ID,))
    assert runs.sns.ids == [DOWN_ID]
    assert runs.state["pending"] == []
    assert runs.state["lease"] is None


def test_only_changes_alert(runs: Runs) -> None:
    results = [down(0), down(1), up(60), up(61), down(120)]
    for number, seen in enumerate(results):
        runs.record(seen, number)

    assert runs.sns.ids == [DOWN_ID, UP_ID, "shop-20260102T120200000Z-DOWN"]


def test_requests_to_s3_are_minimal(runs: Runs) -> None:
    runs.record(down(0))
    assert runs.s3.calls == [f"get {KEY}", "list incidents/", f"put {KEY}", f"put {KEY}"]

    runs.s3.calls.clear()
    runs.record(down(1))
    assert runs.s3.calls == [f"get {KEY}", f"put {KEY}"]

    runs.s3.calls.clear()
    runs.record(up(60))
    assert runs.s3.calls == [f"get {KEY}", f"put {KEY}", f"put {KEY}"]


def test_an_older_check_is_ignored(runs: Runs) -> None:
    runs.record(up(10))
    before = runs.state

    assert runs.record(down(9)) == Outcome(recorded=False)
    assert runs.record(down(10)) == Outcome(recorded=False)
    assert runs.state == before
    assert runs.sns.ids == []


def test_a_leased_alert_is_left_alone_and_the_next_queues_behind_it(runs: Runs) -> None:
    runs.gates(crash_at("publish"))
    with pytest.raises(Crash):
        runs.record(down(0))
    runs.gates(open_gate)

    assert runs.record(down(1)) == Outcome(recorded=True, settled=False)
    assert runs.record(up(LEASE_SECONDS)) == Outcome(recorded=True, settled=False)
    assert runs.sns.ids == []
    recovery = "shop-20260102T120035000Z-UP"
    assert [alert["id"] for alert in runs.state["pending"]] == [DOWN_ID, recovery]

    entry = runs.record(up(90))
    assert entry.published == (DOWN_ID, recovery)
    assert runs.sns.ids == [DOWN_ID, recovery]


def test_an_expired_lease_is_taken_over_even_by_an_older_check(runs: Runs) -> None:
    runs.gates(crash_at("publish"))
    with pytest.raises(Crash):
        runs.record(down(0))
    runs.gates(open_gate)

    assert runs.record(up(-5), LEASE_SECONDS + 1) == Outcome(recorded=False, published=(DOWN_ID,))


@pytest.mark.parametrize("moment", ["publish", "publish done"])
def test_a_run_respects_the_lease_of_a_run_for_the_same_event(runs: Runs, moment: str) -> None:
    """Only time distinguishes a second delivery from a retry after the first run's death.

    Lambda retries after a minute: the lease is shorter.
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    """
    runs.gates(crash_at(moment))
    with pytest.raises(Crash):
        runs.record(down(0))
    runs.gates(open_gate)

    second_delivery = runs.record(down(1))
    retry = runs.record(down(60))

    assert second_delivery.published == ()
    assert retry.published == (DOWN_ID,)
    assert runs.state["lease"] is None
    assert runs.state["pending"] == []


def test_a_lease_outlasts_publishing_and_ends_before_a_retry() -> None:
    """https://docs.aws.amazon.com/boto3/latest/guide/retries.html#standard-retry-mode"""
    config: Any = CONFIG
    attempts = config.retries["total_max_attempts"]
    pauses = sum(2**retry for retry in range(attempts - 1))
    longest = attempts * (config.connect_timeout + config.read_timeout) + pauses

    assert timedelta(seconds=longest) + CLOCK_ERROR < PUBLISHING < LEASE < timedelta(minutes=1)


def test_an_unpublished_alert_is_not_leased(runs: Runs) -> None:
    runs.sns.failures = [client_error("Publish", "Throttled", 400)]
    with pytest.raises(Exception, match="Throttled"):
        runs.record(down(0))
    assert runs.state["lease"] is None

    assert runs.record(down(1), 1).published == (DOWN_ID,)


def test_failure_to_release_a_lease_does_not_hide_the_publishing_error(runs: Runs) -> None:
    def break_bucket(moment: str) -> None:
        if moment == "publish":
            runs.s3.broken[KEY] = client_error("PutObject", "SlowDown", 503)

    runs.sns.failures = [client_error("Publish", "Throttled", 400)]
    runs.sns.gate = break_bucket
    with pytest.raises(Exception, match="Throttled"):
        runs.record(down(0))
    runs.gates(open_gate)
    runs.s3.broken.clear()

    assert runs.record(down(1), LEASE_SECONDS + 1).published == (DOWN_ID,)


def test_a_write_with_a_lost_response_is_recognized(runs: Runs) -> None:
    """boto3 retries the write, and S3 rejects the second one because of the first."""
    lost = [True]

    def lose_first_answer(moment: str) -> None:
        if moment == f"put {KEY} done" and lost:
            lost.clear()
            raise client_error("PutObject", "PreconditionFailed", 412)

    runs.s3.gate = lose_first_answer

    assert runs.record(down(0)).published == (DOWN_ID,)
    assert runs.state["pending"] == []


def test_a_state_that_is_deleted_during_a_run_stays_deleted(runs: Runs) -> None:
    runs.sns.gate = lambda moment: runs.s3.objects.clear()

    assert runs.record(down(0)).published == (DOWN_ID,)
    assert runs.s3.objects == {}


def test_a_run_stops_publishing_when_its_lease_was_taken_over(runs: Runs) -> None:
    runs.sns.failures = [client_error("Publish", "Throttled", 400)]
    with pytest.raises(Exception, match="Throttled"):
        runs.record(down(0))

    def succeed(moment: str) -> None:
        runs.gates(open_gate)
        runs.record(down(61), LEASE_SECONDS + 61)

    runs.sns.gate = succeed
    entry = runs.record(up(60))

    assert entry.published == (DOWN_ID,)
    assert runs.sns.ids[:2] == [DOWN_ID, UP_ID]
    assert runs.state["pending"] == []


def test_a_lease_is_renewed_before_it_could_end(runs: Runs) -> None:
    """Publishing the first alert takes nearly the whole lease."""
    runs.sns.failures = [client_error("Publish", "Throttled", 400)]
    with pytest.raises(Exception, match="Throttled"):
        runs.record(down(0))
    moment = [60.0]
    leases: list[float] = []

    def publishing(passing: str) -> None:
        if passing == "publish":
            until = datetime.fromisoformat(runs.state["lease"]["until"]) - NOON
            leases.append(until.total_seconds() - moment[0])
            moment[0] += LEASE_SECONDS - 1

    runs.sns.gate = publishing
    store = StateStore(
        Documents(cast(Any, runs.s3), "bucket"),
        AlertTopic(cast(Any, runs.sns), "arn").publish,
        clock=lambda: NOON + timedelta(seconds=moment[0]),
    )
    entry = store.record(site(), up(60), runs.owner())

    assert entry.published == (DOWN_ID, UP_ID)
    assert leases == [LEASE_SECONDS, LEASE_SECONDS]


def test_a_lease_that_may_end_too_early_is_not_used(runs: Runs) -> None:
    """Each response of S3 is so late that the lease could end before the alert is published."""
    moment = [0.0]

    def delay(passing: str) -> None:
        if passing == f"put {KEY} done":
            moment[0] += LEASE_SECONDS

    runs.s3.gate = delay
    store = StateStore(
        Documents(cast(Any, runs.s3), "bucket"),
        AlertTopic(cast(Any, runs.sns), "arn").publish,
        clock=lambda: NOON + timedelta(seconds=moment[0]),
    )

    with pytest.raises(TimeoutError, match=r"the lease in state/shop\.json ended"):
        store.record(site(), down(0), runs.owner())
    assert runs.sns.ids == []
    runs.gates(open_gate)
    assert runs.record(down(1000)).published == (DOWN_ID,)


def test_endless_conflicts_end_in_an_error(runs: Runs) -> None:
    numbers = iter(range(1000))

    def change(moment: str) -> None:
        if moment == f"put {KEY}":
            runs.s3.objects[KEY] = b'{"changed": %d}' % next(numbers)
        else:
            runs.s3.objects.pop(KEY, None)

    runs.s3.gate = change
    with pytest.raises(Contended, match=r"state/shop\.json: 12 writes in a row conflicted"):
        runs.record(down(0))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"site": "shop"}', b"\xff"])
def test_a_broken_state_is_reported(runs: Runs, body: bytes) -> None:
    runs.s3.objects[KEY] = body

    with pytest.raises(BrokenDocument, match=r"state/shop\.json cannot be read .*: remove"):
        runs.record(down(0))


def test_states_survive_their_documents(runs: Runs, documents: Documents, s3: FakeS3) -> None:
    runs.gates(crash_at("publish"))
    with pytest.raises(Crash):
        runs.record(down(0))
    s3.objects = runs.s3.objects

    found = load(documents, "shop")

    assert found is not None
    assert found[0].document() == runs.state


def gates_passed(seen: CheckResult, before: Sequence[CheckResult]) -> list[str]:
    """Return the steps at which a run that records *seen* can die."""
    runs = Runs()
    for earlier in before:
        runs.record(earlier)
    moments: list[str] = []
    runs.gates(moments.append)
    runs.record(seen)
    return moments


@pytest.mark.parametrize(("before", "seen"), [([], down(0)), ([down(0)], up(60))])
def test_a_run_that_dies_anywhere_loses_no_alert(
    before: list[CheckResult], seen: CheckResult
) -> None:
    expected = [DOWN_ID, UP_ID][: len(before) + 1]
    moments = gates_passed(seen, before)
    assert moments == [
        f"get {KEY}", *["list incidents/"][len(before):], f"put {KEY}", f"put {KEY} done",
        "publish", "publish done", f"put {KEY}", f"put {KEY} done",
    ]  # fmt: skip
    for number, moment in enumerate(moments):
        runs = Runs()
        for earlier in before:
            runs.record(earlier)
        runs.gates(crash_at("", skip=number))
        with pytest.raises(Crash):
            runs.record(seen, 60)
        runs.gates(open_gate)

        runs.record(seen, 60 + LEASE_SECONDS + 1)

        told_twice = moment == "publish done" or number == len(moments) - 2
        assert runs.sns.ids == expected + expected[-1:] * told_twice, moment
        assert runs.state["pending"] == []


@pytest.mark.parametrize(
    ("before", "results", "expected"),
    [
        ([], [down(0), down(0)], {(DOWN_ID,)}),
        ([up(-9)], [down(0), down(0)], {(DOWN_ID,)}),
        ([down(0)], [up(60), up(60)], {(DOWN_ID, UP_ID)}),
        # The older check counts only if it is recorded first.
        ([], [down(0), up(60)], {(), (DOWN_ID, UP_ID)}),
        ([down(0)], [up(60), down(61)], {(DOWN_ID,), (DOWN_ID, UP_ID, AGAIN_ID)}),
    ],
    ids=["both-down-first", "both-down", "both-up", "down-and-up", "up-and-down"],
)
def test_overlapping_runs_alert_once_and_in_order(
    before: list[CheckResult], results: list[CheckResult], expected: set[tuple[str, ...]]
) -> None:
    outcomes: set[tuple[str, ...]] = set()
    runs = Runs()

    def play(schedule: Sequence[int]) -> list[int]:
        nonlocal runs
        runs = Runs()
        for earlier in before:
            runs.record(earlier)
        turns = Turns()
        runs.gates(turns.gate)
        # Both are recorded after both checks.
        present = max(past_noon(seen) for seen in results)
        return turns.play([partial(runs.record, seen, present) for seen in results], schedule)

    for schedule in every_schedule(play, len(results)):
        assert runs.state["pending"] == [], schedule
        assert runs.state["lease"] is None, schedule
        assert runs.state["checked_at"] == max(seen.at for seen in results), schedule
        outcomes.add(tuple(runs.sns.ids))

    assert outcomes == expected


def test_death_of_an_overlapping_run_loses_no_alert() -> None:
    """Whichever run dies at whichever step, the next run publishes what is left."""
    for dying, step, first in product((0, 1), range(7), (0, 1)):
        runs = Runs()
        runs.record(up(-9))
        for index in (first, 1 - first):
            runs.gates(crash_at("", skip=step) if index == dying else open_gate)
            try:
                runs.record(down(index))
            except Crash:
                continue
        runs.gates(open_gate)

        runs.record(down(90))

        assert len(set(runs.sns.ids)) == 1, (dying, step, first)
        assert runs.state["pending"] == []
