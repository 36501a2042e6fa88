"""Tasks that move messages from a dead-letter queue to other queues.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html

LocalStack runs them in threads, at up to 500 messages a second or as few as one.
"""

from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch
from localstack_testbed.reset.stores import provider_of
from localstack_testbed.timing.activity import ACTIVITY


def patch_tasks() -> None:
    """Count the tasks that have not finished."""
    from localstack.services.sqs.provider import MessageMoveTaskManager

    @patch(MessageMoveTaskManager.__init__)
    def init(original: Callable[..., None], self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.executor.submit = ACTIVITY.counted(self.executor.submit)


def cancel_moves() -> None:
    """Let all tasks end after the message that they are moving."""
    provider = provider_of("sqs")
    if provider is not None:
        for task in list(provider._message_move_task_manager.move_tasks.values()):
            task.cancel_event.set()
