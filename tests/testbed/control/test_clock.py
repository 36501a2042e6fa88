"""Which schedule is meant, what is shown of it, and endpoints that have no clock."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from testbed.commands.clock import print_advance, print_clock
from testbed.control.clock import (
    Clock,
    Firing,
    InvalidAdvanceError,
    Schedule,
    check_firings,
    choose,
    label,
)
from testbed.errors import TestbedError

RULE = "arn:aws:events:us-east-1:000000000000:rule/cron-rule"
SCHEDULES = "arn:aws:scheduler:us-east-1:000000000000:schedule"


def schedule(arn: str, **values: Any) -> Schedule:
    *groups, name = arn.partition("/")[2].split("/")
    made: Any = {
        "kind": "schedule" if groups else "rule",
        "name": name,
        "arn": arn,
        "expression": "rate(1 minute)",
        "state": "ENABLED",
        **({"group": groups[0]} if groups else {}),
        **values,
    }
    return made  # type: ignore[no-any-return]


NIGHTLY, GROUPED = f"{SCHEDULES}/default/nightly", f"{SCHEDULES}/reports/weekly"
ALL = [schedule(RULE), schedule(NIGHTLY), schedule(GROUPED)]


@pytest.mark.parametrize(
    ("name", "arn"),
    [
        ("cron-rule", RULE),
        ("nightly", NIGHTLY),
        ("default/nightly", NIGHTLY),
        ("weekly", GROUPED),
        ("reports/weekly", GROUPED),
        (GROUPED, GROUPED),
    ],
)
def test_schedule_is_meant_by_name_or_group_or_arn(name: str, arn: str) -> None:
    assert choose(name, ALL) == arn


def test_the_only_schedule_needs_no_name() -> None:
    assert choose(None, [schedule(NIGHTLY)]) == NIGHTLY


def test_one_of_several_needs_a_name() -> None:
    with pytest.raises(TestbedError) as raised:
        choose(None, ALL)
    assert "cron-rule, nightly, reports/weekly" in raised.value.message


def test_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(TestbedError) as raised:
        choose("none", ALL)
    assert "none" in raised.value.message
    assert "cron-rule, nightly, reports/weekly" in raised.value.advice


@pytest.mark.parametrize("name", [None, "nightly"])
def test_nothing_to_fire(name: str | None) -> None:
    with pytest.raises(TestbedError) as raised:
        choose(name, [])
    assert "testbed deploy" in raised.value.advice


def test_name_that_two_have_is_told_apart_by_group() -> None:
    with pytest.raises(TestbedError) as raised:
        choose("nightly", [*ALL, schedule(f"{SCHEDULES}/reports/nightly")])
    assert (
        "More than one schedule is named nightly: nightly, reports/nightly" in raised.value.message
    )


def test_name_that_a_rule_and_a_schedule_have_is_told_apart_by_arn() -> None:
    same = f"{SCHEDULES}/default/cron-rule"
    with pytest.raises(TestbedError) as raised:
        choose("cron-rule", [*ALL, schedule(same)])
    assert f"{RULE}, {same}" in raised.value.message


def test_label_leaves_out_the_default_group() -> None:
    assert [label(each["arn"]) for each in ALL] == ["cron-rule", "nightly", "reports/weekly"]


def test_clock_is_shown_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    print_clock(
        {
            "now": "2026-12-24T12:00:00.250000Z",
            "offset_seconds": 7200.0,
            "next": [
                schedule(RULE, scheduled_time="2026-12-24T13:30:00Z"),
                schedule(GROUPED, state="DISABLED"),
                schedule(NIGHTLY, expression="at(2026-12-24T01:00:00)"),
            ],
        }
    )
    assert capsys.readouterr().out.splitlines() == [
        "2026-12-24 12:00:00 UTC  2h ahead of real time",
        "",
        "name            kind      expression               next time                in",
        "cron-rule       rule      rate(1 minute)           2026-12-24 13:30:00 UTC  1h30m",
        "reports/weekly  schedule  rate(1 minute)           disabled",
        "nightly         schedule  at(2026-12-24T01:00:00)  never",
    ]


def firing(arn: str, attempt: int = 1, **values: str) -> Firing:
    made: Any = {"arn": arn, "scheduled_time": "2026-12-24T12:00:00Z", "attempt": attempt, **values}
    return made  # type: ignore[no-any-return]


def test_every_firing_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    fired = [firing(RULE), firing(NIGHTLY, error="gone"), firing(NIGHTLY, 2, error="gone")]
    print_advance({"now": "2026-12-24T12:00:01Z", "fired": fired})
    written = capsys.readouterr()
    assert written.out.splitlines() == [
        "2026-12-24 12:00:00 UTC  cron-rule",
        "2026-12-24 12:00:00 UTC  nightly    ✗ gone",
        "2026-12-24 12:00:00 UTC  nightly    attempt 2  ✗ gone",
    ]
    assert "2026-12-24 12:00:01 UTC" in written.err
    assert "3 firings" in written.err


def test_many_firings_are_summed_up(capsys: pytest.CaptureFixture[str]) -> None:
    times = [f"2026-12-24T12:{minute:02}:00Z" for minute in range(30)]
    fired = [firing(RULE, scheduled_time=time) for time in times]
    fired.insert(7, firing(NIGHTLY, error="gone"))
    print_advance({"now": "2026-12-24T12:30:00Z", "fired": fired})
    written = capsys.readouterr()
    assert written.out.splitlines() == [
        "name       firings  failed  first                    last",
        "cron-rule       30       0  2026-12-24 12:00:00 UTC  2026-12-24 12:29:00 UTC",
        "nightly          1       1  2026-12-24 12:00:00 UTC  2026-12-24 12:00:00 UTC",
        "",
        "2026-12-24 12:00:00 UTC  nightly  ✗ gone",
    ]
    assert "after 31 firings" in written.err


def test_firing_that_failed_is_an_error() -> None:
    check_firings([])
    check_firings([firing(RULE)])
    with pytest.raises(TestbedError, match="nightly failed") as raised:
        check_firings([firing(NIGHTLY, error="gone")])
    assert raised.value.details == "gone"
    with pytest.raises(TestbedError, match="1 of 2 firings failed, first nightly"):
        check_firings([firing(RULE), firing(NIGHTLY, error="gone")])


VIEW = b'{"now": "2026-12-24T10:00:00Z", "offset_seconds": 0, "next": []}'


class Endpoint(ThreadingHTTPServer):
    """Answers everything, or all that is posted, in one way, and keeps what was posted."""

    status = 200
    content = b""
    view: bytes | None = None

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[Any] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_GET(self) -> None:
        if self.server.view is None:
            self._answer(self.server.status, self.server.content)
        else:
            self._answer(200, self.server.view)

    def do_POST(self) -> None:
        self.server.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self._answer(self.server.status, self.server.content)

    def _answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (404, b'<?xml version="1.0"?><Error><Code>NoSuchBucket</Code></Error>'),
        (400, b'{"__type": "InvalidAction"}'),
        (400, b"<Error><Code>InvalidBucketName</Code></Error>"),
    ],
)
def test_endpoint_without_a_clock(endpoint: Endpoint, status: int, content: bytes) -> None:
    endpoint.status, endpoint.content = status, content
    clock = Clock(endpoint.url)
    for request in (clock.view, clock.fire, lambda: clock.advance_by(timedelta(1))):
        with pytest.raises(TestbedError, match="has no clock for schedules") as raised:
            request()
        assert "without TESTBED_SCHEDULES=0" in raised.value.advice
        assert not isinstance(raised.value, InvalidAdvanceError)
    assert endpoint.bodies == []


@pytest.mark.parametrize(
    ("status", "content", "shown"),
    [
        (403, b'{"message": "Missing Authentication Token"}', "Missing Authentication Token"),
        (500, b"<Error>InternalError</Error>", "<Error>InternalError</Error>"),
        (200, b"<ListBucketResult/>", "<ListBucketResult/>"),
        (200, b"{}", "{}"),
        (200, b"[]", "[]"),
    ],
)
def test_unexpected_answer_is_shown_as_it_is(
    endpoint: Endpoint, status: int, content: bytes, shown: str
) -> None:
    endpoint.status, endpoint.content = status, content
    with pytest.raises(TestbedError, match=f"returned HTTP {status}") as raised:
        Clock(endpoint.url).view()
    assert raised.value.details == shown


def test_endpoint_that_does_not_answer(endpoint: Endpoint) -> None:
    url = endpoint.url
    endpoint.server_close()
    with pytest.raises(TestbedError, match="does not answer"):
        Clock(url).view()


def test_advance_that_is_invalid(endpoint: Endpoint) -> None:
    endpoint.view = VIEW
    endpoint.status, endpoint.content = 400, b'{"message": "the clock goes forward only"}'
    with pytest.raises(InvalidAdvanceError, match="forward only"):
        Clock(endpoint.url).advance_to(datetime(2020, 1, 1, tzinfo=UTC))


def test_advance_says_how_far(endpoint: Endpoint) -> None:
    endpoint.view = VIEW
    endpoint.content = b'{"now": "2026-12-24T12:00:00Z", "fired": []}'
    clock = Clock(endpoint.url)
    clock.advance_by(timedelta(hours=2))
    clock.advance_to(datetime(2026, 12, 24, 12, tzinfo=UTC))
    assert endpoint.bodies == [{"seconds": 7200.0}, {"to": "2026-12-24T12:00:00+00:00"}]
