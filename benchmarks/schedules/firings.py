"""Messages from rules and schedules, compared with the times at which these were due."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

MINUTE = timedelta(minutes=1)


class Defect(StrEnum):
    """A kind of defect of a firing."""

    MISSING = "missing"
    DOUBLE = "double"
    EARLY = "early"
    DISABLED = "after the rule was disabled"
    LEFT = "not deleted after completion"
    DATED = "with another time in the message"


@dataclass(frozen=True)
class Arrival:
    """A message that arrived.

    Parameters
    ----------
    sent
        When the queue received it, truncated to milliseconds.
    claimed
        The due time in the message; None if it has none.
    """

    sent: datetime
    claimed: datetime | None


@dataclass
class Verdict:
    """The verdict on firings.

    Parameters
    ----------
    expected
        The number of firings that were due.
    seen
        The number of messages that arrived for them.
    lateness
        Seconds from each due time to its message; negative if it was early.
    defects
        A line of evidence for each defect, by kind.
    """

    expected: int = 0
    seen: int = 0
    lateness: list[float] = field(default_factory=list)
    defects: dict[Defect, list[str]] = field(default_factory=dict)

    def add_defect(self, defect: Defect, evidence: str) -> None:
        """Add a defect."""
        self.defects.setdefault(defect, []).append(evidence)

    def count(self, defect: Defect) -> int:
        """Return the number of defects of a kind."""
        return len(self.defects.get(defect, []))

    def __add__(self, other: Verdict) -> Verdict:
        defects = {
            defect: [*self.defects.get(defect, []), *other.defects.get(defect, [])]
            for defect in Defect
            if defect in self.defects or defect in other.defects
        }
        return Verdict(
            self.expected + other.expected,
            self.seen + other.seen,
            [*self.lateness, *other.lateness],
            defects,
        )


def judge(
    due: Sequence[datetime],
    arrivals: Sequence[Arrival],
    *,
    until: datetime,
    disabled: datetime | None = None,
    copies: int = 1,
) -> Verdict:
    """Compare messages with due times.

    A message belongs to the due time that it contains. Without one, it belongs to the last due time
    before it, or to the first.

    Parameters
    ----------
    due
        All due times in order, including those during the wait for late messages.
    until
        Later due times do not count.
    disabled
        When the rule was disabled; no later time is due.
    copies
        Messages for each due time.
    """
    verdict = Verdict()
    last = min(until, disabled) if disabled else until
    found: dict[datetime, list[Arrival]] = {moment: [] for moment in due}
    for arrival in sorted(arrivals, key=lambda one: one.sent):
        if disabled and arrival.sent > disabled:
            verdict.add_defect(Defect.DISABLED, f"at {_time(arrival.sent)}")
        elif due:
            found[_due(due, arrival)].append(arrival)
    for moment in due:
        if moment > last:
            continue
        got = found[moment]
        verdict.expected += copies
        verdict.seen += len(got)
        for _ in range(copies - len(got)):
            verdict.add_defect(Defect.MISSING, f"due {_time(moment)}")
        for arrival in got[copies:]:
            verdict.add_defect(Defect.DOUBLE, _evidence(moment, arrival))
        for arrival in got:
            if arrival.sent < _whole_millisecond(moment):
                verdict.add_defect(Defect.EARLY, _evidence(moment, arrival))
            if arrival.claimed != moment:
                verdict.add_defect(Defect.DATED, f"{_evidence(moment, arrival)}, {_claim(arrival)}")
        verdict.lateness += [(arrival.sent - moment).total_seconds() for arrival in got[:copies]]
    return verdict


def times(first: datetime, until: datetime) -> list[datetime]:
    """Return the first time and all that are whole minutes later, until the last one."""
    return [first + number * MINUTE for number in range((until - first) // MINUTE + 1)]


def next_minute(moment: datetime) -> datetime:
    """Return the first full minute after a moment: when ``cron(* * * * ? *)`` is due."""
    return moment.replace(second=0, microsecond=0) + MINUTE


def arrival(message: dict[str, Any]) -> Arrival:
    """Read a message of SQS: when it was sent, and the ``time`` of its JSON."""
    milliseconds = int(message["Attributes"]["SentTimestamp"])
    sent = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return Arrival(sent + timedelta(milliseconds=milliseconds % 1000), _named(message["Body"]))


def _named(body: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(json.loads(body)["time"])
    except (ValueError, TypeError, KeyError):
        return None
    return moment if moment.tzinfo else None


def _due(due: Sequence[datetime], arrival: Arrival) -> datetime:
    if arrival.claimed is not None and arrival.claimed in due:
        return arrival.claimed
    return max((moment for moment in due if moment <= arrival.sent), default=due[0])


def _whole_millisecond(moment: datetime) -> datetime:
    """Truncate to milliseconds, as SQS does with SentTimestamp."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _evidence(moment: datetime, arrival: Arrival) -> str:
    return f"due {_time(moment)}, sent {_time(arrival.sent)}"


def _claim(arrival: Arrival) -> str:
    return f"says {_time(arrival.claimed)}" if arrival.claimed else "says none"


def _time(moment: datetime) -> str:
    return moment.strftime("%H:%M:%S.") + f"{moment.microsecond // 1000:03}"
