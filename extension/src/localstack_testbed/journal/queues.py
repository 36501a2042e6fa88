"""Journal entries of messages in SQS queues: sent, received, visible again, dead-lettered, deleted.

A message keeps its id in the dead-letter queue, as on AWS.
"""

from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch
from localstack_testbed.hooks.shared_patches import PUT_MESSAGE, RECEIVE_MESSAGES
from localstack_testbed.journal.causes import current_causes
from localstack_testbed.journal.journal import record
from localstack_testbed.timing.queue_waiting import find_queue


def patch_queues() -> None:
    """Patch LocalStack's queues, of both kinds."""
    from localstack.services.sqs.models import FifoQueue, StandardQueue

    def put(original: Callable[..., Any], self: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_public(self):
            return original(self, *args, **kwargs)
        # The entry comes first: a waiting consumer receives the message before `put` returns.
        message = kwargs.get("message") or args[0]
        _record(self, "sent", message["MessageId"], causes=current_causes())
        return original(self, *args, **kwargs)

    def receive(original: Callable[..., Any], self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        if (result.successful or result.dead_letter_messages) and _is_public(self):
            for message in result.successful:
                _record_moved(self, "received", message, count=message.receive_count)
            for message in result.dead_letter_messages:
                _record_moved(self, "dead-lettered", message, count=message.receive_count - 1)
        return result

    def put_message(original: Callable[..., Any], self: Any, message: Any) -> Any:
        if message.receive_count and _is_public(self):
            _record_moved(self, "returned", message, count=message.receive_count)
        return original(self, message)

    def on_remove_message(original: Callable[..., Any], self: Any, message: Any) -> Any:
        if _is_public(self):
            _record_moved(self, "deleted", message)
        return original(self, message)

    RECEIVE_MESSAGES.wrap(receive)
    PUT_MESSAGE.wrap(put_message)
    patch(FifoQueue.receive)(receive)
    patch(FifoQueue._put_message)(put_message)
    for queue in (StandardQueue, FifoQueue):
        kind: Any = queue
        patch(kind.put)(put)
        patch(kind._on_remove_message)(on_remove_message)


def _record_moved(queue: Any, action: str, message: Any, **fields: Any) -> None:
    _record(queue, action, message.message_id, causes=[message.message_id], **fields)


def _record(queue: Any, action: str, message: str, **fields: Any) -> None:
    record(
        "queue",
        id=message,
        resource=queue.name,
        action=action,
        account=queue.account_id,
        region=queue.region,
        **fields,
    )


def _is_public(queue: Any) -> bool:
    """Whether a queue belongs to an account; Lambda in LocalStack has internal ones."""
    return find_queue(queue.arn) is queue
