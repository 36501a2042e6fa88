"""What becomes of an event: it succeeds, is tried again, or is given up.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html says:

- A function error is tried again one minute later, and once more two minutes after that.
- Throttled events and those that the service fails are tried again after 1 second, 2, 4 … up to
  5 minutes. With a reserved concurrency of 0, they are given up at once.
- An event that is older than its maximum age, 6 hours if none is set, is given up.
"""

import time
from datetime import datetime
from typing import Any

from localstack_testbed.faults.functions import fail_attempt
from localstack_testbed.hooks.settings import ASYNCHRONOUS_RETRY_DELAY
from localstack_testbed.lambda_service.invocation_records import Failure, Outcome, send_outcome
from localstack_testbed.lambda_service.metrics import note, target_of
from localstack_testbed.timing.delayed_calls import DelayedCalls

DEFAULT_RETRIES = 2
DEFAULT_MAXIMUM_AGE_SECONDS = 6 * 60 * 60
LONGEST_SERVICE_DELAY_SECONDS = 5 * 60

_retries = DelayedCalls("lambda-event-retries")


def note_received(function_version: Any, invocation: Any) -> None:
    """Count an event that was queued."""
    target = target_of(function_version.id, invocation.invoked_arn)
    note(target, time.time(), lambda: {"AsyncEventsReceived": 1})


def retry_delay() -> float:
    """Return the seconds between a function error and the first retry."""
    from localstack import config

    delay = ASYNCHRONOUS_RETRY_DELAY.value()
    return float(config.LAMBDA_RETRY_BASE_DELAY_SECONDS) if delay is None else delay


class EventHandler:
    """Handles events of a function version, which come from an internal queue."""

    def __init__(self, version_manager: Any, queue_url: str) -> None:
        self._manager = version_manager
        self._queue_url = queue_url

    def handle(self, message: str) -> None:
        """Invoke the function with an event, and do what is to be done with the result."""
        from localstack.services.lambda_.invocation.event_manager import SQSInvocation

        event = SQSInvocation.decode(message)
        target = target_of(self._manager.function_version.id, event.invocation.invoked_arn)
        age = _age(event)
        if age > self._maximum_age(event):
            self._give_up(event, Failure("EventAgeExceeded"))
            return
        if event.retries == event.exception_retries == 0:
            note(target, time.time(), lambda: {"AsyncEventAge": age * 1000})
        try:
            fail_attempt(self._manager.function_version.id.function_name)
            result = self._manager.invoke(invocation=event.invocation)
        except Exception as error:
            self._handle_refusal(event, error)
            return
        if result.is_error:
            self._handle_function_error(event, result)
        else:
            self._send(event, Outcome(result))

    def _handle_refusal(self, event: Any, error: Exception) -> None:
        failure_cause = "EventAgeExceeded"
        delay = min(2**event.exception_retries, LONGEST_SERVICE_DELAY_SECONDS)
        if self._manager.function.reserved_concurrent_executions == 0:
            failure_cause = "ZeroReservedConcurrency"
        elif _age(event) + delay <= self._maximum_age(event):
            event.exception_retries += 1
            self._retry(event, delay)
            return
        self._give_up(event, Failure(failure_cause, error))

    def _handle_function_error(self, event: Any, result: Any) -> None:
        delay = (event.retries + 1) * retry_delay()
        if event.retries >= self._maximum_retries(event):
            self._give_up(event, Failure("RetriesExhausted"), result)
        elif _age(event) + delay > self._maximum_age(event):
            self._give_up(event, Failure("EventAgeExceeded"), result)
        else:
            event.retries += 1
            event.exception_retries = 0
            self._retry(event, delay)

    def _retry(self, event: Any, delay: float) -> None:
        from localstack.services.lambda_.invocation.internal_sqs_queue import get_fake_sqs_client

        client = get_fake_sqs_client()
        message = event.encode()

        def put_back() -> None:
            # The queue goes with the function.
            if self._queue_url in client.queue_manager.queues:
                client.send_message(QueueUrl=self._queue_url, MessageBody=message)

        _retries.add(delay, put_back)

    def _give_up(self, event: Any, failure: Failure, result: Any = None) -> None:
        target = target_of(self._manager.function_version.id, event.invocation.invoked_arn)
        note(target, time.time(), lambda: {"AsyncEventsDropped": 1})
        self._send(event, Outcome(result, failure))

    def _send(self, event: Any, outcome: Outcome) -> None:
        settings = self._settings(event)
        destinations = settings.destination_config if settings else None
        send_outcome(self._manager.function_version, event, outcome, destinations or {})

    def _settings(self, event: Any) -> Any:
        """Return the settings of what was invoked: the function, or its version or alias."""
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
