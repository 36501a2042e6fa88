"""The endpoints that show and advance the clock of schedules."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from testbed.errors import StartError
from tests.extension.conftest import Clients, running_localstack
from tests.extension.control import ErrorResponse
from tests.extension.scheduling import Clock


def test_clock_goes_with_real_time_plus_an_offset(clock: Clock) -> None:
    before = datetime.now(UTC)
    shown = clock.show()
    after = datetime.now(UTC)

    offset = timedelta(seconds=shown["offset_seconds"])
    assert before <= datetime.fromisoformat(shown["now"]) - offset <= after


def test_clock_is_moved_by_seconds(clock: Clock) -> None:
    before = clock.show()

    clock.advance(seconds=90.5)

    after = clock.show()
    assert after["offset_seconds"] >= before["offset_seconds"] + 90.4
    assert datetime.fromisoformat(after["now"]) > datetime.fromisoformat(before["now"])


def test_clock_is_moved_to_a_moment(clock: Clock) -> None:
    moment = clock.now() + timedelta(hours=3)

    clock.advance_to(moment)

    assert moment <= clock.now() < moment + timedelta(minutes=1)


def test_moment_without_a_time_zone_is_in_utc(clock: Clock) -> None:
    moment = clock.now() + timedelta(hours=3)

    clock.advance(to=moment.replace(tzinfo=None).isoformat())

    assert moment <= clock.now() < moment + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "must be a JSON object"),
        (b"{", "not valid JSON"),
        (b"\xff", "not valid JSON"),
        (b"[1]", "must be a JSON object"),
        (b"{}", "expected"),
        (b'{"seconds": "1"}', "expected"),
        (b'{"seconds": 1, "to": "2100-01-01"}', "expected"),
        (b'{"seconds": -1}', "not a number of 0 or more"),
        (b'{"seconds": true}', "not a number of 0 or more"),
        (b'{"seconds": NaN}', "not a number of 0 or more"),
        (b'{"seconds": 1e300}', "too large"),
        (b'{"seconds": 1e10}', "hundred years"),
        (b'{"to": "9999-12-31T23:59:59-23:59"}', "hundred years"),
        (b'{"to": "0001-01-01T00:00:00+23:59"}', "only goes forward"),
        (b'{"to": "tomorrow"}', "not a time in ISO 8601"),
        (b'{"to": "2020-01-01T00:00:00Z"}', "only goes forward"),
    ],
)
def test_invalid_request_is_rejected(clock: Clock, content: bytes, message: str) -> None:
    before = clock.show()["offset_seconds"]

    with pytest.raises(ErrorResponse) as raised:
        clock.post("/_testbed/clock/advance", content)

    assert raised.value.status == 400
    assert message in raised.value.message
    assert clock.show()["offset_seconds"] == before


@pytest.mark.parametrize("content", [b"", b"{}", b'{"arn": 1}'])
def test_fire_needs_an_arn(clock: Clock, content: bytes) -> None:
    with pytest.raises(ErrorResponse) as raised:
        clock.post("/_testbed/schedules/fire", content)

    assert raised.value.status == 400


def test_unknown_arn_cannot_be_fired(clock: Clock) -> None:
    with pytest.raises(ErrorResponse) as raised:
        clock.fire("arn:aws:events:us-east-1:000000000000:rule/none")

    assert raised.value.status == 404


def test_advance_with_too_many_firings_is_rejected(clock: Clock, aws: Clients, name: str) -> None:
    aws["events"].put_rule(Name=name, ScheduleExpression="rate(1 minute)")
    try:
        with pytest.raises(ErrorResponse) as raised:
            clock.advance(seconds=3600 * 24 * 365)
    finally:
        aws["events"].delete_rule(Name=name)

    assert raised.value.status == 400
    assert "smaller steps" in raised.value.message


def test_invalid_setting_stops_localstack(tmp_path: Path) -> None:
    with (
        pytest.raises(StartError),
        running_localstack(tmp_path, TESTBED_SCHEDULES_RETRY_SECONDS="soon"),
    ):
        pass

    log = (tmp_path / "localstack.log").read_text()
    assert "TESTBED_SCHEDULES_RETRY_SECONDS=soon is invalid: it must be a number" in log
    assert "Traceback" not in log
