"""The function that checks websites."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any

import pytest
from monitoring import urls
from monitoring.ledger import PUBLISHING
from monitoring.monitor import Unhandled
from monitoring.removals import Removals
from monitoring.sites import SitesError
from monitoring.states import LEASE, advance, retire
from monitoring.times import epoch_ms

from tests.handlers.aws_fakes import FakeS3, FakeSNS, client_error, open_gate
from tests.handlers.examples import NOON, Context, Event, at, down, site

WAIT_LIMIT = 10.0
"""Seconds that something may take to happen before a test fails rather than hangs."""


class Web:
    """Websites at paths of one loopback server; what they answer is up to the test."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}
        self.raw: dict[str, bytes] = {}
        self.held: dict[str, threading.Event] = {}
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.strip("/")
                if name in web.held:
                    web.held[name].wait(WAIT_LIMIT)
                if name in web.raw:
                    self.wfile.write(web.raw[name])
                    return
                self.send_response(web.codes.get(name, 200))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def sites(self, *names: str, more: str = "") -> bytes:
        port = self.server.server_port
        entries = (
            f"{{name: {name}, url: 'http://127.0.0.1:{port}/{name}'{more}}}" for name in names
        )
        return f"sites: [{', '.join(entries)}]".encode()


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    thread = threading.Thread(target=web.server.serve_forever, args=(0.01,))
    thread.start()
    yield web
    web.server.shutdown()
    web.server.server_close()
    thread.join()


@pytest.fixture
def monitor(function: Callable[[str], ModuleType]) -> ModuleType:
    return function("website_monitor")


def test_the_schedule_checks_all_sites(
    monitor: ModuleType, web: Web, s3: FakeS3, sns: FakeSNS, event: Event, context: Context
) -> None:
    s3.objects["sites.yaml"] = web.sites("shop", "blog", "docs")
    web.codes = {"shop": 503, "docs": 404}

    result = monitor.handler(event("scheduled"), context)

    assert result["sites"] == {"shop": "DOWN", "blog": "UP", "docs": "DOWN"}
    assert result["alerts"] == sorted(sns.ids, reverse=True)
    assert {alert["site"]: alert["reason"] for alert in sns.alerts} == {
        "shop": "HTTP 503 Service Unavailable",
        "docs": "HTTP 404 Not Found",
    }


def test_a_recovery_is_published_once(
    monitor: ModuleType, web: Web, s3: FakeS3, sns: FakeSNS, context: Context
) -> None:
    s3.objects["sites.yaml"] = web.sites("shop")
    for code in (503, 503, 200, 200):
        web.codes = {"shop": code}
        monitor.handler({}, context)

    assert [alert["status"] for alert in sns.alerts] == ["DOWN", "UP"]
    assert sns.alerts[0]["started_at"] == sns.alerts[1]["started_at"]


def test_a_request_checks_the_sites_it_names(
    monitor: ModuleType,
    web: Web,
    s3: FakeS3,
    event: Event,
    context: Context,
    caplog: pytest.LogCaptureFixture,
) -> None:
    s3.objects["sites.yaml"] = web.sites("shop", "blog")
    request = event("check-requested")

    assert monitor.handler(request, context)["sites"] == {"shop": "UP"}

    request["detail"]["sites"] = ["gone"]
    assert monitor.handler(request, context) == {"sites": {}, "alerts": []}
    assert "unknown sites ignored" in caplog.messages


@pytest.mark.parametrize("detail", [{}, {"sites": []}, {"sites": None}])
def test_a_request_that_names_no_site_checks_all(
    monitor: ModuleType, web: Web, s3: FakeS3, event: Event, context: Context, detail: Any
) -> None:
    s3.objects["sites.yaml"] = web.sites("shop", "blog")

    result = monitor.handler({**event("check-requested"), "detail": detail}, context)

    assert list(result["sites"]) == ["shop", "blog"]


