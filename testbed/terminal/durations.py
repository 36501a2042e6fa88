"""Durations and times, as they are typed and shown at a terminal."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile("".join(rf"(?:(?P<{unit}>\d+){unit})?" for unit in _SECONDS), re.ASCII)

_TIME_OF_DAY = re.compile(r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?", re.ASCII)

# CloudWatch Logs, for one, rejects negative timestamps.
_FIRST_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class Duration(click.ParamType[timedelta]):
    """A duration such as 90s, 5m, 2h, 1d or 1h30m."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Convert what was typed to a duration."""
        if isinstance(value, timedelta):
            return value
        match = _DURATION.fullmatch(value)
        if not value or match is None:
            self.fail(f"{value!r} is not a duration such as 90s, 5m, 2h, 1d or 1h30m.", param, ctx)
        counts = match.groupdict(default="0")
        try:
            return timedelta(seconds=sum(int(counts[unit]) * _SECONDS[unit] for unit in _SECONDS))
        except (OverflowError, ValueError):  # Python converts no number of thousands of digits
            self.fail("the duration is too long.", param, ctx)


class Moment(click.ParamType[datetime]):
    """A time in ISO 8601; in UTC, unless it has an offset."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Convert what was typed to a time in UTC."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return moment.astimezone(UTC)
        except (OverflowError, ValueError):
            self.fail(f"{value!r} is not a time in ISO 8601 such as 2026-12-24T12:00Z.", param, ctx)


class Since(click.ParamType[datetime]):
    """A moment in the past: a duration such as 5m before now, a time of today, or any time.

    Unlike a :class:`Moment`, a time without an offset is in local time, as log lines are shown.
    """

    name = "duration or time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Convert what was typed to a time in UTC."""
        if isinstance(value, datetime):
            return value
        if value and _DURATION.fullmatch(value):
            return ago(Duration().convert(value, param, ctx))
        try:
            if _TIME_OF_DAY.fullmatch(value):
                today = datetime.now().astimezone().date()
                return max(datetime.fromisoformat(f"{today}T{value}").astimezone(UTC), _FIRST_TIME)
            return max(datetime.fromisoformat(value).astimezone(UTC), _FIRST_TIME)
        except (OverflowError, ValueError):
            self.fail(
                f"{value!r} is neither a duration such as 5m or 1h30m nor a time such as 14:30 or"
                " 2026-12-24T12:00Z.",
                param,
                ctx,
            )


def ago(duration: timedelta) -> datetime:
    """Return the time that long ago, but at the earliest the first one that AWS APIs accept."""
    since_first = datetime.now(UTC) - _FIRST_TIME
    return _FIRST_TIME + max(since_first - duration, timedelta())


def duration_text(duration: timedelta) -> str:
    """Format a duration as it can be typed, rounded up to whole seconds."""
    rest = max(math.ceil(duration.total_seconds()), 0)
    parts = []
    for unit, seconds in _SECONDS.items():
        count, rest = divmod(rest, seconds)
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0s"


def moment_text(iso: str) -> str:
    """Format a time in ISO 8601 for people: in UTC, without fractions of a second."""
    return datetime.fromisoformat(iso).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def local_time_text(moment: datetime) -> str:
    """Format a time for people: local, with milliseconds, and with the date if not today's."""
    local = moment.astimezone()
    today = local.date() == datetime.now().astimezone().date()
    return f"{local:{'' if today else '%Y-%m-%d '}%H:%M:%S.%f}"[:-3]
