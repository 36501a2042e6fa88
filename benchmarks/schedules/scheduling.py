"""Client for rules, schedules and their target queues on one emulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from benchmarks.roles import ensure_role, queue_policy
from benchmarks.schedules.firings import MINUTE, Arrival, arrival
from testbed.aws.clients import Aws
from testbed.control.clock import Clock
from testbed.control.endpoint import LacksFeatureError
from testbed.errors import TestbedError

if TYPE_CHECKING:
    from types_boto3_events import EventBridgeClient
    from types_boto3_iam import IAMClient
    from types_boto3_sqs import SQSClient

_REGION = "us-east-1"
_ROLE = "benchmark-schedules"
_OFF = {"Mode": "OFF"}
_REQUEST_LIMIT_SECONDS = 30
_HIDDEN_SECONDS = "900"
# The name of the due time in a scheduled event of EventBridge.
# https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
_INPUT = json.dumps({"time": "<aws.scheduler.scheduled-time>"})


@dataclass(frozen=True)
class Queue:
    """A queue that is not read before the end of the run."""

    name: str
    url: str
    arn: str


@dataclass(frozen=True)
class Created:
    """A rule or schedule, and the times before and after its creation."""

    name: str
    arn: str
    before: datetime
    after: datetime


class Scheduling:
    """The APIs of EventBridge, EventBridge Scheduler and SQS at one endpoint.

    Calls are not retried; a failure is a ``TestbedError``.
    """

    def __init__(self, endpoint_url: str) -> None:
        self._clock = Clock(endpoint_url)
        session = Aws(endpoint_url, _REGION).session
        config = Config(
            proxies={},
            retries={"total_max_attempts": 1},
            read_timeout=_REQUEST_LIMIT_SECONDS,
        )
        self._events: EventBridgeClient = session.client(
            "events", endpoint_url=endpoint_url, config=config
        )
        self._scheduler: Any = session.client("scheduler", endpoint_url=endpoint_url, config=config)
        self._sqs: SQSClient = session.client("sqs", endpoint_url=endpoint_url, config=config)
        self._iam: IAMClient = session.client("iam", endpoint_url=endpoint_url, config=config)
        with _failing(f"Creation of the role {_ROLE}"):
            self._role_arn = ensure_role(self._iam, _ROLE, "scheduler", ["sqs:SendMessage"])

    def create_queue(self, name: str) -> Queue:
        """Create a queue that rules can send to; received messages stay hidden during the run."""
        with _failing(f"CreateQueue {name}"):
            url = self._sqs.create_queue(
                QueueName=name, Attributes={"VisibilityTimeout": _HIDDEN_SECONDS}
            )["QueueUrl"]
            attributes = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
            arn = attributes["Attributes"]["QueueArn"]
            self._sqs.set_queue_attributes(
                QueueUrl=url, Attributes={"Policy": queue_policy(arn, "events")}
            )
        return Queue(name, url, arn)

    def put_rule(self, name: str, expression: str, queue: Queue) -> Created:
        """Create a rule with a target."""
        with _failing(f"PutRule {name}, {expression}"):
            before = _now()
            arn = self._events.put_rule(Name=name, ScheduleExpression=expression)["RuleArn"]
            after = _now()
            failed = self._events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": queue.arn}])
        if failed["FailedEntryCount"]:
            raise TestbedError(f"PutTargets of {name} failed: {failed['FailedEntries']}")
        return Created(name, arn, before, after)

    def disable_rule(self, name: str) -> datetime:
        """Disable a rule; return when that was done."""
        with _failing(f"DisableRule {name}"):
            self._events.disable_rule(Name=name)
        return _now()

    def delete_rule(self, name: str) -> None:
        """Delete a rule and its target."""
        with _failing(f"DeleteRule {name}"):
            self._events.remove_targets(Rule=name, Ids=["1"])
            self._events.delete_rule(Name=name)

    def create_schedule(self, name: str, expression: str, queue: Queue) -> Created:
        """Create a schedule that is deleted once it has no further due time."""
        with _failing(f"CreateSchedule {name}, {expression}"):
            before = _now()
            arn = self._scheduler.create_schedule(
                Name=name,
                ScheduleExpression=expression,
                FlexibleTimeWindow=_OFF,
                Target={"Arn": queue.arn, "RoleArn": self._role_arn, "Input": _INPUT},
                ActionAfterCompletion="DELETE",
            )["ScheduleArn"]
        return Created(name, arn, before, _now())

    def has_schedule(self, name: str) -> bool:
        """Return whether a schedule exists."""
        with _failing(f"GetSchedule {name}"):
            try:
                self._scheduler.get_schedule(Name=name)
            except self._scheduler.exceptions.ResourceNotFoundException:
                return False
        return True

    def delete_schedule(self, name: str) -> None:
        """Delete a schedule, if it exists."""
        with (
            _failing(f"DeleteSchedule {name}"),
            suppress(self._scheduler.exceptions.ResourceNotFoundException),
        ):
            self._scheduler.delete_schedule(Name=name)

    def first_due(self, created: Created, wait: timedelta) -> datetime:
        """Return the first due time of a rate of one minute: its creation plus ``wait``.

        The testbed's clock has the exact time. For emulators without such a clock, it is the
        beginning of the call that created it.
        """
        earliest = created.before + wait
        try:
            schedules = self._clock.view()["next"]
        except LacksFeatureError:
            return earliest
        for shown in schedules:
            if shown["arn"] == created.arn and "scheduled_time" in shown:
                due = datetime.fromisoformat(shown["scheduled_time"])
                # This is the next due time; the first one may have passed.
                return due - max(0, (due - earliest) // MINUTE) * MINUTE
        return earliest

    def drain(self, queue: Queue) -> list[Arrival]:
        """Receive all messages of a queue, each once, and delete the queue."""
        found: dict[str, Arrival] = {}
        with _failing(f"ReceiveMessage of {queue.name}"):
            while messages := self._receive(queue):
                found |= {str(message["MessageId"]): arrival(message) for message in messages}
            self._sqs.delete_queue(QueueUrl=queue.url)
        return list(found.values())

    def _receive(self, queue: Queue) -> list[Any]:
        response: Any = self._sqs.receive_message(
            QueueUrl=queue.url,
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        return list(response.get("Messages", []))


def at(moment: datetime) -> str:
    """Return an expression that is due once."""
    return f"at({moment:%Y-%m-%dT%H:%M:%S})"


def daily(moment: datetime) -> str:
    """Return an expression that is due every day at this time."""
    return f"cron({moment.minute} {moment.hour} * * ? *)"


def whole_second(moment: datetime) -> datetime:
    """Return a moment, rounded up to a whole second."""
    return moment + timedelta(microseconds=-moment.microsecond % 1_000_000)


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _failing(call: str) -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise TestbedError(f"{call} failed: {error}") from error
