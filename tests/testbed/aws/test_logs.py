"""Following logs, with log groups of a few lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, cast

import pytest

from testbed.aws import logs
from testbed.aws.clients import Aws
from testbed.aws.logs import LogSource, follow_logs


@dataclass
class FakeLogs:
    """One log group; each time that it is read, the next events are there."""

    arriving: list[list[tuple[int, str]]]
    events: list[tuple[int, str]] = field(default_factory=list)
    returned: int = 0

    class exceptions:
        ResourceNotFoundException = KeyError

    def get_paginator(self, _operation: str) -> FakeLogs:
        return self

    def paginate(self, *, logGroupName: str, startTime: int) -> list[dict[str, Any]]:
        if self.arriving:
            self.events += self.arriving.pop(0)
        found = [
            {"eventId": f"{when} {text}", "timestamp": when, "message": f"{text}\n"}
            for when, text in self.events
            if when >= startTime
        ]
        self.returned += len(found)
        return [{"events": found}]


@dataclass
class FakeAws:
    logs: FakeLogs


def followed(fake: FakeLogs, count: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(logs, "_FOLLOW_SECONDS", 0)
    start = datetime.fromtimestamp(0, UTC)
    lines = follow_logs(cast(Aws, FakeAws(fake)), lambda: [LogSource.of("f")], start)
    return [line.message for line in islice(lines, count)]


def test_following_reads_no_line_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line a second for half an hour: each is read as often as its neighbours arrive."""
    count = 1800
    fake = FakeLogs([[(second * 1000, str(second))] for second in range(count)])
    assert followed(fake, count, monkeypatch) == [str(second) for second in range(count)]
    assert fake.returned <= count * 12


def test_following_shows_lines_that_come_late_or_together(monkeypatch: pytest.MonkeyPatch) -> None:
    late = [(1000, "a"), (20_000, "b")], [(20_000, "c")], [(12_000, "late"), (20_000, "d")]
    fake = FakeLogs([list(each) for each in late])
    assert followed(fake, 5, monkeypatch) == ["a", "b", "c", "late", "d"]
