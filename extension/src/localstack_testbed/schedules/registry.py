"""The registry of all rules and schedules, with the clock and the engine that fire them."""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Protocol

from localstack_testbed.schedules.clock import Clock
from localstack_testbed.schedules.engine import Engine
from localstack_testbed.timing.activity import ACTIVITY


class Key(NamedTuple):
    """The key of an engine entry: a rule or schedule, or a retry of one of its deliveries."""

    arn: str
    delivery: str = ""
    attempt: int = 1

    def __str__(self) -> str:
        return self.arn if self.attempt == 1 else f"{self.arn} (attempt {self.attempt})"


@dataclass(frozen=True)
class ScheduleDescription:
    """The state of a rule or schedule; ``due`` is None if it will not fire again."""

    kind: Literal["rule", "schedule"]
    name: str
    group: str | None
    arn: str
    expression: str
    state: str
    due: datetime | None


class UnknownScheduleError(Exception):
    """Raised if a rule or schedule does not exist."""


class ScheduleSource(Protocol):
    """A service that puts its rules or schedules into the engine."""

    def descriptions(self) -> list[ScheduleDescription]:
        """Return all rules or schedules, including disabled ones."""

    def reload(self) -> None:
        """Put all rules or schedules into the engine: the period of a rate begins now."""

    def fire(self, key: Key, due: datetime) -> None:
        """Deliver once, even if it is disabled.

        Raises
        ------
        UnknownScheduleError
            This source does not have the rule or schedule.
        DeliveryError
            The first attempt failed.
        """


class Count:
    """The number of deliveries of matched events in progress or waiting for a retry."""

    def __init__(self) -> None:
        self.value = 0
        self._lock = threading.Lock()

    def add(self, number: int) -> None:
        """Add a number, which may be negative."""
        with self._lock:
            self.value += number

    def reset(self) -> None:
        """Forget all deliveries: their retries were cancelled."""
        with self._lock:
            self.value = 0


@dataclass
class Schedules:
    """The clock, its engine, and the services whose rules or schedules it fires."""

    clock: Clock = field(default_factory=Clock)
    sources: list[ScheduleSource] = field(default_factory=list)
    unfinished: Count = field(default_factory=Count)

    def __post_init__(self) -> None:
        self.engine: Engine[Key] = Engine(self.clock)

    def restart(self, offset: timedelta) -> None:
        """Set the clock's offset, cancel all retries, and start all rules and schedules again.

        A rate is first due after one period, also in EventBridge Scheduler, where a new one fires
        immediately: it was deployed before, and a reset should cause nothing by itself.
        """
        self.engine.remove_all(lambda key: True)
        self.clock.set_offset(offset)
        self.unfinished.reset()
        for source in self.sources:
            source.reload()

    def forget(self, arn: str) -> None:
        """Stop firing a rule or schedule, and cancel its retries."""
        self.engine.remove_all(lambda key: key.arn == arn)

    def fire(self, arn: str) -> datetime:
        """Fire a rule or schedule now, even if it is disabled; return the time.

        Raises
        ------
        UnknownScheduleError
            It does not exist.
        DeliveryError
            The first attempt failed.
        """
        with ACTIVITY.working():
            now = self.clock.now()
            for source in self.sources:
                try:
                    source.fire(Key(arn), now)
                except UnknownScheduleError:
                    continue
                return now
        raise UnknownScheduleError(f"no scheduled rule and no schedule has the ARN {arn}")


_lock = threading.Lock()
_schedules: Schedules | None = None


def schedules() -> Schedules:
    """Return the registry; the first call creates it and starts the engine."""
    global _schedules
    with _lock:
        if _schedules is None:
            _schedules = Schedules()
        return _schedules


def stop() -> None:
    """Stop the engine if it is running."""
    with _lock:
        if _schedules is not None:
            _schedules.engine.stop()
