"""The poller of asynchronous events.

LocalStack keeps the events of each function version in an internal queue. Its poller blocks for two
seconds at a time, which delays updates, deletions and shutdown; it also receives more events than
it can run, and loses or repeats the others. Here the poller waits until there is an event that can
run, or until it is stopped. ``asynchronous_events`` processes the events.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from localstack_testbed.hooks.patching import patch
from localstack_testbed.lambda_service.asynchronous_events import (
    EventHandler,
    count_received,
)
from localstack_testbed.timing.activity import ACTIVITY
from localstack_testbed.timing.queue_waiting import wait_for_message, wake

LOG = logging.getLogger(__name__)

FAILURE_PAUSE_SECONDS = 1
# Concurrent events of a function version. On AWS only the account's concurrency limits them, which
# would be too many processes for one machine.
MAX_CONCURRENT_EVENTS = 32
STOP_CHECK_SECONDS = 0.5
# A received event must not become visible again before it is processed.
VISIBILITY_TIMEOUT_SECONDS = 12 * 60 * 60


def patch_poller() -> None:
    """Replace how a poller receives and processes the events of a function version."""
    from localstack.services.lambda_.invocation.event_manager import LambdaEventManager, Poller
    from localstack.services.lambda_.invocation.internal_sqs_queue import get_fake_sqs_client

    def queue_of(poller: Any) -> Any:
        return get_fake_sqs_client().queue_manager.queues.get(poller.event_queue_url)

    @patch(Poller.__init__)
    def init(original: Callable[..., None], self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.invoker_pool = ThreadPoolExecutor(MAX_CONCURRENT_EVENTS, "lambda-events")
        self.free = threading.Semaphore(MAX_CONCURRENT_EVENTS)

    def take(poller: Any) -> None:
        """Wait until there is an event and a free worker, and start processing it."""
        stopped = poller._shutdown_event
        if not poller.free.acquire(timeout=STOP_CHECK_SECONDS):
            return
        started = False
        try:
            wait_for_message(queue_of(poller), stopped)
            if stopped.is_set():
                return
            with ACTIVITY.working():
                for message in _receive(poller.event_queue_url):
                    started = _start(poller, message)
        finally:
            if not started:
                poller.free.release()

    @patch(Poller.run, pass_target=False)
    def run(self: Any, *args: Any, **kwargs: Any) -> None:
        stopped = self._shutdown_event
        while not stopped.is_set():
            try:
                take(self)
            except Exception as error:
                if stopped.is_set():
                    return
                arn = self.version_manager.function_version.qualified_arn
                LOG.error("Cannot receive asynchronous events of %s: %s", arn, error)
                stopped.wait(FAILURE_PAUSE_SECONDS)

    @patch(Poller.stop)
    def stop(original: Callable[[Any], None], self: Any) -> None:
        original(self)
        wake(queue_of(self))

    @patch(Poller.handle_message, pass_target=False)
    def handle_message(self: Any, message: dict[str, Any]) -> None:
        handler = EventHandler(self.version_manager, self.event_queue_url)
        try:
            handler.handle(message["Body"])
        except Exception as error:
            arn = self.version_manager.function_version.qualified_arn
            LOG.error("Cannot process an asynchronous event of %s: %s", arn, error)
        finally:
            self.free.release()
            try:
                get_fake_sqs_client().delete_message(self.event_queue_url, message["ReceiptHandle"])
            finally:
                ACTIVITY.done()

    @patch(LambdaEventManager.enqueue_event)
    def enqueue_event(original: Callable[..., None], self: Any, invocation: Any) -> None:
        original(self, invocation)
        count_received(self.version_manager.function_version, invocation)


def _receive(queue_url: str) -> list[dict[str, Any]]:
    from localstack.services.lambda_.invocation.internal_sqs_queue import get_fake_sqs_client

    response = get_fake_sqs_client().receive_message(
        QueueUrl=queue_url,
        MaxNumberOfMessages=1,
        VisibilityTimeout=VISIBILITY_TIMEOUT_SECONDS,
    )
    return response.get("Messages") or []


def _start(poller: Any, message: dict[str, Any]) -> bool:
    """Submit an event to the workers; put it back into the queue if the poller is stopping."""
    from localstack.services.lambda_.invocation.internal_sqs_queue import get_fake_sqs_client

    ACTIVITY.add()  # until the event has been processed
    try:
        poller.invoker_pool.submit(poller.handle_message, message)
    except RuntimeError:
        ACTIVITY.done()
        client = get_fake_sqs_client()
        client.send_message(QueueUrl=poller.event_queue_url, MessageBody=message["Body"])
        return False
    return True
