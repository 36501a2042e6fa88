"""Rules and schedules on one emulator, observed while they fire."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from benchmarks.schedules.firings import MINUTE, Defect, Verdict, judge, next_minute, times
from benchmarks.schedules.metrics import Kind
from benchmarks.schedules.scheduling import Created, Queue, Scheduling, at, whole_second
from testbed.errors import TestbedError

_RATES = (Kind.RULE_RATE, Kind.RULE_DISABLED, Kind.RATE)


@dataclass(frozen=True)
class Watched:
    """A rule or schedule with its own queue.

    Parameters
    ----------
    first_due
        The first due time, or the only one.
    """

    kind: Kind
    name: str
    queue: Queue
    first_due: datetime

    def due(self, until: datetime) -> list[datetime]:
        """Return all due times."""
        return [self.first_due] if self.kind is Kind.AT else times(self.first_due, until)


class Watch:
    """All kinds of rules and schedules on one emulator, from creation to deletion.

    Parameters
    ----------
    moments
        The times of the schedules that are due once.
    failed
        Called with a kind that the emulator fails to create, and the error.
    """

    def __init__(
        self,
        scheduling: Scheduling,
        moments: Sequence[datetime],
        failed: Callable[[Kind, TestbedError], None],
    ) -> None:
        self._scheduling = scheduling
        self._disabled: datetime | None = None
        self._watched: list[Watched] = []
        for kind in Kind:
            try:
                self._watched += self._created(kind, moments)
            except TestbedError as error:
                failed(kind, error)

    def disable(self) -> None:
        """Disable one of the rules."""
        if self._rule_to_disable():
            self._disabled = self._scheduling.disable_rule(Kind.RULE_DISABLED)

    def between_due_times(self, earliest: datetime) -> datetime:
        """Return a moment half a minute away from the due times of the rule to disable."""
        rule = self._rule_to_disable()
        if rule is None:
            return earliest
        first = rule.first_due + MINUTE / 2
        return first + max(0, -((first - earliest) // MINUTE)) * MINUTE

    def verdicts(self, until: datetime, collected: datetime) -> list[tuple[Kind, Verdict]]:
        """Delete everything, and return a verdict for each rule or schedule.

        Parameters
        ----------
        until
            Later due times do not count.
        collected
            The end of the wait for late messages.
        """
        left = {one.name for one in self._watched if self._is_left(one)}
        for one in self._watched:
            self._delete(one)
        found = []
        for one in self._watched:
            verdict = judge(
                # Something may fire while everything is being deleted.
                one.due(collected + MINUTE),
                self._scheduling.drain(one.queue),
                until=until,
                disabled=self._disabled if one.kind is Kind.RULE_DISABLED else None,
            )
            if one.name in left:
                verdict.add_defect(Defect.LEFT, one.name)
            found.append((one.kind, verdict))
        return found

    def _rule_to_disable(self) -> Watched | None:
        return next((one for one in self._watched if one.kind is Kind.RULE_DISABLED), None)

    def _created(self, kind: Kind, moments: Sequence[datetime]) -> list[Watched]:
        if kind is not Kind.AT:
            return [self._recurring(kind)]
        return [self._once(number, moment) for number, moment in enumerate(moments)]

    def _recurring(self, kind: Kind) -> Watched:
        queue = self._scheduling.create_queue(kind)
        if kind.is_rule:
            created = self._scheduling.put_rule(kind, kind.expression, queue)
        else:
            created = self._scheduling.create_schedule(kind, kind.expression, queue)
        return Watched(kind, kind, queue, self._first_due(kind, created))

    def _first_due(self, kind: Kind, created: Created) -> datetime:
        if kind not in _RATES:
            return next_minute(created.after)
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rate-expressions.html and
        # https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#rate-based
        wait = MINUTE if kind.is_rule else timedelta()
        return self._scheduling.first_due(created, wait)

    def _once(self, number: int, moment: datetime) -> Watched:
        due = whole_second(moment)
        name = f"{Kind.AT}-{number}"
        queue = self._scheduling.create_queue(name)
        self._scheduling.create_schedule(name, at(due), queue)
        return Watched(Kind.AT, name, queue, due)

    def _is_left(self, one: Watched) -> bool:
        return one.kind is Kind.AT and self._scheduling.has_schedule(one.name)

    def _delete(self, one: Watched) -> None:
        if one.kind.is_rule:
            self._scheduling.delete_rule(one.name)
        else:
            self._scheduling.delete_schedule(one.name)
