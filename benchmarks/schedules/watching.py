"""Rules and schedules on one emulator that are watched while they fire."""

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
    """A rule or schedule with a queue of its own.

    Parameters
    ----------
    first_due
        What is due once a minute is due then for the first time; what is due once is due then.
    """

    kind: Kind
    name: str
    queue: Queue
    first_due: datetime

    def due(self, until: datetime) -> list[datetime]:
        """Return all due times."""
        return [self.first_due] if self.kind is Kind.AT else times(self.first_due, until)


class Watch:
    """All kinds of rules and schedules of one emulator, from their creation to their end.

    Parameters
    ----------
    moments
        For each of them there is a schedule that is due once.
    lacks
        Is told what the emulator cannot do; it is left out.
    """

    def __init__(
        self,
        scheduling: Scheduling,
        moments: Sequence[datetime],
        lacks: Callable[[Kind, TestbedError], None],
    ) -> None:
        self._scheduling = scheduling
        self._disabled: datetime | None = None
        self._watched: list[Watched] = []
        for kind in Kind:
            try:
                self._watched += self._created(kind, moments)
            except TestbedError as error:
                lacks(kind, error)

    def disable(self) -> None:
        """Disable one of the rules."""
        if self._disabled_later():
            self._disabled = self._scheduling.disable_rule(Kind.RULE_DISABLED)

    def between_due_times(self, earliest: datetime) -> datetime:
        """Return a moment half a minute from the due times of the rule that is to be disabled."""
        rule = self._disabled_later()
        if rule is None:
            return earliest
        first = rule.first_due + MINUTE / 2
        return first + max(0, -((first - earliest) // MINUTE)) * MINUTE

    def verdicts(self, until: datetime, collected: datetime) -> list[tuple[Kind, Verdict]]:
        """Take everything away, and say how it was.

        Parameters
        ----------
        until
            What was due later does not count.
        collected
            Until then late messages have been waited for.
        """
        left = {one.name for one in self._watched if self._is_left(one)}
        for one in self._watched:
            self._delete(one)
        found = []
        for one in self._watched:
            verdict = judge(
                # Something may be due, and fire, while everything is being taken away.
                one.due(collected + MINUTE),
                self._scheduling.drain(one.queue),
                until=until,
                disabled=self._disabled if one.kind is Kind.RULE_DISABLED else None,
            )
            if one.name in left:
                verdict.add_defect(Defect.LEFT, one.name)
            found.append((one.kind, verdict))
        return found

    def _disabled_later(self) -> Watched | None:
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
