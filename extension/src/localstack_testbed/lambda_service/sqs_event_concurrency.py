"""Concurrent batches in the event source mappings of standard SQS queues.

AWS starts with five concurrent batches, and scales up to the mapping's ``MaximumConcurrency`` while
the queue has messages: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html.
LocalStack processes one batch at a time. Here a mapping processes ``MaximumConcurrency`` batches at
a time, or five if it is not set; other messages stay in the queue. FIFO queues keep LocalStack's
behavior, which preserves their order.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch
from localstack_testbed.hooks.shared_patches import POLL_QUEUE, RUN_POLLER
from localstack_testbed.timing.activity import ACTIVITY

LOG = logging.getLogger(__name__)

DEFAULT_CONCURRENT_BATCHES = 5
# How often a poller that waits for a batch to finish checks whether it is stopped.
STOP_CHECK_SECONDS = 0.5


class _Batches:
    """The limit of concurrent batches of an event source mapping."""

    def __init__(self, maximum: int) -> None:
        self._free = threading.Semaphore(maximum)
        self._reserved = False

    def reserve(self) -> bool:
        """Reserve a batch; return False if none became free within ``STOP_CHECK_SECONDS``."""
        self._reserved = self._free.acquire(timeout=STOP_CHECK_SECONDS)
        return self._reserved

    def start(self, process: Callable[[], None]) -> None:
        """Process a batch in a thread; wait first if a poll returned more than the reserved one."""
        if not self._reserved:
            self._free.acquire()
        self._reserved = False

        def run() -> None:
            try:
                process()
            except Exception as error:
                LOG.warning("Cannot process a batch of messages: %s", error)
            finally:
                self._free.release()
                ACTIVITY.done()

        ACTIVITY.add()

        threading.Thread(target=run, name="sqs-event-batch", daemon=True).start()

    def release_unused(self) -> None:
        """Release the reservation if no batch was started."""
        if self._reserved:
            self._reserved = False
            self._free.release()


def patch_worker() -> None:
    """Let the pollers of SQS queues process several batches at the same time."""
    from localstack.services.lambda_.event_source_mapping.pollers.poller import (
        EmptyPollResultsException,
    )
    from localstack.services.lambda_.event_source_mapping.pollers.sqs_poller import SqsPoller

    @RUN_POLLER.wrap
    def poller_loop(original: Callable[..., None], self: Any, *args: Any, **kwargs: Any) -> None:
        scaling = self.esm_config.get("ScalingConfig") or {}
        maximum = scaling.get("MaximumConcurrency") or DEFAULT_CONCURRENT_BATCHES
        self.poller.batches = _Batches(maximum)
        original(self, *args, **kwargs)

    def batches_of(poller: Any) -> _Batches | None:
        """Return None for FIFO queues and pipes, which process one batch at a time."""
        batches: _Batches | None = getattr(poller, "batches", None)
        return None if batches is None or poller.source_arn.endswith(".fifo") else batches

    @POLL_QUEUE.wrap
    def poll_events(original: Callable[[Any], None], self: Any) -> None:
        batches = batches_of(self)
        if batches is None:
            original(self)
            return
        if not batches.reserve():
            raise EmptyPollResultsException(service="sqs", source_arn=self.source_arn)
        try:
            original(self)
        finally:
            batches.release_unused()

    @patch(SqsPoller.handle_messages)
    def handle_messages(original: Callable[..., None], self: Any, messages: Any) -> None:
        batches = batches_of(self)
        with ACTIVITY.working():
            messages = [each for each in messages if not _is_out_of_date(each)]
            if not messages:
                return
            if batches is None:
                original(self, messages)
            else:
                batches.start(lambda: original(self, messages))


def _is_out_of_date(message: Any) -> bool:
    """Return whether a message was received before a reset, and is not in its queue any more."""
    return int(message["Attributes"]["SentTimestamp"]) < ACTIVITY.last_reset * 1000
