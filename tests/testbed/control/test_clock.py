"""The client of the clock: which schedule a name selects, and unexpected answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from testbed.control.clock import (
    Clock,
    InvalidAdvanceError,
    check_firings,
    choose,
    label,
)
from testbed.errors import TestbedError
from tests.testbed.schedules import GROUPED, NIGHTLY, RULE, SCHEDULES, firing, schedule

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
def test_schedule_is_selected_by_name_group_or_arn(name: str, arn: str) -> None:
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


def test_ambiguous_name_lists_the_groups() -> None:
    with pytest.raises(TestbedError) as raised:
        choose("nightly", [*ALL, schedule(f"{SCHEDULES}/reports/nightly")])
    assert (
        "More than one schedule is named nightly: nightly, reports/nightly" in raised.value.message
    )


def test_ambiguous_name_of_a_rule_and_a_schedule_lists_the_arns() -> None:
    same = f"{SCHEDULES}/default/cron-rule"
    with pytest.raises(TestbedError) as raised:
        choose("cron-rule", [*ALL, schedule(same)])
    assert f"{RULE}, {same}" in raised.value.message


def test_label_leaves_out_the_default_group() -> None:
    assert [label(each["arn"]) for each in ALL] == ["cron-rule", "nightly", "reports/weekly"]


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
    """Answers all requests, or all POST requests, with one response, and keeps their bodies."""

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


def test_invalid_advance(endpoint: Endpoint) -> None:
    endpoint.view = VIEW
    endpoint.status, endpoint.content = 400, b'{"message": "the clock goes forward only"}'
    with pytest.raises(InvalidAdvanceError, match="forward only"):
        Clock(endpoint.url).advance_to(datetime(2020, 1, 1, tzinfo=UTC))


def test_advance_sends_the_duration_or_the_time(endpoint: Endpoint) -> None:
    endpoint.view = VIEW
    endpoint.content = b'{"now": "2026-12-24T12:00:00Z", "fired": []}'
    clock = Clock(endpoint.url)
    clock.advance_by(timedelta(hours=2))
    clock.advance_to(datetime(2026, 12, 24, 12, tzinfo=UTC))
    assert endpoint.bodies == [{"seconds": 7200.0}, {"to": "2026-12-24T12:00:00+00:00"}]
