"""The scheduling engine: entries fire when they are due, once."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from localstack_testbed.schedules.clock import Clock
from localstack_testbed.schedules.engine import Engine, TooManyFiringsError

from testbed.machine.waiting import until

LIMIT = 10.0
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Schedule:
    """An engine and its firings."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.engine: Engine[str] = Engine(self.clock)
        self.fired: list[tuple[str, datetime]] = []

    def put(self, key: str, *times: datetime) -> None:
        self.engine.put(
            key,
            timing=lambda after: min((time for time in times if time > after), default=None),
            fire=lambda key, due: self.fired.append((key, due)),
            after=self.clock.now(),
        )

    def wait_for(self, count: int) -> None:
        until(lambda: len(self.fired) >= count, within=LIMIT, what=f"{count} firings")


@pytest.fixture
def schedule() -> Iterator[Schedule]:
    schedule = Schedule()
    yield schedule
    schedule.engine.stop()


def soon(schedule: Schedule, seconds: float = 0.2) -> datetime:
    return schedule.clock.now() + timedelta(seconds=seconds)


def test_clock_goes_forward_only() -> None:
    clock = Clock()
    clock.move_to(datetime.now(UTC) + HOUR)
    offset = clock.offset

    clock.move_to(datetime.now(UTC))

    assert clock.offset == offset


def test_entry_fires_at_its_due_times_and_not_before(schedule: Schedule) -> None:
    times = [soon(schedule, 0.1), soon(schedule, 0.2)]
    fired_at: list[datetime] = []
    schedule.engine.put(
        "key",
        timing=lambda after: min((time for time in times if time > after), default=None),
        fire=lambda key, due: fired_at.append(schedule.clock.now()),
        after=schedule.clock.now(),
    )

    until(lambda: len(fired_at) == 2, within=LIMIT, what="second firing")

    assert all(at >= due for at, due in zip(fired_at, times, strict=True))


def test_entry_due_before_the_others_is_not_delayed(schedule: Schedule) -> None:
    due = soon(schedule)
    schedule.put("late", schedule.clock.now() + HOUR)
    schedule.put("soon", due)

    schedule.wait_for(1)

    assert schedule.fired == [("soon", due)]


def test_replaced_entry_does_not_fire(schedule: Schedule) -> None:
    now = schedule.clock.now()
    schedule.put("key", now + MINUTE)
    schedule.put("key", now + 2 * MINUTE)

    schedule.engine.advance(now + HOUR)

    assert schedule.fired == [("key", now + 2 * MINUTE)]


def test_removed_entry_does_not_fire(schedule: Schedule) -> None:
    now = schedule.clock.now()
    for key in ("one", "two", "three"):
        schedule.put(key, now + MINUTE)
    schedule.engine.remove("one")
    schedule.engine.remove("unknown")
    schedule.engine.remove_all(lambda key: key == "two")

    schedule.engine.advance(now + HOUR)

    assert schedule.fired == [("three", now + MINUTE)]
    assert schedule.engine.due("two") is None


def test_entry_that_an_earlier_firing_removes_does_not_fire(
    schedule: Schedule,
) -> None:
    now = schedule.clock.now()

    def remove(key: str, due: datetime) -> None:
        schedule.engine.remove("victim")

    schedule.put("victim", now + 2 * MINUTE)
    schedule.engine.put("killer", lambda after: _after(now + MINUTE, after), remove, after=now)

    schedule.engine.advance(now + HOUR)

    assert schedule.fired == []


def _after(moment: datetime, after: datetime) -> datetime | None:
    return moment if moment > after else None


def test_advance_fires_in_order_what_is_due_until_then(schedule: Schedule) -> None:
    now = schedule.clock.now()
    schedule.put("every two", *(now + 2 * number * MINUTE for number in range(1, 4)))
    schedule.put("every three", *(now + 3 * number * MINUTE for number in range(1, 4)))

    firings = schedule.engine.advance(now + 7 * MINUTE)

    expected = [("two", 2), ("three", 3), ("two", 4), ("three", 6), ("two", 6)]
    assert sorted((each.scheduled_time, each.key) for each in firings) == sorted(
        (now + minutes * MINUTE, f"every {name}") for name, minutes in expected
    )
    assert [each.scheduled_time for each in firings] == sorted(due for _, due in schedule.fired)
    assert schedule.engine.due("every three") == now + 9 * MINUTE
    assert schedule.clock.now() >= now + 7 * MINUTE


def test_advance_fires_what_firings_put(schedule: Schedule) -> None:
    now = schedule.clock.now()

    def again(key: str, due: datetime) -> None:
        schedule.put("second", due + MINUTE)

    schedule.engine.put("first", lambda after: _after(now + MINUTE, after), again, after=now)

    firings = schedule.engine.advance(now + HOUR)

    assert [(each.key, each.scheduled_time) for each in firings] == [
        ("first", now + MINUTE),
        ("second", now + 2 * MINUTE),
    ]


def test_clock_shows_the_due_time_while_it_is_advanced(schedule: Schedule) -> None:
    now = schedule.clock.now()
    seen: list[datetime] = []
    schedule.engine.put(
        "key",
        lambda after: _after(now + HOUR, after),
        lambda key, due: seen.append(schedule.clock.now()),
        after=now,
    )

    schedule.engine.advance(now + 2 * HOUR)

    assert now + HOUR <= seen[0] < now + 2 * HOUR


def test_advance_returns_errors(schedule: Schedule) -> None:
    now = schedule.clock.now()

    def fail(key: str, due: datetime) -> None:
        raise ValueError("as told")

    schedule.engine.put("key", lambda after: _after(now + MINUTE, after), fail, after=now)

    [firing] = schedule.engine.advance(now + HOUR)

    assert firing.error == "as told"


def test_advance_with_too_many_firings_is_rejected(schedule: Schedule) -> None:
    schedule.engine.put(
        "key", lambda after: after + MINUTE, lambda key, due: None, after=soon(schedule)
    )

    with pytest.raises(TooManyFiringsError, match="smaller steps"):
        schedule.engine.advance(schedule.clock.now() + 365 * 24 * HOUR)

    assert schedule.clock.offset == timedelta()


def test_missed_due_times_fire_once(
    schedule: Schedule,
) -> None:
    now = schedule.clock.now()
    schedule.put("once", now + MINUTE)
    schedule.put("often", *(now + number * MINUTE for number in (1, 2, 3, 600)))

    # As if the machine had slept: the clock has advanced without the engine noticing.
    schedule.clock.move_to(now + HOUR)
    schedule.put("wakes the engine", now + 2 * HOUR)

    schedule.wait_for(2)
    assert sorted(schedule.fired) == [("often", now + 3 * MINUTE), ("once", now + MINUTE)]
    assert schedule.engine.due("often") == now + 600 * MINUTE


def test_firing_that_takes_long_does_not_delay_others(schedule: Schedule) -> None:
    begun, release = threading.Event(), threading.Event()

    def take_long(key: str, due: datetime) -> None:
        begun.set()
        release.wait(LIMIT)

    due = soon(schedule)
    schedule.engine.put("slow", lambda after: _after(due, after), take_long, after=due - MINUTE)
    assert begun.wait(LIMIT)
    schedule.put("other", soon(schedule))

    schedule.wait_for(1)

    assert not release.is_set()
    release.set()


def test_engine_that_was_stopped_fires_nothing(schedule: Schedule) -> None:
    now = schedule.clock.now()
    schedule.put("key", now + MINUTE)

    schedule.engine.stop()

    assert schedule.engine.advance(now + HOUR) == []
    assert schedule.fired == []
