"""The function website-monitor."""

import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from monitoring.sites import SitesError
from monitoring.state_store import PUBLISHING
from monitoring.times import epoch_ms

from tests.handlers.aws_fakes import FakeS3, FakeSNS, open_gate
from tests.handlers.examples import NOON, Context, Event, at
from tests.handlers.websites import WAIT_LIMIT, Web


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
    """The machine's clock is wrong by decades."""
    s3.clock = lambda: NOON
    s3.objects["sites.yaml"] = web.sites("shop")
    web.codes = {"shop": 503}

    monitor.handler({}, context)

    [alert] = sns.alerts
    assert at(0) <= alert["started_at"] <= at(WAIT_LIMIT)
