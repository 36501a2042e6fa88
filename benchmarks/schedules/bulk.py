"""Many rules and schedules on one emulator, which share a queue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from benchmarks.schedules.firings import Arrival
from benchmarks.schedules.scheduling import Scheduling, at, daily, whole_second

# Nothing is due before the end of a run.
_FAR = timedelta(hours=12)


class Bulk:
    """As many rules as schedules on one emulator.

    Parameters
    ----------
    name
        The prefix of their names.
    """

    def __init__(self, scheduling: Scheduling, name: str) -> None:
        self._scheduling = scheduling
        self._name = name
        self._queue = scheduling.create_queue(name)
        self._due: list[str] = []

    def add_quiet(self, number: int) -> None:
        """Create *number* rules and schedules that are not due during the run."""
        moment = whole_second(_now() + _FAR)
        rules = ("rate(1 day)", daily(moment))
        # A schedule with a rate would be due at once.
        schedules = (at(moment), daily(moment))
        for position in range(number // 2):
            self._add(
                f"{self._name}-quiet-{position}", rules[position % 2], schedules[position % 2]
            )

    def add_due(self, number: int) -> None:
        """Create *number* rules and schedules that are due at every full minute."""
        for position in range(number // 2):
            name = f"{self._name}-due-{position}"
            self._add(name, "cron(* * * * ? *)", "cron(* * * * ? *)")
            self._due.append(name)

    def arrivals(self) -> list[Arrival]:
        """Delete those that are due every minute; return their messages."""
        for name in self._due:
            self._scheduling.delete_rule(name)
            self._scheduling.delete_schedule(name)
        return self._scheduling.drain(self._queue)

    def _add(self, name: str, rule: str, schedule: str) -> None:
        self._scheduling.put_rule(name, rule, self._queue)
        self._scheduling.create_schedule(name, schedule, self._queue)


def _now() -> datetime:
    return datetime.now(UTC)
