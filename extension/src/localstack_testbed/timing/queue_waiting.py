"""Waiting for messages of an SQS queue, inside LocalStack's process.

Unlike a long poll over HTTP, it costs nothing while the queue is empty, can be interrupted at any
time, and never takes a message with it when it is.
"""

import threading
from typing import Any

# A queue can be replaced by another one of the same name, so waiting restarts from time to time.
WAIT_LIMIT_SECONDS = 20


def find_queue(arn: str) -> Any:
    """Return LocalStack's object for a queue, or None."""
    from localstack.services.sqs.models import sqs_stores
    from localstack.utils.aws.arns import parse_arn

    parts = parse_arn(arn)
    return sqs_stores[parts["account"]][parts["region"]].queues.get(parts["resource"])


def wait_for_message(queue: Any, stopped: threading.Event) -> bool:
    """Wait until a queue has a message, or ``stopped`` is set and ``wake`` is called; at most 20 s.

    Returns
    -------
    bool
        False if the queue is gone: it was deleted, or LocalStack is shutting down.
    """
    if queue is None:
        return False
    receivers = _receivers(queue)
    with receivers.not_empty:
        receivers.not_empty.wait_for(
            lambda: receivers._qsize() or receivers.is_shutdown or stopped.is_set(),
            timeout=WAIT_LIMIT_SECONDS,
        )
        if receivers._qsize():
            # A new message wakes one waiter only, and others must see it, too.
            receivers.not_empty.notify()
        return not receivers.is_shutdown


def gather_messages(queue: Any, count: int, window: float, stopped: threading.Event) -> None:
    """Wait until a standard queue has ``count`` messages, at most ``window`` seconds."""
    with queue.visible.not_empty:
        queue.visible.not_empty.wait_for(
            lambda: queue.visible._qsize() >= count or stopped.is_set(), timeout=window
        )


def wake(queue: Any) -> None:
    """Make all waiters of a queue check ``stopped``."""
    if queue is not None:
        receivers = _receivers(queue)
        with receivers.not_empty:
            receivers.not_empty.notify_all()


def _receivers(queue: Any) -> Any:
    """Return the structure in which receivers of a queue wait: FIFO queues have another one."""
    return queue.message_group_queue if hasattr(queue, "message_group_queue") else queue.visible
