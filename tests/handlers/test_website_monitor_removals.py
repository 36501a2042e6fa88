"""Runs of website-monitor after sites were removed from the list."""

import json
from datetime import timedelta
from types import ModuleType

import pytest
from monitoring.monitor import CheckErrors
from monitoring.removals import Removals
from monitoring.states import LEASE, advance, retire
from monitoring.times import now, timestamp

from testbed.machine.waiting import until
from tests.handlers.aws_fakes import FakeS3, FakeSNS, client_error
from tests.handlers.examples import NOON, Context, down, site
from tests.handlers.websites import Web


def await_later_timestamp() -> None:
    """Wait for the next millisecond: a check in the same one would not change the state."""
    before = timestamp(now())
    until(lambda: timestamp(now()) > before, within=1, what="later timestamp")


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

    with pytest.raises(CheckErrors, match=r"1 of 2 .*: sites that were removed: An error"):
        monitor.handler({}, context)
    assert [alert["site"] for alert in sns.alerts] == ["shop", "blog"]

    s3.broken = {"state/shop.json": client_error("GetObject", "SlowDown", 503)}
    with pytest.raises(CheckErrors, match=r"1 of 2 .*: shop: An error"):
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
    """States are listed, and each read once, only while a run with an earlier list may exist."""
    seconds = 0.0
    vars(monitor)["removals"] = Removals(monitor.documents, lambda: seconds)
    quiet = ["get sites.yaml", "get state/blog.json", "put state/blog.json"]
    s3.objects["sites.yaml"] = web.sites("shop", "blog")
    monitor.handler({}, context)
    s3.objects["sites.yaml"] = web.sites("blog")
    calls = []
    for seconds in (60, 120, 180, 240):  # noqa: B007 (what the clock tells)
        s3.calls.clear()
        await_later_timestamp()
        monitor.handler({}, context)
        calls.append(sorted(s3.calls))

    assert calls == [
        sorted([*quiet, "list state/", "get state/shop.json"]),
        sorted([*quiet, "list state/"]),
        sorted([*quiet, "list state/"]),
        quiet,
    ]