@pytest.mark.parametrize("sites", ["shop", [1], {"shop": 1}])
def test_a_malformed_request_fails(
    monitor: ModuleType, web: Web, s3: FakeS3, context: Context, sites: Any
) -> None:
    s3.objects["sites.yaml"] = web.sites("shop")

    with pytest.raises(ValueError, match=r"detail\.sites must be a list of site names"):
        monitor.handler({"detail": {"sites": sites}}, context)


def test_broken_storage_of_one_site_stops_no_other(
    monitor: ModuleType, web: Web, s3: FakeS3, sns: FakeSNS, context: Context
) -> None:
    s3.objects["sites.yaml"] = web.sites("shop", "blog", "docs")
    s3.objects["state/docs.json"] = b"broken"
    s3.broken["state/shop.json"] = client_error("GetObject", "SlowDown", 503)
    web.codes = {"shop": 503, "blog": 503, "docs": 503}

    with pytest.raises(Unhandled) as raised:
        monitor.handler({}, context)

    assert list(raised.value.reasons) == ["shop", "docs"]
    assert str(raised.value).startswith("2 of 3 sites could not be handled: shop: An error")
    assert "state/docs.json cannot be read" in raised.value.reasons["docs"]
    assert [alert["site"] for alert in sns.alerts] == ["blog"]


def test_an_unpublished_alert_fails_the_run_and_is_published_by_the_next(
    monitor: ModuleType, web: Web, s3: FakeS3, sns: FakeSNS, context: Context
) -> None:
    s3.objects["sites.yaml"] = web.sites("shop")
    sns.failures = [client_error("Publish", "InternalError", 500)]
    web.codes = {"shop": 503}

    with pytest.raises(Unhandled, match="1 of 1 sites could not be handled: shop: An error"):
        monitor.handler({}, context)
    assert sns.messages == []

    monitor.handler({}, context)
    assert [alert["site"] for alert in sns.alerts] == ["shop"]


def test_a_slow_site_delays_no_other_alert(
    monitor: ModuleType, web: Web, s3: FakeS3, sns: FakeSNS, context: Context
) -> None:
    """The slow site answers only once the other one's alert is out."""
    s3.objects["sites.yaml"] = web.sites("slow", "shop")
    web.codes = {"shop": 503}
    web.held = {"slow": threading.Event()}
    sns.gate = lambda moment: web.held["slow"].set() if moment == "publish done" else None

    result = monitor.handler({}, context)

    assert result["sites"] == {"slow": "UP", "shop": "DOWN"}


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html"


@pytest.mark.parametrize(
    "response",
    [
        HEAD + b"; charset*=x; charset*0=y\r\n\r\nwelcome",
        HEAD + b";" * 60_000 + b"\r\n\r\nwelcome",
        HEAD + b";" * 95_000 + b"\r\n\r\nwelcome",
        HEAD + b" " * 60_000 + b"\0\r\n\r\nwelcome",
    ],
    ids=["RFC 2231", "60,000 semicolons", "95,000 semicolons", "60,000 spaces"],
)
def test_hostile_sites_hide_no_outage(
    monitor: ModuleType, web: Web, s3: FakeS3, sns: FakeSNS, context: Context, response: bytes
) -> None:
    """Nor do they take so long that other sites exceed their time limits."""
    hostile = [f"hostile-{number}" for number in range(14)]
    web.raw = dict.fromkeys(hostile, response)
    web.raw["up"] = b"HTTP/1.1 200 OK\r\n\r\nwelcome"
    web.codes = {"down": 503}
    s3.objects["sites.yaml"] = web.sites(*hostile, "up", "down", more=", expect: welcome")

    result = monitor.handler({}, context)

    assert list(result["sites"]) == [*hostile, "up", "down"]
    assert (result["sites"]["up"], result["sites"]["down"]) == ("UP", "DOWN")
    assert "down" in [alert["site"] for alert in sns.alerts]
    # Processor time of one check must stay far below the time limit of the others.
    assert s3.load("state/up.json")["latency_ms"] < 2_000


