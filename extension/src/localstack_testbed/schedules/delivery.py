"""Deliveries to a target: repeated when they fail, and given up in the end.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html and
https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html

The repetitions are put into the engine, so that they go by its clock. AWS publishes neither the
first pause nor the longest one, and varies them at random; here the first one is
``TESTBED_SCHEDULES_RETRY_SECONDS`` and each is twice as long as the one before, to nine minutes,
with which 185 retries take a day.
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
from localstack_testbed.schedules.running import Key, Schedules

LOG = logging.getLogger(__name__)

LONGEST_PAUSE = timedelta(minutes=9)


class DeliveryError(Exception):
    """An attempt failed; the message says why."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often, and until which age of the event, a delivery is repeated."""

    retries: int = 185
    age: timedelta = timedelta(days=1)

    @classmethod
    def of(cls, target: Mapping[str, Any]) -> "RetryPolicy":
        """Return the policy of a target of a rule or a schedule, with AWS's defaults."""
        policy = target.get("RetryPolicy") or {}
        retries, age = policy.get("MaximumRetryAttempts"), policy.get("MaximumEventAgeInSeconds")
        return cls(
            retries=cls.retries if retries is None else int(retries),
            age=cls.age if age is None else timedelta(seconds=int(age)),
        )


@dataclass(frozen=True)
class Failure:
    """Why a delivery was given up; ``exhausted`` names what ended its retries, if it had any."""

    code: str
    message: str
    retries: int
    exhausted: str | None


@dataclass(frozen=True)
class Delivery:
    """One event for one target.

    ``send`` makes the attempt of the given number, from 1, and raises what went wrong;
    ``is_permanent`` tells of an error whether to repeat would be in vain; ``give_up`` is called
    after the last attempt if it failed, ``done`` after the last attempt in any case. ``entry`` is
    what else the journal is to have of each attempt.
    """

    schedules: Schedules
    arn: str
    due: datetime
    policy: RetryPolicy
    send: Callable[[int], None]
    give_up: Callable[[Failure], None]
    is_permanent: Callable[[Exception], bool] = lambda error: False
    done: Callable[[], None] = lambda: None
    entry: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def attempt(self, number: int = 1) -> None:
        """Try to deliver, and see to the next attempt if that fails.

        Raises
        ------
        DeliveryError
            If it failed.
        """
        moment, hop = time.time(), new_id()
        try:
            with caused_by(hop):
                self.send(number)
        except Exception as error:
            code, message = error_code(error), error_message(error)
            self._record(moment, hop, number, status="failed", error=code, message=message)
            if self.is_permanent(error):
                self._give_up(Failure(code, message, number - 1, exhausted=None))
            elif exhausted := self._exhausted(number):
                self._give_up(Failure(code, message, number - 1, exhausted))
            else:
                self._repeat(number + 1)
            raise DeliveryError(f"{code}: {message}") from error
        self._record(moment, hop, number, status="delivered")
        self.done()

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
        if self._moment_of(attempts + 1) > self.due + self.policy.age:
            return "MaximumEventAgeInSeconds"
        return None

    def _moment_of(self, attempt: int) -> datetime:
        return self.schedules.clock.now() + pause_before(attempt)

    def _repeat(self, attempt: int) -> None:
        moment = self._moment_of(attempt)
        self.schedules.engine.put(
            Key(self.arn, self.id, attempt),
            timing=lambda after: moment if moment > after else None,
            fire=lambda key, due: self.attempt(key.attempt),
            after=moment - timedelta.resolution,
        )

    def _give_up(self, failure: Failure) -> None:
        LOG.warning(
            "%s: gave up after %s attempts: %s: %s",
            self.arn,
            failure.retries + 1,
            failure.code,
            failure.message,
        )
        try:
            self.give_up(failure)
        except Exception as error:
            LOG.warning("%s: no dead letter: %s", self.arn, error_message(error))
        self.done()


def pause_before(attempt: int) -> timedelta:
    """Return the pause before an attempt, of which the second one is the first repetition."""
    return min(first_pause() * (1 << min(attempt - 2, 30)), LONGEST_PAUSE)


def first_pause() -> timedelta:
    """Return the pause before the first repetition, from its setting."""
    return timedelta(seconds=SCHEDULES_RETRY_SECONDS.value())


def error_code(error: Exception) -> str:
    """Return the code of an AWS error, or the name of another one."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "Unknown"))
    return type(error).__name__


def error_message(error: Exception) -> str:
    """Return what AWS says of an error, or what another one says."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Message") or error)
    return str(error) or type(error).__name__


def string_attributes(values: Mapping[str, str | None]) -> dict[str, dict[str, str]]:
    """Return message attributes for SQS, without those that have no value."""
    return {
        name: {"DataType": "String", "StringValue": value}
        for name, value in values.items()
        if value
    }
