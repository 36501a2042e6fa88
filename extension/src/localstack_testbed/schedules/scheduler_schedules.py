"""The schedules of EventBridge Scheduler, fired by the engine.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import uuid
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from moto.scheduler.models import Schedule, scheduler_backends

from localstack_testbed.journal.causes import new_id
from localstack_testbed.journal.journal import record
from localstack_testbed.schedules.delivery import Delivery, Failure, RetryPolicy
from localstack_testbed.schedules.engine import Timing, next_whole_second
from localstack_testbed.schedules.expressions import schedule_expression
from localstack_testbed.schedules.rate import Rate
from localstack_testbed.schedules.registry import (
    Key,
    ScheduleDescription,
    Schedules,
    UnknownScheduleError,
)
from localstack_testbed.schedules.scheduler_targets import (
    Invocation,
    call_target,
    send_dead_letter,
)
from localstack_testbed.schedules.scheduler_validation import in_utc, is_one_time

ENABLED = "ENABLED"


@dataclass(frozen=True)
class _Timing:
    """The properties that determine a schedule's due times; other changes do not restart it."""

    enabled: bool
    expression: str
    timezone: str
    start: datetime | None
    end: datetime | None
    offset: timedelta

    @classmethod
    def of(cls, schedule: Schedule) -> "_Timing":
        recurring = not is_one_time(schedule.schedule_expression)
        return cls(
            enabled=schedule.state == ENABLED,
            expression=schedule.schedule_expression,
            timezone=schedule.schedule_expression_timezone,
            start=in_utc(schedule.start_date) if recurring else None,
            end=in_utc(schedule.end_date) if recurring else None,
            offset=_offset(schedule),
        )

    def timing(self, now: datetime, *, is_new: bool) -> Timing:
        """Return the due times of a schedule that is created now, or restored.

        Without a StartDate, a rate is due immediately, at the next whole second; if it is restored,
        one period later.
        """
        expression = schedule_expression(self.expression, self.timezone)
        if isinstance(expression, Rate) and not is_new and self.start is None:
            expression = replace(expression, starts_immediately=False)
        since = self.start or next_whole_second(now)
        earliest = max(now, self.start or now) - timedelta.resolution

        def next_after(moment: datetime) -> datetime | None:
            nominal = expression.next_after(max(moment - self.offset, earliest), since)
            if nominal is None or (self.end and nominal > self.end):
                return None
            return nominal + self.offset

        return next_after


class SchedulerSchedules:
    """All schedules of all accounts and regions, by ARN."""

    def __init__(self, schedules: Schedules) -> None:
        self._schedules = schedules
        self._known: dict[str, Schedule] = {}
        self._timings: dict[str, _Timing] = {}
        self._delete: dict[str, Callable[[], Any]] = {}

    @property
    def now(self) -> datetime:
        return self._schedules.clock.now()

    def changed(
        self, schedule: Schedule, delete: Callable[[], Any], *, is_new: bool = True
    ) -> None:
        """Update the engine after a schedule was created, updated or restored.

        Parameters
        ----------
        delete
            Removes the schedule from its group.
        is_new
            Whether its first occurrence is still to come.
        """
        arn, when = schedule.arn, _Timing.of(schedule)
        self._known[arn] = schedule
        self._delete[arn] = delete
        before, self._timings[arn] = self._timings.get(arn), when
        if not when.enabled:
            self._schedules.engine.remove(Key(arn))
        elif when != before:
            now = self.now
            timing = when.timing(now, is_new=is_new)
            self._schedules.engine.put(Key(arn), timing, self._fire_due, after=now)

    def deleted(self, arn: str) -> None:
        """Stop firing a deleted schedule."""
        self._schedules.forget(arn)
        for known in (self._known, self._timings, self._delete):
            known.pop(arn, None)

    def reload(self) -> None:
        for known in (self._known, self._timings, self._delete):
            known.clear()
        for account in list(scheduler_backends.values()):
            for backend in list(account.values()):
                for group in list(backend.schedule_groups.values()):
                    for schedule in list(group.schedules.values()):
                        delete = partial(group.schedules.pop, schedule.name, None)
                        self.changed(schedule, delete, is_new=False)

    def descriptions(self) -> list[ScheduleDescription]:
        return [
            ScheduleDescription(
                "schedule",
                schedule.name,
                schedule.group_name,
                arn,
                schedule.schedule_expression,
                schedule.state,
                self._schedules.engine.due(Key(arn)),
            )
            for arn, schedule in list(self._known.items())
        ]

    def fire(self, key: Key, due: datetime) -> None:
        """Call a schedule's target."""
        schedule = self._known.get(key.arn)
        if schedule is None:
            raise UnknownScheduleError(f"no schedule has the ARN {key.arn}")
        call = _Call(key.arn, schedule.target, due)
        firing = new_id()
        record("schedule", id=firing, service="scheduler", resource=key.arn, due=due.isoformat())
        Delivery(
            self._schedules,
            key.arn,
            self._schedules.clock.now(),
            RetryPolicy.of(schedule.target),
            send=call.send,
            on_failure=call.on_failure,
            on_done=lambda: self._complete(schedule),
            entry={
                "causes": [firing],
                "service": "scheduler",
                "resource": schedule.target["Arn"],
            },
        ).attempt()

    def _fire_due(self, key: Key, due: datetime) -> None:
        if when := self._timings.get(key.arn):
            self.fire(key, due - when.offset)

    def _complete(self, schedule: Schedule) -> None:
        """Delete a schedule after its last invocation, if ``ActionAfterCompletion`` says so.

        https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-delete.html
        """
        arn = schedule.arn
        if (
            schedule.action_after_completion == "DELETE"
            and schedule.state == ENABLED
            and self._known.get(arn) is schedule
            and self._schedules.engine.due(Key(arn)) is None
        ):
            self._delete[arn]()
            self.deleted(arn)


class _Call:
    """The call of a schedule's target for one due time; each attempt has its own execution id."""

    def __init__(self, arn: str, target: dict[str, Any], scheduled_time: datetime) -> None:
        self._arn = arn
        self._target = target
        self._scheduled_time = scheduled_time

    def send(self, attempt: int) -> None:
        """Make an attempt."""
        self._last = Invocation(
            self._arn, self._target, self._scheduled_time, str(uuid.uuid4()), attempt
        )
        call_target(self._last)

    def on_failure(self, failure: Failure) -> None:
        """Send the last attempt to the dead-letter queue."""
        send_dead_letter(self._last, failure)


def _offset(schedule: Schedule) -> timedelta:
    """Return a schedule's offset in its flexible time window, which is always the same.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-flexible-time-windows.html
    """
    window: dict[str, Any] = schedule.flexible_time_window
    if window["Mode"] == "OFF":
        return timedelta()
    seconds = int(window["MaximumWindowInMinutes"]) * 60
    return timedelta(seconds=zlib.crc32(schedule.arn.encode()) % seconds)
