"""SNS repeats deliveries that fail, by AWS's delivery policies; LocalStack gives up at once.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html

Only errors of the endpoint's side are repeated. Those of the subscription (the queue was deleted,
the request is refused) go to the dead-letter queue at once, and the others after the last attempt:
https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html

Endpoints at AWS (SQS, Lambda, Firehose) are tried again 3 times at once, 2 times after a second,
10 times after 1 to 20 seconds, and 100,000 times after 20 seconds; email, SMS and mobile push less
often. HTTP(S) endpoints, whose policy is the owner's, and FIFO topics are left to LocalStack.
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
from localstack_testbed.timing.delayed_calls import DelayedCalls

LOG = logging.getLogger(__name__)

WAITING_LIMIT = 10_000
"""Deliveries that may wait for their next attempt; further ones are given up at once."""

REPEATED_AT_ONCE = 4


def is_repeated(error: BaseException | None) -> bool:
    """Tell whether the endpoint's side failed, and not the request."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = str(error.response.get("Error", {}).get("Code", ""))
        return status >= 500 or status == 429 or "Throttl" in code
    return isinstance(error, BotoCoreError)


class _Attempt(threading.local):
    """The attempt that a thread makes: whether it may be repeated, and whether it is to be."""

    repeatable = False
    failed = False
    error: BaseException | None = None


class _Deliveries:
    """Makes the attempts, one after the other, and sees to the next one."""

    def __init__(self) -> None:
        self.attempt = _Attempt()
        self._later = DelayedCalls("sns-retries")
        self._waiting = 0
        self._lock = threading.Lock()
        self._workers: ThreadPoolExecutor | None = None

    def deliver(self, publisher: Any, context: Any, subscriber: Any, first: int = 1) -> None:
        """Try to deliver until it succeeds, is given up, or has to wait."""
        policy = POLICIES[subscriber["Protocol"]]
        for number in count(first):
            pause = policy.pause(number)
            may_wait = pause is not None and (pause == 0 or self._waiting < WAITING_LIMIT)
            if not self._try(publisher, context, subscriber, may_wait, number) or pause is None:
                return
            if pause > 0:
                self._wait(
                    pause * SNS_RETRY_SECONDS.value(), publisher, context, subscriber, number + 1
                )
                return

    def _try(
        self, publisher: Any, context: Any, subscriber: Any, repeatable: bool, number: int
    ) -> bool:
        """Make one attempt, and tell whether it is to be repeated."""
        attempt, moment, hop = self.attempt, time.time(), new_id()
        attempt.repeatable, attempt.failed, attempt.error = repeatable, False, None
        try:
            with caused_by(hop):
                publisher._publish(context=context, subscriber=subscriber)
        except Exception as error:
            LOG.warning("Cannot deliver to %s: %s", subscriber["Endpoint"], error)
            attempt.failed, attempt.error = repeatable and is_repeated(error), error
        finally:
            attempt.repeatable = False
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

    def _wait(
        self, seconds: float, publisher: Any, context: Any, subscriber: Any, number: int
    ) -> None:
        with self._lock:
            self._waiting += 1
            self._workers = self._workers or ThreadPoolExecutor(REPEATED_AT_ONCE, "sns-retry")
            workers = self._workers

        def go_on() -> None:
            with self._lock:
                self._waiting -= 1
            if subscriber["SubscriptionArn"] in context.store.subscriptions:
                workers.submit(self.deliver, publisher, context, subscriber, number)

        self._later.add(seconds, go_on)


def patch_publishers() -> None:
    """Retry deliveries by the delivery policies."""
    from localstack.services.sns import publisher

    from localstack_testbed.requests.single_attempts import SingleAttempts

    deliveries = _Deliveries()

    def after_failure(*args: Any, **kwargs: Any) -> None:
        """Called by LocalStack where an attempt has failed, in the error's handling."""
        attempt = deliveries.attempt
        attempt.error = sys.exception()
        if attempt.repeatable and is_repeated(sys.exception()):
            attempt.failed = True
        else:
            send_dead_letter(*args, **kwargs)

    send_dead_letter = replace(publisher, "sns_error_to_dead_letter_queue", after_failure)
    replace(publisher, "connect_to", SingleAttempts())

    @patch(publisher.TopicPublisher.publish)
    def publish(original: Callable[..., None], self: Any, context: Any, subscriber: Any) -> None:
        if subscriber["Protocol"] in POLICIES and not subscriber["TopicArn"].endswith(".fifo"):
            deliveries.deliver(self, context, subscriber)
        else:
            original(self, context=context, subscriber=subscriber)
