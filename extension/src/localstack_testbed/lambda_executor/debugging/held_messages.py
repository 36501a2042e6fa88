"""Messages of SQS queues that stay invisible while a debugged function processes them.

Without this, a message would become visible again while the function is stopped at a breakpoint,
and be delivered a second time. Like any consumer, the event source mapping may extend the
visibility timeout of messages, up to twelve hours:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
"""

import contextlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from localstack_testbed.timing.queue_waiting import find_queue

LONGEST_SECONDS = 12 * 60 * 60


@contextmanager
def held_messages(payload: bytes) -> Iterator[None]:
    """Keep an event's messages invisible, and give them a new visibility timeout afterwards.

    A FIFO queue delivers a batch by groups, one after the other, so all its received messages are
    kept.
    """
    held = [(queue, message) for queue, message in _messages(payload) if message in queue.inflight]
    for queue, message in held:
        with queue.mutex:
            message.update_visibility_timeout(LONGEST_SECONDS)
    try:
        yield
    finally:
        for queue, message in held:
            with queue.mutex:
                if message in queue.inflight:
                    message.update_visibility_timeout(queue.visibility_timeout)


def _messages(payload: bytes) -> Iterator[tuple[Any, Any]]:
    queues: dict[str, Any] = {}
    for arn, receipt in _receipts(payload):
        if arn not in queues:
            with contextlib.suppress(Exception):  # of events that only look like a queue's
                queues[arn] = find_queue(arn)
        queue = queues.get(arn)
        if queue is None:
            continue
        if hasattr(queue, "message_group_queue"):
            yield from ((queue, message) for message in list(queue.inflight))
            queues[arn] = None
        elif message := queue.receipts.get(receipt):
            yield queue, message


def _receipts(payload: bytes) -> Iterator[tuple[str, str]]:
    """Yield the queues' ARNs and the receipt handles in an event."""
    if b"aws:sqs" not in payload:
        return
    with contextlib.suppress(ValueError, RecursionError):
        event = json.loads(payload)
        records = event.get("Records") if isinstance(event, dict) else None
        for record in records if isinstance(records, list) else ():
            match record:
                case {
                    "eventSource": "aws:sqs",
                    "eventSourceARN": str(arn),
                    "receiptHandle": str(receipt),
                }:
                    yield arn, receipt
