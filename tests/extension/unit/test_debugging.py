"""What is suspended while a function is debugged: time limits and visibility timeouts."""

from __future__ import annotations

import json
import math
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from localstack_testbed.lambda_executor.deadlines import SuspendedDeadline, deadline_in
from localstack_testbed.lambda_executor.debugging import held_messages as module
from localstack_testbed.lambda_executor.debugging.held_messages import held_messages
from localstack_testbed.lambda_executor.debugging.repeated_calls import RepeatedCalls

ARN = "arn:aws:sqs:us-east-1:000000000000:orders"
EVENT = {
    "Records": [{"eventSource": "aws:sqs", "eventSourceARN": ARN, "receiptHandle": "receipt-1"}]
}
NO_EVENTS = [b"null", b'["aws:sqs"]', b'{"Records": "aws:sqs"}', b'{"Records": [1, "aws:sqs"]}']


class Suspension:
    """Ended some seconds ago, or not yet."""

    def __init__(self, ended: float | None) -> None:
        self.ended = ended

    def seconds_since_end(self) -> float | None:
        return self.ended


class Message:
    def __init__(self) -> None:
        self.timeouts: list[int] = []

    def update_visibility_timeout(self, timeout: int) -> None:
        self.timeouts.append(timeout)


class Queue:
    """Has received two messages, of which one is in the event."""

    def __init__(self) -> None:
        self.mutex = threading.RLock()
        self.visibility_timeout = 30
        self.messages = [Message(), Message()]
        self.inflight = dict.fromkeys(self.messages)
        self.receipts = {"receipt-1": self.messages[0], "receipt-2": self.messages[1]}


class FifoQueue(Queue):
    message_group_queue = None


def test_limit_counts_from_the_end_of_the_suspension() -> None:
    suspension = Suspension(None)
    deadline = deadline_in(3, suspension)
    assert isinstance(deadline, SuspendedDeadline)
    assert deadline.remaining() == math.inf
    suspension.ended = 1.0
    assert deadline.remaining() == 2.0
    suspension.ended = 5.0
    assert deadline.remaining() == -2.0


@pytest.mark.parametrize("suspension", [None, Suspension(1.0)])
def test_limit_without_suspension(suspension: Suspension | None) -> None:
    assert 2 < deadline_in(3, suspension).remaining() <= 3


@pytest.mark.parametrize(
    ("queue", "held"), [(Queue(), [True, False]), (FifoQueue(), [True, True])], ids=["", "fifo"]
)
def test_failed_messages_get_a_new_visibility_timeout(
    queue: Queue, held: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "find_queue", lambda _arn: queue)

    with held_messages(json.dumps(EVENT).encode()):
        during = [bool(message.timeouts) for message in queue.messages]

    assert during == held
    expected = [[12 * 60 * 60, 30] if each else [] for each in held]
    assert [message.timeouts for message in queue.messages] == expected


def test_deleted_messages_stay_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = Queue()
    monkeypatch.setattr(module, "find_queue", lambda _arn: queue)

    with held_messages(json.dumps(EVENT).encode()):
        queue.inflight.clear()

    assert queue.messages[0].timeouts == [12 * 60 * 60]


@pytest.mark.parametrize("payload", NO_EVENTS)
def test_events_that_are_not_of_a_queue(payload: bytes) -> None:
    with held_messages(payload):
        pass


def test_repeated_calls_share_one_result() -> None:
    calls, made, release = RepeatedCalls(), threading.Semaphore(0), threading.Event()
    results = iter([1, 2])

    def call() -> int:
        made.release()
        release.wait()
        return next(results)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(calls.once, "same", call)
        made.acquire()
        second = pool.submit(calls.once, "same", call)
        release.set()
        assert (first.result(), second.result()) == (1, 1)
    assert calls.once("another", call) == 2


def test_failed_call_is_made_again() -> None:
    calls = RepeatedCalls()

    def fail() -> None:
        raise ValueError("throttled")

    with pytest.raises(ValueError, match="throttled"):
        calls.once("same", fail)
    assert calls.once("same", lambda: 1) == 1
    assert calls.once(None, lambda: 2) == 2
