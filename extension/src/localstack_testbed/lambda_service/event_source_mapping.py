"""Long polling for the event source mappings of SQS queues.

LocalStack's pollers sleep for a second after each poll, and up to ten after empty ones. AWS uses
long polling: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html. Here a poller waits until
its queue has a message. As on AWS, a batching window starts with the first message. Disabling or
deleting a mapping, and LocalStack's shutdown, interrupt the wait. After failures, LocalStack's own
backoff applies.

LocalStack's pollers remove deleted mappings. A disabled mapping, which has no poller, would stay,
and no other one could have the same queue and function; here it is removed at once.
"""

import threading
from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch
from localstack_testbed.hooks.shared_patches import POLL_QUEUE, RUN_POLLER
from localstack_testbed.timing.queue_waiting import (
    find_queue,
    gather_messages,
    wait_for_message,
    wake,
)


def patch_worker() -> None:
    """Let the pollers of SQS queues wait for messages."""
    from localstack.services.lambda_.event_source_mapping.esm_worker import EsmWorker
    from localstack.services.lambda_.event_source_mapping.pollers.sqs_poller import SqsPoller

    @RUN_POLLER.wrap
    def poller_loop(original: Callable[..., None], self: Any, *args: Any, **kwargs: Any) -> None:
        if isinstance(self.poller, SqsPoller):
            _polling[self.poller] = _Polling(self._shutdown_event)
        try:
            original(self, *args, **kwargs)
        finally:
            _polling.pop(self.poller, None)

    @POLL_QUEUE.wrap
    def poll_events(original: Callable[[Any], None], self: Any) -> None:
        if self in _polling:
            _polling[self].poll(self, original)
        else:
            original(self)

    def end(original: Callable[[Any], None], self: Any) -> None:
        original(self)
        if self.poller in _polling:
            wake(find_queue(self.poller.source_arn))

    for method in (EsmWorker.stop, EsmWorker.stop_for_shutdown):
        patch(method)(end)

    @patch(EsmWorker.delete)
    def delete(original: Callable[[Any], None], self: Any) -> None:
        end(original, self)
        if self._poller_thread is None or not self._poller_thread.is_alive():
            self.delete_esm_in_store()


def has_failed(poller: Any) -> bool:
    """Return whether the last poll of a queue failed, so that the poller may be backing off."""
    return poller in _polling and _polling[poller].failed


class _Polling:
    """The polling of one queue, until ``stopped`` is set."""

    def __init__(self, stopped: threading.Event) -> None:
        self._stopped = stopped
        self.failed = False

    def poll(self, poller: Any, poll_once: Callable[[Any], None]) -> None:
        """Poll whenever the queue has a message, until stopped.

        Also return after the first successful poll that follows a failure, because that resets the
        worker's backoff.
        """
        from localstack.services.lambda_.event_source_mapping.pollers.poller import (
            EmptyPollResultsException,
        )

        while not self._stopped.is_set():
            queue = find_queue(poller.source_arn)
            if not wait_for_message(queue, self._stopped):
                # The queue does not exist: let the worker back off.
                self.failed = True
                poll_once(poller)
                return
            if poller.maximum_batching_window and not poller.is_fifo_queue:
                window = poller.maximum_batching_window
                gather_messages(queue, poller.batch_size, window, self._stopped)
            if self._stopped.is_set():
                return
            try:
                poll_once(poller)
            except EmptyPollResultsException:
                # Another consumer received the message.
                continue
            except Exception:
                self.failed = True
                raise
            if self.failed:
                self.failed = False
                return


_polling: dict[Any, _Polling] = {}
