"""Standard queues deliver at least once, and in about the order of sending; here they show it.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html

A message that is to come twice leaves a copy in the queue when it is received first: of the same
message id, and not gone when the original is deleted. A message that is to come late waits until
the next one has been sent, and comes after it; or, if none is sent, for a limited time.
"""

import copy
import threading
import time
from collections.abc import Callable
from typing import Any

from localstack_testbed.faults.registry import FAULTS, Registry
from localstack_testbed.faults.rules import Call, Rule
from localstack_testbed.hooks.patching import patch
from localstack_testbed.hooks.shared_patches import PUT_MESSAGE, RECEIVE_MESSAGES
from localstack_testbed.timing.queue_waiting import find_queue


def patch_queues(registry: Registry = FAULTS) -> None:
    """Patch LocalStack's standard queues."""
    from localstack.services.sqs.models import SqsMessage, StandardQueue

    class Copy(SqsMessage):
        """A message for a second time: another object than the first, though of its id."""

        __eq__ = object.__eq__
        __hash__ = object.__hash__

    def copy_of(message: Any) -> Any:
        made = copy.copy(message)
        made.__class__ = Copy
        made.message = copy.deepcopy(message.message)
        made.receipt_handles = set()
        made.visibility_deadline = None
        return made

    late = _LateMessages()

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
        if late.has_one_of(self):
            original(self, message)
            late.release(self, original)
            return
        if registry.active and message.receive_count == 0 and _is_public(self):
            hits = registry.hit(_received(self), "reorder")
            if hits:
                late.hold(self, message, hits[0], original)
                return
        original(self, message)

    @patch(StandardQueue.clear)
    def clear(original: Callable[[Any], None], self: Any) -> None:
        late.forget(self)
        original(self)


class _LateMessages:
    """Messages that wait to be overtaken: at most one in a queue."""

    def __init__(self) -> None:
        self.waiting: dict[int, tuple[Any, Any]] = {}
        self._lock = threading.Lock()

    def hold(self, queue: Any, message: Any, rule: Rule, put: Callable[..., None]) -> None:
        """Keep a message until another overtakes it, the rule ends, or its seconds are over."""
        with self._lock:
            overtaken = self.waiting.get(id(queue))
            self.waiting[id(queue)] = (queue, message)
        if overtaken:
            put(queue, overtaken[1])

        def wait() -> None:
            rule.ended.wait(rule.seconds)
            if self._take(queue, message):
                put(queue, message)

        threading.Thread(target=wait, name="late-message", daemon=True).start()

    def has_one_of(self, queue: Any) -> bool:
        """Tell whether a message of a queue waits."""
        return id(queue) in self.waiting

    def release(self, queue: Any, put: Callable[..., None]) -> None:
        """Put the message that waited after all others."""
        found = self.waiting.get(id(queue))
        if found and self._take(*found):
            message = found[1]
            message.priority = time.time()
            put(queue, message)

    def forget(self, queue: Any) -> None:
        with self._lock:
            self.waiting.pop(id(queue), None)

    def _take(self, queue: Any, message: Any) -> bool:
        with self._lock:
            found = self.waiting.get(id(queue))
            if found is None or found[1] is not message:
                return False
            del self.waiting[id(queue)]
            return True


def _received(queue: Any) -> Call:
    return Call("sqs", "ReceiveMessage", (queue.name, queue.arn))


def _is_public(queue: Any) -> bool:
    """Whether a queue is one of the account's; Lambda has some of its own inside LocalStack."""
    return find_queue(queue.arn) is queue
