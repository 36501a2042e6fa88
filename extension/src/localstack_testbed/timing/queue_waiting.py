"""Wait in LocalStack's process until an SQS queue has a message.

Unlike a long poll over HTTP this costs nothing while the queue is silent, ends at once when
whoever waits is to stop, and takes no message with it then.
"""

import threading
from typing import Any

# A queue may be replaced by another one of its name, so waiting begins anew now and then.
WAIT_LIMIT_SECONDS = 20


def find_queue(arn: str) -> Any:
    """Return LocalStack's object for a queue, or None."""
    from localstack.services.sqs.models import sqs_stores
    from localstack.utils.aws.arns import parse_arn

    parts = parse_arn(arn)
    return sqs_stores[parts["account"]][parts["region"]].queues.get(parts["resource"])


def wait_for_message(queue: Any, stopped: threading.Event) -> bool:
    """Wait until a queue has a message or ``stopped`` is set and ``wake`` called, 20 s at most.

    Returns
    -------
    bool
        False if there is no queue to wait at: it was deleted, or LocalStack is shutting down.
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
            # A new message wakes one waiter; if others wait too, they are to see it as well.
            receivers.not_empty.notify()
        return not receivers.is_shutdown


def gather_messages(queue: Any, count: int, window: float, stopped: threading.Event) -> None:
    """Wait until a standard queue has ``count`` messages, at most ``window`` seconds."""
    with queue.visible.not_empty:
        queue.visible.not_empty.wait_for(
            lambda: queue.visible._qsize() >= count or stopped.is_set(), timeout=window
        )


def wake(queue: Any) -> None:
    """Make those who wait for a queue look whether they are to stop."""
    if queue is not None:
        receivers = _receivers(queue)
        with receivers.not_empty:
            receivers.not_empty.notify_all()


def _receivers(queue: Any) -> Any:
    """Return the structure at which receivers of a queue wait: FIFO queues have another one."""
    return queue.message_group_queue if hasattr(queue, "message_group_queue") else queue.visible
