"""Faults of standard queues: duplicate messages, and messages in another order than sent.

Standard queues deliver at least once and in best-effort order:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html

A duplicate is a copy with the same message id, added when the message is received for the first
time; deleting the original does not delete it. A reordered message is held back until the next one
was sent, or for a limited time.
"""

import copy
import threading
import time
from collections.abc import Callable
from typing import Any

from localstack_testbed.faults.registry import FAULTS, Registry
from localstack_testbed.faults.rules import Rule
from localstack_testbed.hooks.patching import patch
from localstack_testbed.hooks.shared_patches import PUT_MESSAGE, RECEIVE_MESSAGES
from localstack_testbed.requests.calls import Call
from localstack_testbed.timing.queue_waiting import find_queue


def patch_queues(registry: Registry = FAULTS) -> None:
    """Patch LocalStack's standard queues."""
    from localstack.services.sqs.models import SqsMessage, StandardQueue

    class Copy(SqsMessage):
        """A duplicate, which is not equal to its original despite the same id."""

        __eq__ = object.__eq__
        __hash__ = object.__hash__

    def copy_of(message: Any) -> Any:
        made = copy.copy(message)
        made.__class__ = Copy
        made.message = copy.deepcopy(message.message)
        made.receipt_handles = set()
        made.visibility_deadline = None
        return made

    @RECEIVE_MESSAGES.wrap
    def receive(original: Callable[..., Any], self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        if registry.active and result.successful and _is_public(self):
            for message in result.successful:
                if not isinstance(message, Copy) and message.receive_count == 1:
                    for _ in registry.hit(_received(self), "duplicate"):
                        self.visible.put_nowait(copy_of(message))
        return result

    @PUT_MESSAGE.wrap
    def put_message(original: Callable[..., None], self: Any, message: Any) -> None:
        if HELD.has_one_of(self):
            original(self, message)
            HELD.release(self, original)
            return
        if registry.active and message.receive_count == 0 and _is_public(self):
            hits = registry.hit(_received(self), "reorder")
            if hits:
                HELD.hold(self, message, hits[0], original)
                return
        original(self, message)

    @patch(StandardQueue.clear)
    def clear(original: Callable[[Any], None], self: Any) -> None:
        HELD.forget(self)
        original(self)


class _HeldMessages:
    """Messages that are held back until the next one is sent: at most one per queue."""

    def __init__(self) -> None:
        self.waiting: dict[int, tuple[Any, Any]] = {}
        self._lock = threading.Lock()

    def hold(self, queue: Any, message: Any, rule: Rule, put: Callable[..., None]) -> None:
        """Hold a message until the next one is sent, the rule is removed, or its time is over."""
        with self._lock:
            previous = self.waiting.get(id(queue))
            self.waiting[id(queue)] = (queue, message)
        if previous:
            put(queue, previous[1])

        def wait() -> None:
            rule.removed.wait(rule.seconds)
            if self._take(queue, message):
                put(queue, message)

        threading.Thread(target=wait, name="held-message", daemon=True).start()

    def has_one_of(self, queue: Any) -> bool:
        """Return whether a message of a queue is held."""
        return id(queue) in self.waiting

    def release(self, queue: Any, put: Callable[..., None]) -> None:
        """Put the held message after all others."""
        found = self.waiting.get(id(queue))
        if found and self._take(*found):
            message = found[1]
            message.priority = time.time()
            put(queue, message)

    def forget(self, queue: Any) -> None:
        """Drop the held message of a queue."""
        with self._lock:
            self.waiting.pop(id(queue), None)

    def forget_all(self) -> None:
        """Drop all held messages."""
        with self._lock:
            self.waiting.clear()

    def _take(self, queue: Any, message: Any) -> bool:
        with self._lock:
            found = self.waiting.get(id(queue))
            if found is None or found[1] is not message:
                return False
            del self.waiting[id(queue)]
            return True


HELD = _HeldMessages()


def _received(queue: Any) -> Call:
    return Call("sqs", "ReceiveMessage", (queue.name, queue.arn))


def _is_public(queue: Any) -> bool:
    """Whether a queue belongs to an account; Lambda in LocalStack has internal ones."""
    return find_queue(queue.arn) is queue
