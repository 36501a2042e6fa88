"""Retries of failed SNS deliveries, according to AWS's delivery policies.

LocalStack does not retry. https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html

Only server-side errors are retried. Client-side errors (the queue was deleted, access is denied)
send the message to the dead-letter queue immediately, other errors after the last attempt:
https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html

AWS managed endpoints (SQS, Lambda, Firehose) are retried 3 times immediately, 2 times after a
second, 10 times after 1 to 20 seconds, and 100,000 times after 20 seconds; email, SMS and mobile
push less often. HTTP(S) endpoints, which can have custom policies, and FIFO topics keep
LocalStack's behavior.
"""

import logging
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from localstack_testbed.hooks.patching import patch, replace
from localstack_testbed.hooks.settings import SNS_RETRY_SECONDS
from localstack_testbed.journal.causes import caused_by, new_id
from localstack_testbed.journal.journal import milliseconds_since, record
from localstack_testbed.sns.delivery_policies import POLICIES
from localstack_testbed.timing.activity import ACTIVITY
from localstack_testbed.timing.delayed_calls import DelayedCalls

LOG = logging.getLogger(__name__)

WAITING_LIMIT = 10_000
"""Maximum number of deliveries that wait for a retry; others are not retried."""

RETRY_WORKERS = 4


def is_retryable(error: BaseException | None) -> bool:
    """Return whether an error is a server-side error, and not a client-side one."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = str(error.response.get("Error", {}).get("Code", ""))
        return status >= 500 or status == 429 or "Throttl" in code
    return isinstance(error, BotoCoreError)


class _Attempt(threading.local):
    """The current thread's attempt: whether a retry is left, and whether one is needed."""

    retryable = False
    failed = False
    error: BaseException | None = None


class _Deliveries:
    """Makes delivery attempts and schedules retries."""

    def __init__(self) -> None:
        self.attempt = _Attempt()
        self._later = DelayedCalls("sns-retries")
        self._lock = threading.Lock()
        self._workers: ThreadPoolExecutor | None = None

    def deliver(self, publisher: Any, context: Any, subscriber: Any, first: int = 1) -> None:
        """Deliver a message; make immediate retries, or schedule the next one."""
        policy = POLICIES[subscriber["Protocol"]]
        for number in count(first):
            delay = policy.delay_before(number)
            can_retry = delay is not None and (delay == 0 or len(self._later) < WAITING_LIMIT)
            if not self._try(publisher, context, subscriber, can_retry, number) or delay is None:
                return
            if delay > 0:
                self._schedule_retry(
                    delay * SNS_RETRY_SECONDS.value(), publisher, context, subscriber, number + 1
                )
                return

    def _try(
        self, publisher: Any, context: Any, subscriber: Any, retryable: bool, number: int
    ) -> bool:
        """Make one attempt, and return whether to retry."""
        attempt, moment, hop = self.attempt, time.time(), new_id()
        attempt.retryable, attempt.failed, attempt.error = retryable, False, None
        try:
            with caused_by(hop):
                publisher._publish(context=context, subscriber=subscriber)
        except Exception as error:
            LOG.warning("Cannot deliver to %s: %s", subscriber["Endpoint"], error)
            attempt.failed, attempt.error = retryable and is_retryable(error), error
        finally:
            attempt.retryable = False
        message = getattr(context, "message", None)
        record(
            "delivery",
            moment,
            id=hop,
            causes=[message.message_id] if message else [],
            service="sns",
            source=subscriber["TopicArn"],
            resource=subscriber["Endpoint"],
            attempt=number,
            status="failed" if attempt.error else "delivered",
            message=str(attempt.error or ""),
            ms=milliseconds_since(moment),
        )
        return attempt.failed

    def _schedule_retry(
        self, seconds: float, publisher: Any, context: Any, subscriber: Any, number: int
    ) -> None:
        with self._lock:
            self._workers = self._workers or ThreadPoolExecutor(RETRY_WORKERS, "sns-retry")
            submit = ACTIVITY.counted(self._workers.submit)

        def resume() -> None:
            if subscriber["SubscriptionArn"] in context.store.subscriptions:
                submit(self.deliver, publisher, context, subscriber, number)

        self._later.add(seconds, resume)


def patch_publishers() -> None:
    """Retry failed deliveries according to the delivery policies."""
    from localstack.services.sns import publisher

    from localstack_testbed.requests.single_attempts import SingleAttempts

    deliveries = _Deliveries()

    def after_failure(*args: Any, **kwargs: Any) -> None:
        """Send the message to the dead-letter queue unless it will be retried.

        LocalStack calls this while it handles the error of a failed attempt.
        """
        attempt = deliveries.attempt
        attempt.error = sys.exception()
        if attempt.retryable and is_retryable(sys.exception()):
            attempt.failed = True
        else:
            send_dead_letter(*args, **kwargs)

    send_dead_letter = replace(publisher, "sns_error_to_dead_letter_queue", after_failure)
    replace(publisher, "connect_to", SingleAttempts())

    @patch(publisher.PublishDispatcher.__init__)
    def init(original: Callable[..., None], self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        for executor in (self.executor, self.topic_partitioned_executor):
            executor.submit = ACTIVITY.counted(executor.submit)

    @patch(publisher.TopicPublisher.publish)
    def publish(original: Callable[..., None], self: Any, context: Any, subscriber: Any) -> None:
        if subscriber["Protocol"] in POLICIES and not subscriber["TopicArn"].endswith(".fifo"):
            deliveries.deliver(self, context, subscriber)
        else:
            original(self, context=context, subscriber=subscriber)
