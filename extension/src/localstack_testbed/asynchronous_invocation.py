"""Asynchronous invocations: what waits for events ends when it is told to.

LocalStack keeps the events of each function version in a queue of its own and waits at it for two
seconds at a time, and updates, deletions and its shutdown wait for the end of that. Here the
poller waits until there is an event, or until it is to stop.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html

Setting: ``TESTBED_ASYNCHRONOUS_INVOCATION`` (``0`` switches the module off).
"""

import logging
from collections.abc import Callable
from typing import Any

from localstack_testbed.decorators import on_infra_start, patch
from localstack_testbed.on_import import on_import
from localstack_testbed.queue_waiting import wait_for_message, wake
from localstack_testbed.switches import switch

LOG = logging.getLogger(__name__)

FAILURE_PAUSE_SECONDS = 1


@on_infra_start(should_load=switch("TESTBED_ASYNCHRONOUS_INVOCATION"))
def stop_polling_at_once() -> None:
    """Patch what polls the events of a function version, when LocalStack loads it."""
    on_import("localstack.services.lambda_.invocation.event_manager", _patch)


def _patch() -> None:
    from localstack.services.lambda_.invocation.event_manager import Poller
    from localstack.services.lambda_.invocation.internal_sqs_queue import get_fake_sqs_client

    def queue_of(poller: Any) -> Any:
        return get_fake_sqs_client().queue_manager.queues.get(poller.event_queue_url)

    @patch(Poller.run, pass_target=False)
    def run(self: Any, *args: Any, **kwargs: Any) -> None:
        version = self.version_manager.function_version
        stopped = self._shutdown_event
        while not stopped.is_set():
            try:
                wait_for_message(queue_of(self), stopped)
                if stopped.is_set():
                    return
                response = get_fake_sqs_client().receive_message(
                    QueueUrl=self.event_queue_url,
                    MaxNumberOfMessages=10,
                    VisibilityTimeout=version.config.timeout + 60,
                )
                for message in response.get("Messages") or []:
                    self.invoker_pool.submit(self.handle_message, message)
            except Exception as error:
                if stopped.is_set():
                    return
                LOG.error("Cannot poll the events of %s: %s", version.qualified_arn, error)
                stopped.wait(FAILURE_PAUSE_SECONDS)

    @patch(Poller.stop)
    def stop(original: Callable[[Any], None], self: Any) -> None:
        original(self)
        wake(queue_of(self))
