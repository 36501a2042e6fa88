"""Event source mappings of SQS queues deliver at once, like AWS's long polling.

LocalStack's pollers sleep a second after each poll, and up to ten after polls that found
nothing. AWS waits at the queue: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html.

Here a poller waits, in LocalStack's process, until its queue has a message, and polls then.
Unlike a long poll over HTTP this costs nothing while a queue is silent, and a mapping that is
disabled or deleted, or LocalStack's shutdown, ends it at once. A batching window begins, as on
AWS, with the first message. What fails is left to LocalStack's own back-off.

Setting: ``TESTBED_EVENT_SOURCE_MAPPING`` (``0`` switches the module off).
"""

import threading
from collections.abc import Callable
from typing import Any

from localstack.runtime import hooks
from localstack.utils.patch import patch

from localstack_testbed.on_import import on_import
from localstack_testbed.switches import switch

# A queue may be replaced by another one of its name, so waiting begins anew now and then.
WAIT_LIMIT_SECONDS = 20


@hooks.on_infra_start(should_load=switch("TESTBED_EVENT_SOURCE_MAPPING"), priority=100)
def deliver_at_once() -> None:
    """Patch LocalStack's SQS poller and the worker that runs it, when LocalStack loads them."""
    on_import("localstack.services.lambda_.event_source_mapping.esm_worker", _patch)


def _patch() -> None:
    from localstack.services.lambda_.event_source_mapping.esm_worker import EsmWorker
    from localstack.services.lambda_.event_source_mapping.pollers.sqs_poller import SqsPoller

    @patch(EsmWorker.poller_loop)
    def poller_loop(original: Callable[..., None], self: Any, *args: Any, **kwargs: Any) -> None:
        if isinstance(self.poller, SqsPoller):
            _waits[self.poller] = _Wait(self._shutdown_event)
        try:
            original(self, *args, **kwargs)
        finally:
            _waits.pop(self.poller, None)

    @patch(SqsPoller.poll_events)
    def poll_events(original: Callable[[Any], None], self: Any) -> None:
        wait = _waits.get(self)
        if wait is None:
            original(self)
        else:
            wait.poll(self, original)

    @patch(EsmWorker.stop)
    def stop(original: Callable[[Any], None], self: Any) -> None:
        original(self)
        _wake(self.poller)

    @patch(EsmWorker.delete)
    def delete(original: Callable[[Any], None], self: Any) -> None:
        original(self)
        _wake(self.poller)

    @patch(EsmWorker.stop_for_shutdown)
    def stop_for_shutdown(original: Callable[[Any], None], self: Any) -> None:
        original(self)
        _wake(self.poller)


class _Wait:
    """How one poller waits for its queue, until ``stopped`` is set."""

    def __init__(self, stopped: threading.Event) -> None:
        self._stopped = stopped
        self._failed = False

    def poll(self, poller: Any, poll_once: Callable[[Any], None]) -> None:
        """Poll whenever the queue has a message; return when stopped, or once after a failure.

        After a failure the worker has to see a poll succeed, which ends its back-off.
        """
        from localstack.services.lambda_.event_source_mapping.pollers.poller import (
            EmptyPollResultsException,
        )

        while not self._stopped.is_set():
            if not self._wait_for_message(poller.source_arn):
                # Without a queue to wait at, the worker backs off.
                self._failed = True
                poll_once(poller)
                return
            if self._stopped.is_set():
                return
            try:
                poll_once(poller)
            except EmptyPollResultsException:
                # Another consumer was faster.
                continue
            except Exception:
                self._failed = True
                raise
            if self._failed:
                self._failed = False
                return

    def _wait_for_message(self, queue_arn: str) -> bool:
        """Wait for a message, or to be stopped; false if there is no queue to wait at."""
        waiting_line = _waiting_line(queue_arn)
        if waiting_line is None:
            return False
        with waiting_line.not_empty:
            waiting_line.not_empty.wait_for(
                lambda: (
                    waiting_line.qsize_unlocked() or waiting_line.closed() or self._stopped.is_set()
                ),
                timeout=WAIT_LIMIT_SECONDS,
            )
            if waiting_line.qsize_unlocked():
                # A new message wakes one waiter; if others wait too, they are to see it as well.
                waiting_line.not_empty.notify()
            return not waiting_line.closed()


class _WaitingLine:
    """The part of an SQS queue where receivers wait: its visible messages or message groups."""

    def __init__(self, queue: Any) -> None:
        self._queue = queue
        self.not_empty: threading.Condition = queue.not_empty

    def qsize_unlocked(self) -> int:
        return int(self._queue._qsize())

    def closed(self) -> bool:
        return bool(self._queue.is_shutdown)


_waits: dict[Any, _Wait] = {}


def _waiting_line(queue_arn: str) -> _WaitingLine | None:
    from localstack.services.sqs.models import FifoQueue, sqs_stores
    from localstack.utils.aws.arns import parse_arn

    arn = parse_arn(queue_arn)
    queue = sqs_stores[arn["account"]][arn["region"]].queues.get(arn["resource"])
    if queue is None:
        return None
    return _WaitingLine(
        queue.message_group_queue if isinstance(queue, FifoQueue) else queue.visible
    )


def _wake(poller: Any) -> None:
    waiting_line = _waiting_line(poller.source_arn) if poller in _waits else None
    if waiting_line is not None:
        with waiting_line.not_empty:
            waiting_line.not_empty.notify_all()
