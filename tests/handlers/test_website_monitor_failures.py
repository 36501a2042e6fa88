"""Failures in a run of website-monitor: they affect no other site."""

import threading
from types import ModuleType

import pytest
from monitoring import urls
from monitoring.monitor import CheckErrors

from tests.handlers.aws_fakes import FakeS3, FakeSNS, client_error
from tests.handlers.examples import Context
from tests.handlers.websites import Web


def test_broken_storage_of_one_site_stops_no_other(
    monitor: ModuleType, web: Web, s3: FakeS3, sns: FakeSNS, context: Context
) -> None:
    s3.objects["sites.yaml"] = web.sites("shop", "blog", "docs")
    s3.objects["state/docs.json"] = b"broken"
    s3.broken["state/shop.json"] = client_error("GetObject", "SlowDown", 503)
    web.codes = {"shop": 503, "blog": 503, "docs": 503}

    with pytest.raises(CheckErrors) as raised:
        monitor.handler({}, context)

    assert list(raised.value.reasons) == ["shop", "docs"]
    assert str(raised.value).startswith("2 of 3 sites could not be processed: shop: An error")
    assert "state/docs.json cannot be read" in raised.value.reasons["docs"]
    assert [alert["site"] for alert in sns.alerts] == ["blog"]


def test_an_unpublished_alert_fails_the_run_and_is_published_by_the_next(
    monitor: ModuleType, web: Web, s3: FakeS3, sns: FakeSNS, context: Context
) -> None:
    s3.objects["sites.yaml"] = web.sites("shop")
    sns.failures = [client_error("Publish", "InternalError", 500)]
    web.codes = {"shop": 503}

    with pytest.raises(CheckErrors, match="1 of 1 sites could not be processed: shop: An error"):
        monitor.handler({}, context)
    assert sns.messages == []

    monitor.handler({}, context)
    assert [alert["site"] for alert in sns.alerts] == ["shop"]


def test_a_slow_site_delays_no_other_alert(
    monitor: ModuleType, web: Web, s3: FakeS3, sns: FakeSNS, context: Context
) -> None:
    """The slow site answers only after the other alert is published."""
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
    """Nor do their checks delay those of other sites beyond the time limit."""
    hostile = [f"hostile-{number}" for number in range(14)]
    web.raw = dict.fromkeys(hostile, response)
    web.raw["up"] = b"HTTP/1.1 200 OK\r\n\r\nwelcome"
    web.codes = {"down": 503}
    s3.objects["sites.yaml"] = web.sites(*hostile, "up", "down", more=", expect: welcome")

    result = monitor.handler({}, context)

    assert list(result["sites"]) == [*hostile, "up", "down"]
    assert (result["sites"]["up"], result["sites"]["down"]) == ("UP", "DOWN")
    assert "down" in [alert["site"] for alert in sns.alerts]
    # The CPU time of one check must be far below the time limit of the others.
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
