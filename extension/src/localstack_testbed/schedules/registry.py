"""What schedules share while LocalStack runs: the clock, the engine, and who put what into it."""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from localstack_testbed.schedules.clock import Clock
from localstack_testbed.schedules.engine import Engine


class Key(NamedTuple):
    """What the engine fires: a rule or schedule, or a repeated attempt at one of its deliveries."""

    arn: str
    delivery: str = ""
    attempt: int = 1

    def __str__(self) -> str:
        return self.arn if self.attempt == 1 else f"{self.arn} (attempt {self.attempt})"


@dataclass(frozen=True)
class ScheduleDescription:
    """A rule or a schedule, as it is shown; ``due`` is None if it will not fire any more."""

    kind: Literal["rule", "schedule"]
    name: str
    group: str | None
    arn: str
    expression: str
    state: str
    due: datetime | None


class UnknownScheduleError(Exception):
    """There is no such rule or schedule."""


class ScheduleSource(Protocol):
    """Puts rules or schedules into the engine."""

    def descriptions(self) -> list[ScheduleDescription]:
        """Return all of them, also the ones that are disabled."""

    def fire(self, key: Key, due: datetime) -> None:
        """Deliver once, whatever the state.

        Raises
        ------
        UnknownScheduleError
            If this source has nothing of this ARN.
        DeliveryError
            If the first attempt failed.
        """


@dataclass
class Schedules:
    """The one clock, its engine, and the sources of what the engine fires."""

    clock: Clock = field(default_factory=Clock)
    sources: list[ScheduleSource] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine: Engine[Key] = Engine(self.clock)

    def forget(self, arn: str) -> None:
        """Fire a rule or schedule never again, and give up what is being repeated for it."""
        self.engine.remove_all(lambda key: key.arn == arn)

    def fire(self, arn: str) -> datetime:
        """Fire a rule or schedule now, whatever its state; return the time.

        Raises
        ------
        UnknownScheduleError
            If there is none of this ARN.
        DeliveryError
            If the first attempt failed.
        """
        now = self.clock.now()
        for source in self.sources:
            try:
                source.fire(Key(arn), now)
            except UnknownScheduleError:
                continue
            return now
        raise UnknownScheduleError(f"there is no rule with a schedule, and no schedule, {arn}")


_lock = threading.Lock()
_schedules: Schedules | None = None


def schedules() -> Schedules:
    """Return what is running; the first call starts it."""
    global _schedules
    with _lock:
        if _schedules is None:
            _schedules = Schedules()
        return _schedules


def stop() -> None:
    """Stop the engine, if it was started."""
    with _lock:
        if _schedules is not None:
            _schedules.engine.stop()
