"""Batched delivery of functions' log lines to CloudWatch Logs.

LocalStack sends itself a request for the lines of each invocation, which takes longer than the
invocation. AWS batches them, too: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-logs.html

LocalStack also loses the lines of invocations that finish after their version has been replaced;
here they are stored. It ignores the log group in a function's ``LoggingConfig``.
"""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

from localstack_testbed.hooks.patching import patch
from localstack_testbed.timing.timed_text import lines_of

LOG = logging.getLogger(__name__)

INTERVAL_SECONDS = 0.1
STORING_SECONDS = 2.0

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
BATCH_EVENTS = 10_000
BATCH_BYTES = 1_048_576
EVENT_OVERHEAD_BYTES = 26

type Event = dict[str, Any]
type Stream = tuple[str, str]


def store_pending(handler: Any) -> None:
    """Wait until the lines that a log handler has are stored.

    When a function is deleted, its execution role often is deleted next. A custom resource's
    function, for example, has just been called for the last time then.
    """
    if handler._thread is not None and not handler._shutdown_event.is_set():
        stored = threading.Event()
        handler.log_queue.put(stored)
        stored.wait(STORING_SECONDS)


def patch_log_places() -> None:
    """Write to the log group of a function's ``LoggingConfig``.

    In a log group of one's own choice, the names of streams contain the name of the function.
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
    """
    from localstack.services.lambda_.invocation.execution_environment import ExecutionEnvironment

    @patch(ExecutionEnvironment.get_log_group_name)
    def get_log_group_name(original: Callable[[Any], str], self: Any) -> str:
        chosen: str | None = (self.function_version.config.logging_config or {}).get("LogGroup")
        return chosen or original(self)

    @patch(ExecutionEnvironment.get_log_stream_name)
    def get_log_stream_name(original: Callable[[Any], str], self: Any) -> str:
        name: str = original(self)
        function = self.function_version.id.function_name
        usual = self.get_log_group_name() == f"/aws/lambda/{function}"
        return name if usual else name.replace("[", f"{function}[", 1)


def patch_log_handler() -> None:
    """Store the logs of a function version in batches."""
    from localstack.aws.connect import connect_to
    from localstack.services.lambda_.invocation.logs import QUEUE_SHUTDOWN, LogHandler
    from localstack.utils.aws.client_types import ServicePrincipal

    def client_of(handler: Any) -> Any:
        """Return a client with the execution role, whose calls are attributed to Lambda."""
        service = cast(Any, ServicePrincipal.lambda_)
        clients = connect_to.with_assumed_role(
            region_name=handler.region, role_arn=handler.role_arn, service_principal=service
        )
        return clients.logs.request_metadata(service_principal=service)

    ending = threading.Lock()

    @patch(LogHandler.stop)
    def stop(original: Callable[[Any], None], self: Any) -> None:
        with ending:
            self._shutdown_event.set()
        original(self)

    @patch(LogHandler.add_logs)
    def add_logs(original: Callable[[Any, Any], None], self: Any, item: Any) -> None:
        with ending:
            ended = self._shutdown_event.is_set()
            if not ended:
                original(self, item)
        if ended:  # no thread reads the queue any more
            _try_to_store(client_of(self), item.log_group, item.log_stream, _events(item.logs))

    @patch(LogHandler.run_log_loop, pass_target=False)
    def run_log_loop(self: Any, *args: Any, **kwargs: Any) -> None:
        client = client_of(self)
        ended = False
        while not ended:
            streams: dict[Stream, list[Event]] = {}
            awaited: threading.Event | None = None
            item = self.log_queue.get()
            deadline = time.monotonic() + INTERVAL_SECONDS
            while True:
                ended = item is QUEUE_SHUTDOWN
                if ended:
                    break
                if isinstance(item, threading.Event):
                    awaited = item
                    break
                events = streams.setdefault((item.log_group, item.log_stream), [])
                events.extend(_events(item.logs))
                try:
                    item = self.log_queue.get(timeout=max(0, deadline - time.monotonic()))
                except queue.Empty:
                    break
            for (group, stream), events in streams.items():
                _try_to_store(client, group, stream, events)
            if awaited is not None:
                awaited.set()


def _events(text: str) -> list[Event]:
    """Convert an invocation's lines to log events, with the times at which they were written."""
    # CloudWatch Logs rejects empty messages.
    return [
        {"timestamp": line.milliseconds, "message": f"{line.text}\n"}
        for line in lines_of(text)
        if line.text
    ]


def _try_to_store(client: Any, group: str, stream: str, events: list[Event]) -> None:
    try:
        _store(client, group, stream, events)
    except Exception as error:
        LOG.warning("Cannot store the logs of %s: %s", group, error)


def _store(client: Any, group: str, stream: str, events: list[Event]) -> None:
    place = {"logGroupName": group, "logStreamName": stream}
    for batch in _batches(events):
        try:
            client.put_log_events(**place, logEvents=batch)
        except client.exceptions.ResourceNotFoundException:
            _create(client, place)
            client.put_log_events(**place, logEvents=batch)


def _create(client: Any, place: dict[str, str]) -> None:
    """Create a log stream, and its group if it does not exist.

    The stream first, because the role may not be allowed to create log groups.
    """
    try:
        client.create_log_stream(**place)
    except client.exceptions.ResourceAlreadyExistsException:
        return
    except client.exceptions.ResourceNotFoundException:
        with contextlib.suppress(client.exceptions.ResourceAlreadyExistsException):
            client.create_log_group(logGroupName=place["logGroupName"])
        _create(client, place)


def _batches(events: list[Event]) -> Iterator[list[Event]]:
    batch: list[Event] = []
    size = 0
    for event in events:
        length = len(event["message"].encode()) + EVENT_OVERHEAD_BYTES
        if batch and (len(batch) == BATCH_EVENTS or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += length
    if batch:
        yield batch
