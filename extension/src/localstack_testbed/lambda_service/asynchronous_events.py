"""The processing of asynchronous events: invocation, retries, and what happens after the last one.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html says:

- After a function error, Lambda retries after one minute, and again after two more minutes.
- After throttling and service errors, it retries after 1 second, 2, 4 … up to 5 minutes. With a
  reserved concurrency of 0, it drops the event immediately.
- It drops events older than their maximum age, which is 6 hours by default.

Dropped events go to the on-failure destination and the dead-letter queue.
"""

import time
from datetime import datetime
from typing import Any

from localstack_testbed.faults.functions import fail_attempt
from localstack_testbed.hooks.settings import ASYNCHRONOUS_RETRY_DELAY
from localstack_testbed.lambda_service.invocation_records import Failure, Outcome, send_outcome
from localstack_testbed.lambda_service.metrics import record_metrics, target_of
from localstack_testbed.timing.delayed_calls import DelayedCalls

DEFAULT_RETRIES = 2
DEFAULT_MAXIMUM_AGE_SECONDS = 6 * 60 * 60
LONGEST_SERVICE_DELAY_SECONDS = 5 * 60

_retries = DelayedCalls("lambda-event-retries")


def count_received(function_version: Any, invocation: Any) -> None:
    """Count a queued event in the metric ``AsyncEventsReceived``."""
    target = target_of(function_version.id, invocation.invoked_arn)
    record_metrics(target, time.time(), lambda: {"AsyncEventsReceived": 1})


def retry_delay() -> float:
    """Return the seconds between a function error and the first retry."""
    from localstack import config

    delay = ASYNCHRONOUS_RETRY_DELAY.value()
    return float(config.LAMBDA_RETRY_BASE_DELAY_SECONDS) if delay is None else delay


class EventHandler:
    """Processes the events of a function version, which LocalStack keeps in an internal queue."""

    def __init__(self, version_manager: Any, queue_url: str) -> None:
        self._manager = version_manager
        self._queue_url = queue_url

    def handle(self, message: str) -> None:
        """Invoke the function with an event; then send the result, retry, or drop the event."""
        from localstack.services.lambda_.invocation.event_manager import SQSInvocation

        event = SQSInvocation.decode(message)
        target = target_of(self._manager.function_version.id, event.invocation.invoked_arn)
        age = _age(event)
        if age > self._maximum_age(event):
            self._drop(event, Failure("EventAgeExceeded"))
            return
        if event.retries == event.exception_retries == 0:
            record_metrics(target, time.time(), lambda: {"AsyncEventAge": age * 1000})
        try:
            fail_attempt(self._manager.function_version.id.function_name)
            result = self._manager.invoke(invocation=event.invocation)
        except Exception as error:
            self._handle_invoke_error(event, error)
            return
        if result.is_error:
            self._handle_function_error(event, result)
        else:
            self._send(event, Outcome(result))

    def _handle_invoke_error(self, event: Any, error: Exception) -> None:
        failure_cause = "EventAgeExceeded"
        delay = min(2**event.exception_retries, LONGEST_SERVICE_DELAY_SECONDS)
        if self._manager.function.reserved_concurrent_executions == 0:
            failure_cause = "ZeroReservedConcurrency"
        elif _age(event) + delay <= self._maximum_age(event):
            event.exception_retries += 1
            self._retry(event, delay)
            return
        self._drop(event, Failure(failure_cause, error))

    def _handle_function_error(self, event: Any, result: Any) -> None:
        delay = (event.retries + 1) * retry_delay()
        if event.retries >= self._maximum_retries(event):
            self._drop(event, Failure("RetriesExhausted"), result)
        elif _age(event) + delay > self._maximum_age(event):
            self._drop(event, Failure("EventAgeExceeded"), result)
        else:
            event.retries += 1
            event.exception_retries = 0
            self._retry(event, delay)

    def _retry(self, event: Any, delay: float) -> None:
        from localstack.services.lambda_.invocation.internal_sqs_queue import get_fake_sqs_client

        client = get_fake_sqs_client()
        message = event.encode()

        def requeue() -> None:
            # LocalStack deletes the queue with the function.
            if self._queue_url in client.queue_manager.queues:
                client.send_message(QueueUrl=self._queue_url, MessageBody=message)

        _retries.add(delay, requeue)

    def _drop(self, event: Any, failure: Failure, result: Any = None) -> None:
        target = target_of(self._manager.function_version.id, event.invocation.invoked_arn)
        record_metrics(target, time.time(), lambda: {"AsyncEventsDropped": 1})
        self._send(event, Outcome(result, failure))

    def _send(self, event: Any, outcome: Outcome) -> None:
        settings = self._settings(event)
        destinations = settings.destination_config if settings else None
        send_outcome(self._manager.function_version, event, outcome, destinations or {})

    def _settings(self, event: Any) -> Any:
        """Return the event invoke configuration of the function, version or alias invoked."""
        target = target_of(self._manager.function_version.id, event.invocation.invoked_arn)
        return self._manager.function.event_invoke_configs.get(target.qualifier or "$LATEST")

    def _maximum_age(self, event: Any) -> float:
        settings = self._settings(event)
        age = settings.maximum_event_age_in_seconds if settings else None
        return DEFAULT_MAXIMUM_AGE_SECONDS if age is None else float(age)

    def _maximum_retries(self, event: Any) -> int:
        settings = self._settings(event)
        retries = settings.maximum_retry_attempts if settings else None
        return DEFAULT_RETRIES if retries is None else int(retries)


def _age(event: Any) -> float:
    received: datetime = event.invocation.invoke_time
    return (datetime.now() - received).total_seconds()
