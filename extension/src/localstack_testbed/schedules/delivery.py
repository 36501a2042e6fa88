"""Delivery of events to a target, with retries.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html and
https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html

The engine makes the retries, so that they follow its clock. AWS documents exponential backoff with
jitter, but no delays. Here the first delay is ``TESTBED_SCHEDULES_RETRY_SECONDS``, and each is
twice the previous one, up to nine minutes, with which AWS's default of 185 retries takes a day.
"""

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from localstack_testbed.hooks.settings import SCHEDULES_RETRY_SECONDS
from localstack_testbed.journal.causes import caused_by, new_id
from localstack_testbed.journal.journal import milliseconds_since, record
from localstack_testbed.schedules.registry import Key, Schedules

LOG = logging.getLogger(__name__)

MAX_DELAY = timedelta(minutes=9)


class DeliveryError(Exception):
    """Raised when an attempt failed; the message says why."""


@dataclass(frozen=True)
class RetryPolicy:
    """The maximum number of retries, and the maximum age of the event."""

    retries: int = 185
    age: timedelta = timedelta(days=1)

    @classmethod
    def of(cls, target: Mapping[str, Any]) -> "RetryPolicy":
        """Return the retry policy of a rule's or schedule's target, with AWS's defaults."""
        policy = target.get("RetryPolicy") or {}
        retries, age = policy.get("MaximumRetryAttempts"), policy.get("MaximumEventAgeInSeconds")
        return cls(
            retries=cls.retries if retries is None else int(retries),
            age=cls.age if age is None else timedelta(seconds=int(age)),
        )


@dataclass(frozen=True)
class Failure:
    """Why a delivery failed for good; ``exhausted`` is the limit that ended its retries, if any."""

    code: str
    message: str
    retries: int
    exhausted: str | None


@dataclass(frozen=True)
class Delivery:
    """One event for one target.

    ``send`` makes an attempt, whose number starts at 1, and raises its error. ``is_permanent``
    returns whether an error must not be retried. After the last attempt, ``on_failure`` is called
    if it failed, and then ``on_done`` in any case. ``entry`` has additional fields for the journal
    entry of each attempt.
    """

    schedules: Schedules
    arn: str
    due: datetime
    policy: RetryPolicy
    send: Callable[[int], None]
    on_failure: Callable[[Failure], None]
    is_permanent: Callable[[Exception], bool] = lambda error: False
    on_done: Callable[[], None] = lambda: None
    entry: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def attempt(self, number: int = 1) -> None:
        """Make an attempt, and schedule a retry if it fails.

        Raises
        ------
        DeliveryError
            The attempt failed.
        """
        moment, hop = time.time(), new_id()
        try:
            with caused_by(hop):
                self.send(number)
        except Exception as error:
            code, message = error_code(error), error_message(error)
            self._record(moment, hop, number, status="failed", error=code, message=message)
            if self.is_permanent(error):
                self._handle_failure(Failure(code, message, number - 1, exhausted=None))
            elif exhausted := self._exhausted(number):
                self._handle_failure(Failure(code, message, number - 1, exhausted))
            else:
                self._schedule_retry(number + 1)
            raise DeliveryError(f"{code}: {message}") from error
        self._record(moment, hop, number, status="delivered")
        self.on_done()

    def _record(self, moment: float, hop: str, number: int, **outcome: Any) -> None:
        record(
            "delivery",
            moment,
            id=hop,
            source=self.arn,
            attempt=number,
            ms=milliseconds_since(moment),
            **self.entry,
            **outcome,
        )

    def _exhausted(self, attempts: int) -> str | None:
        if attempts > self.policy.retries:
            return "MaximumRetryAttempts"
        if self._time_of(attempts + 1) > self.due + self.policy.age:
            return "MaximumEventAgeInSeconds"
        return None

    def _time_of(self, attempt: int) -> datetime:
        return self.schedules.clock.now() + delay_before(attempt)

    def _schedule_retry(self, attempt: int) -> None:
        moment = self._time_of(attempt)
        self.schedules.engine.put(
            Key(self.arn, self.id, attempt),
            timing=lambda after: moment if moment > after else None,
            fire=lambda key, due: self.attempt(key.attempt),
            after=moment - timedelta.resolution,
        )

    def _handle_failure(self, failure: Failure) -> None:
        LOG.warning(
            "%s: delivery failed after %s attempts: %s: %s",
            self.arn,
            failure.retries + 1,
            failure.code,
            failure.message,
        )
        try:
            self.on_failure(failure)
        except Exception as error:
            LOG.warning("%s: cannot send to the DLQ: %s", self.arn, error_message(error))
        self.on_done()


def delay_before(attempt: int) -> timedelta:
    """Return the delay before an attempt; attempt 2 is the first retry."""
    return min(first_delay() * (1 << min(attempt - 2, 30)), MAX_DELAY)


def first_delay() -> timedelta:
    """Return the delay before the first retry, from its setting."""
    return timedelta(seconds=SCHEDULES_RETRY_SECONDS.value())


def error_code(error: Exception) -> str:
    """Return an AWS error's code, or another error's class name."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "Unknown"))
    return type(error).__name__


def error_message(error: Exception) -> str:
    """Return the message of an AWS error or another error."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Message") or error)
    return str(error) or type(error).__name__


def string_attributes(values: Mapping[str, str | None]) -> dict[str, dict[str, str]]:
    """Return SQS message attributes, without those that have no value."""
    return {
        name: {"DataType": "String", "StringValue": value}
        for name, value in values.items()
        if value
    }
