"""The clock that all runs share, independent of the clocks of their machines."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import product

import pytest
from monitoring.storage import Documents, Unchanged
from monitoring.times import CLOCK_ERROR, SharedClock

from tests.handlers.aws_fakes import FakeS3
from tests.handlers.examples import NOON

DAY, HOUR = 86_400.0, 3_600.0
TOMORROW = format_datetime(NOON + timedelta(days=1), usegmt=True)


class Machine:
    """A machine whose clock differs from S3's, and a response of S3."""

    def __init__(self, wrong_by: float) -> None:
        self.true = 0.0
        self.wrong_by = wrong_by
        self.clock = SharedClock(self.now, lambda: self.true)

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.true + self.wrong_by)

    def ask(self, way_there: float, way_back: float) -> None:
        began = self.clock.mark()
        self.true += way_there
        date = format_datetime(NOON + timedelta(seconds=self.true), usegmt=True)
        self.true += way_back
        self.clock.correct(date, began)

    @property
    def error(self) -> float:
        return (self.clock() - NOON).total_seconds() - self.true


def test_without_a_response_the_machines_clock_counts() -> None:
    assert Machine(DAY).error == DAY


@pytest.mark.parametrize(
    ("start", "wrong_by"), list(product((0.0, 0.5, 0.999), (-0.0004, 0, 0.0004)))
)
def test_a_clock_that_may_be_right_is_kept_to_the_millisecond(
    start: float, wrong_by: float
) -> None:
    machine = Machine(wrong_by)
    machine.true = start
    machine.ask(0.01, 0.01)

    assert abs(machine.error) < 0.001


@pytest.mark.parametrize(
    ("start", "wrong_by", "ways"),
    list(
        product((0.0, 0.5, 0.999), (-DAY, -HOUR, -3, 3, HOUR, DAY), ((0.0, 0.0), (1.5, 0), (0, 2)))
    ),
)
def test_a_wrong_clock_is_corrected(
    start: float, wrong_by: float, ways: tuple[float, float]
) -> None:
    machine = Machine(wrong_by)
    machine.true = start
    machine.ask(*ways)
    corrected = machine.error

    assert abs(corrected) <= 1 + sum(ways) < CLOCK_ERROR.total_seconds()
    machine.true += 600  # no answer in between
    assert machine.error == pytest.approx(corrected, abs=0.001)


@pytest.mark.parametrize(
    "date",
    [
        "",
        "noon",
        "Fri, 02 Jan 2026 99:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Fri, 02 Jan 99999999999999999999 12:00:00 GMT",
        "Fri, 02 Jan 2026 12:00:00 +99999999999999999999",
    ],
)
def test_a_response_without_a_date_corrects_nothing(date: str) -> None:
    machine = Machine(DAY)
    machine.clock.correct(date, 0)

    assert machine.error == DAY


def missing(documents: Documents) -> None:
    assert documents.get("key") is None


def present(documents: Documents) -> None:
    documents.put("key", {}, replacing=None)


def unchanged(documents: Documents) -> None:
    etag = documents.put("key", {}, replacing=None)
    documents.clock.correct(TOMORROW, 0)
    with pytest.raises(Unchanged):
        documents.read("key", known=etag)


def listed(documents: Documents) -> None:
    assert list(documents.keys("prefix/")) == []


@pytest.mark.parametrize("ask", [missing, present, unchanged, listed])
def test_every_response_of_s3_corrects_the_clock(
    s3: FakeS3, ask: Callable[[Documents], None]
) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/RESTCommonResponseHeaders.html"""
    s3.clock = lambda: NOON
    clock = SharedClock(lambda: NOON + timedelta(days=1), lambda: 0)
    documents = Documents(s3, "bucket", clock)  # type: ignore[arg-type]

    ask(documents)

    assert abs(documents.clock() - NOON) <= timedelta(seconds=1)
