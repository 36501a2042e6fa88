"""Durations and times, as they are typed and shown."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click
import pytest

from testbed.terminal.durations import (
    Duration,
    Moment,
    Since,
    ago,
    duration_text,
    local_time_text,
    moment_text,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("5m", 300), ("2h", 7200), ("1d", 86_400), ("1h30m", 5400), ("0s", 0)],
)
def test_duration(text: str, seconds: int) -> None:
    assert Duration().convert(text, None, None) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "2", "h", "2 h", "-2h", "1.5h", "30m1h", "1h1h", "soon", "²h", "9" * 20 + "d"]
)
def test_invalid_duration(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Duration().convert(text, None, None)


def test_ago_is_never_before_1970() -> None:
    earliest = datetime.now(UTC) - timedelta(hours=1)
    assert earliest <= ago(timedelta(hours=1)) <= datetime.now(UTC) - timedelta(hours=1)
    assert ago(timedelta.max) == ago(timedelta(days=100 * 365)) == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2026-12-24T12:00Z", "2026-12-24T13:00:00+01:00", "2026-12-24 12:00", "20261224T12"],
)
def test_moment(text: str) -> None:
    assert Moment().convert(text, None, None) == datetime(2026, 12, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01", "12:00", "0001-01-01T00:00+23:00"])
def test_invalid_moment(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Moment().convert(text, None, None)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (-1, "0s"), (0.2, "1s"), (90, "1m30s"), (86_400, "1d"), (93_784, "1d2h3m4s")],
)
def test_duration_is_shown_as_it_can_be_typed(seconds: float, text: str) -> None:
    assert duration_text(timedelta(seconds=seconds)) == text


def test_moment_is_shown_in_utc() -> None:
    assert moment_text("2026-12-24T13:00:01.5+01:00") == "2026-12-24 12:00:01 UTC"


def test_since() -> None:
    def converted(text: str) -> datetime:
        return Since().convert(text, None, None)

    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    assert abs(converted("1h") - hour_ago) < timedelta(seconds=10)
    today = datetime.now().astimezone().date()
    assert converted("14:30") == datetime.fromisoformat(f"{today}T14:30").astimezone(UTC)
    assert converted("2026-12-24T12:00Z") == datetime(2026, 12, 24, 12, tzinfo=UTC)
    local = datetime(2026, 12, 24, 12).astimezone(UTC)
    assert converted("2026-12-24 12:00") == converted("2026-12-24T12:00:00") == local


@pytest.mark.parametrize("text", ["", "soon", "25:00", "5", "-5m"])
def test_invalid_since(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Since().convert(text, None, None)


def test_time_has_its_date_if_that_is_not_today() -> None:
    now = datetime.now(UTC).replace(microsecond=123_456)
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.123", local_time_text(now))
    earlier = local_time_text(now - timedelta(days=2))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.123", earlier)
