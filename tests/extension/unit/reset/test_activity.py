"""Work in progress, and calls that wait for their time."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from localstack_testbed.timing.activity import Activity
from localstack_testbed.timing.delayed_calls import DelayedCalls

from testbed.machine.waiting import until

LIMIT = 10.0


def test_new_work_waits_while_it_is_paused() -> None:
    activity, began = Activity(), threading.Event()

    def work() -> None:
        with activity.working():
            began.set()

    with ThreadPoolExecutor(1) as executor:
        with activity.paused():
            done = executor.submit(work)
            assert activity.wait_idle(LIMIT)
            assert not began.is_set()
        done.result(LIMIT)
    assert activity.count == 0


def test_held_work_goes_on_until_nothing_is_in_progress() -> None:
    """Work in progress may depend on it."""
    activity = Activity(held_seconds=0.01)
    with ThreadPoolExecutor(1) as executor:
        activity.begin()
        with activity.paused():
            assert not activity.wait_idle(0)
            executor.submit(activity.begin).result(LIMIT)
            activity.done()
            activity.done()
            assert activity.wait_idle(LIMIT)
            held = executor.submit(activity.begin)
            assert activity.count == 0
        held.result(LIMIT)
    assert activity.count == 1


def test_work_that_follows_is_waited_for() -> None:
    activity, may_end = Activity(), threading.Event()
    with ThreadPoolExecutor(1) as executor:
        submit = activity.counted(executor.submit)
        with activity.paused():
            submit(may_end.wait, LIMIT)
            assert not activity.wait_idle(0)
            may_end.set()
            assert activity.wait_idle(LIMIT)


def test_failed_work_ends_too() -> None:
    activity = Activity()
    executor = ThreadPoolExecutor(1)
    submit = activity.counted(executor.submit)
    with pytest.raises(ZeroDivisionError):
        submit(lambda: 1 / 0).result(LIMIT)
    executor.shutdown()
    with pytest.raises(RuntimeError):
        submit(print)
    assert activity.count == 0


def test_delayed_calls_can_be_cancelled() -> None:
    calls, made = DelayedCalls("test"), []
    calls.add(3600, lambda: made.append("never"))
    assert len(calls) == 1
    calls.cancel()
    assert len(calls) == 0
    calls.add(0.01, lambda: made.append("made"))
    until(lambda: made, within=LIMIT, what="a call")
    assert made == ["made"]