def test_an_unexpected_error_in_a_check_affects_only_that_site(
    monitor: ModuleType,
    web: Web,
    s3: FakeS3,
    sns: FakeSNS,
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def parse(url: str) -> urls.Url:
        if url.endswith("/odd"):
            raise TypeError("no such thing")
        return real(url)

    real = urls.parse
    monkeypatch.setattr(urls, "parse", parse)
    s3.objects["sites.yaml"] = web.sites("shop", "odd", "blog")
    web.codes = {"blog": 503}

    result = monitor.handler({}, context)

    assert result["sites"] == {"shop": "UP", "odd": "DOWN", "blog": "DOWN"}
    reasons = {alert["site"]: alert["reason"] for alert in sns.alerts}
    assert reasons["odd"] == "unexpected TypeError: no such thing"
    assert reasons["blog"] == "HTTP 503 Service Unavailable"
    [record] = [each for each in caplog.records if each.message == "check failed unexpectedly"]
    assert record.exc_info is not None
    assert record.exc_info[0] is TypeError


def test_without_a_list_of_sites_the_run_fails(monitor: ModuleType, context: Context) -> None:
    with pytest.raises(SitesError, match=r"s3://bucket/sites\.yaml is missing"):
        monitor.handler({}, context)


def test_each_run_has_its_own_lease_which_outlasts_publishing(
    monitor: ModuleType, web: Web, s3: FakeS3, sns: FakeSNS, context: Context
) -> None:
    leases: list[Any] = []
    s3.objects["sites.yaml"] = web.sites("shop")
    sns.gate = lambda moment: leases.append(s3.load("state/shop.json"))
    for code in (503, 200):
        web.codes = {"shop": code}
        monitor.handler({}, context)

    first, *_, last = leases
    assert first["lease"]["owner"] != last["lease"]["owner"]
    remaining = epoch_ms(first["lease"]["until"]) - epoch_ms(first["checked_at"])
    assert remaining > PUBLISHING.total_seconds() * 1000


def test_two_concurrent_runs_of_one_event_send_one_alert(
    function: Callable[[str], ModuleType],
    web: Web,
    s3: FakeS3,
    sns: FakeSNS,
    event: Event,
    context: Context,
) -> None:
    """Lambda may deliver an event twice, with the same request id.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    """
    first, second = function("website_monitor"), function("website_monitor")
    s3.objects["sites.yaml"] = web.sites("shop")
    web.codes = {"shop": 503}
    results: list[Any] = []

    def deliver_again(moment: str) -> None:
        sns.gate = open_gate
        thread = threading.Thread(
            target=lambda: results.append(second.handler(event("scheduled"), context))
        )
        thread.start()
        thread.join(WAIT_LIMIT)

    sns.gate = deliver_again
    results.append(first.handler(event("scheduled"), context))

    assert [len(result["alerts"]) for result in results] == [0, 1]
    assert len(sns.ids) == 1
    assert s3.load("state/shop.json")["pending"] == []


def test_the_clock_of_s3_is_used(
    monitor: ModuleType, web: Web, s3: FakeS3, sns: FakeSNS, context: Context
) -> None:
    """The machine's clock is decades wrong."""
    s3.clock = lambda: NOON
    s3.objects["sites.yaml"] = web.sites("shop")
    web.codes = {"shop": 503}

    monitor.handler({}, context)

    [alert] = sns.alerts
    assert at(0) <= alert["started_at"] <= at(WAIT_LIMIT)


def test_the_incident_of_a_removed_site_ends(
    monitor: ModuleType, web: Web, s3: FakeS3, sns: FakeSNS, context: Context
) -> None:
    s3.objects["sites.yaml"] = web.sites("shop", "blog")
    web.codes = {"shop": 503}
    monitor.handler({}, context)
    s3.objects["sites.yaml"] = web.sites("blog", "store")

    result = monitor.handler({}, context)

    assert result["sites"] == {"blog": "UP", "store": "UP"}
    assert result["alerts"] == sns.ids[1:]
    assert [alert["site"] for alert in sns.alerts] == ["shop", "shop"]
    assert sns.alerts[1]["end_reason"] == "it was removed from sites.yaml"


def test_a_check_of_one_site_ends_the_incident_of_no_other(
    monitor: ModuleType, web: Web, s3: FakeS3, sns: FakeSNS, context: Context
) -> None:
    s3.objects["sites.yaml"] = web.sites("shop", "blog")
    web.codes = {"shop": 503}
    monitor.handler({}, context)

    monitor.handler({"detail": {"sites": ["blog"]}}, context)

    assert [alert["status"] for alert in sns.alerts] == ["DOWN"]


def test_a_failure_for_removed_sites_stops_no_check_and_is_retried(
    monitor: ModuleType, web: Web, s3: FakeS3, sns: FakeSNS, context: Context
) -> None:
    s3.objects["sites.yaml"] = web.sites("shop", "blog")
    web.codes = {"shop": 503}
    monitor.handler({}, context)
    s3.objects["sites.yaml"] = web.sites("blog")
    web.codes = {"blog": 503}
    s3.broken["state/"] = client_error("ListObjectsV2", "SlowDown", 503)

    with pytest.raises(Unhandled, match=r"1 of 2 .*: sites that were removed: An error"):
        monitor.handler({}, context)
    assert [alert["site"] for alert in sns.alerts] == ["shop", "blog"]

    s3.broken = {"state/shop.json": client_error("GetObject", "SlowDown", 503)}
    with pytest.raises(Unhandled, match=r"1 of 2 .*: shop: An error"):
        monitor.handler({}, context)

    s3.broken = {}
    monitor.handler({}, context)
    assert [alert["site"] for alert in sns.alerts] == ["shop", "blog", "shop"]


def test_a_removed_site_with_a_leased_alert_is_processed_again(
    monitor: ModuleType, web: Web, s3: FakeS3, sns: FakeSNS, context: Context
) -> None:
    seconds = 0.0
    vars(monitor)["removals"] = Removals(monitor.documents, lambda: seconds)
    s3.clock = lambda: NOON + timedelta(seconds=seconds)
    s3.objects["sites.yaml"] = web.sites()
    state = advance(None, site("shop"), down(0), NOON).claimed("a run that died", NOON)
    s3.objects["state/shop.json"] = json.dumps(retire(state, NOON).document()).encode()
    for seconds in (1, LEASE.total_seconds() - 2):  # noqa: B007 (what the clocks tell)
        assert monitor.handler({}, context)["alerts"] == []

    seconds = 100
    assert len(monitor.handler({}, context)["alerts"]) == 2


def test_a_settled_list_causes_no_requests_for_removed_sites(
    monitor: ModuleType, web: Web, s3: FakeS3, context: Context
) -> None:
    """Only while a run with an earlier list may be there, it lists states, and reads each once."""
    seconds = 0.0
    vars(monitor)["removals"] = Removals(monitor.documents, lambda: seconds)
    quiet = ["get sites.yaml", "get state/blog.json", "put state/blog.json"]
    s3.objects["sites.yaml"] = web.sites("shop", "blog")
    monitor.handler({}, context)
    s3.objects["sites.yaml"] = web.sites("blog")
    calls = []
    for seconds in (60, 120, 180, 240):  # noqa: B007 (what the clock tells)
        s3.calls.clear()
        monitor.handler({}, context)
        calls.append(sorted(s3.calls))

    assert calls == [
        sorted([*quiet, "list state/", "get state/shop.json"]),
        sorted([*quiet, "list state/"]),
        sorted([*quiet, "list state/"]),
        quiet,
    ]
