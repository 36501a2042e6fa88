"""Stored documents that are broken, deleted, or from a wrong clock: outages still raise alerts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.pipeline.conftest import DeployedPipeline, WatchedSite

type Change = Callable[[dict[str, Any]], None]


def key_of(site: WatchedSite) -> str:
    return f"state/{site.name}.json"


def change_state(pipeline: DeployedPipeline, site: WatchedSite, change: Change) -> None:
    """Change the stored state of a site."""
    bucket, s3 = pipeline.outputs["BucketName"], pipeline.aws.s3
    state = json.loads(s3.get_object(Bucket=bucket, Key=key_of(site))["Body"].read())
    change(state)
    s3.put_object(Bucket=bucket, Key=key_of(site), Body=json.dumps(state).encode())


def from_now(seconds: float) -> str:
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.parametrize("ahead", [3_600, 86_400])
def test_state_from_a_clock_that_was_ahead_hides_no_outage(
    pipeline: DeployedPipeline, site: WatchedSite, ahead: float
) -> None:
    change_state(pipeline, site, lambda state: state.update(checked_at=from_now(ahead)))
    site.website.answers(503)
    pipeline.check()
    pipeline.await_incident(site.name, "OPEN")
    site.website.recovers()
    pipeline.check()
    pipeline.await_incident(site.name, "CLOSED")


def test_deleted_state_leaves_one_incident(pipeline: DeployedPipeline, site: WatchedSite) -> None:
    site.website.answers(503)
    pipeline.check()
    opened = pipeline.await_incident(site.name, "OPEN")
    bucket, s3 = pipeline.outputs["BucketName"], pipeline.aws.s3
    s3.put_object(Bucket=bucket, Key=key_of(site), Body=b"{broken")
    failed = pipeline.check()["payload"]["errorMessage"]
    assert f"{key_of(site)} cannot be read" in failed
    assert "remove or repair it" in failed
    s3.delete_object(Bucket=bucket, Key=key_of(site))

    assert pipeline.check() == {
        "error": None,
        "payload": {"sites": {site.name: "DOWN"}, "alerts": []},
    }
    site.website.recovers()
    pipeline.check()
    closed = pipeline.await_incident(site.name, "CLOSED")
    assert closed["id"] == opened["id"]
    assert len(pipeline.incidents(site.name)) == 1


def test_incident_of_a_renamed_site_ends_and_a_new_one_begins(
    pipeline: DeployedPipeline, new_site: Callable[..., WatchedSite], site: WatchedSite
) -> None:
    site.website.answers(503)
    pipeline.check()
    pipeline.await_incident(site.name, "OPEN")
    renamed = f"{site.name}-renamed"
    pipeline.declare({**site.entry, "name": renamed})
    pipeline.check()

    ended = pipeline.await_incident(site.name, "CLOSED")
    assert "removed from sites.yaml" in ended["end_reason"]
    pipeline.await_incident(renamed, "OPEN")
    pipeline.declare(new_site().entry)
    pipeline.check()
    pipeline.await_incident(renamed, "CLOSED")


def test_pending_alert_of_a_removed_site_is_sent(
    pipeline: DeployedPipeline, new_site: Callable[..., WatchedSite], site: WatchedSite
) -> None:
    """The run died before it published the alert, and its lease has ended."""
    alerts: list[dict[str, Any]] = []

    def forget_publishing(state: dict[str, Any]) -> None:
        incident = state["incident"]
        alerts.append({"version": 1, "id": "any", **incident, "status": "DOWN"})
        state.update(pending=alerts, lease={"owner": "dead", "until": from_now(-1)})

    site.website.answers(503)
    pipeline.check()
    pipeline.await_incident(site.name, "OPEN")
    change_state(pipeline, site, forget_publishing)
    pipeline.declare(new_site().entry)

    sent = pipeline.check()["payload"]["alerts"]
    assert [alert.rpartition("-")[2] for alert in sent if site.name in alert] == ["DOWN", "UP"]


def test_broken_incident_hides_no_other(pipeline: DeployedPipeline, site: WatchedSite) -> None:
    site.website.answers(503)
    pipeline.check()
    incident = pipeline.await_incident(site.name, "OPEN")
    bucket, s3 = pipeline.outputs["BucketName"], pipeline.aws.s3
    broken = f"incidents/0000000000000-{site.name}.json"
    s3.put_object(Bucket=bucket, Key=broken, Body=b"{broken")
    try:
        answer = pipeline.api.send("GET", "/incidents", params={"site": site.name})
    finally:
        s3.delete_object(Bucket=bucket, Key=broken)
    assert answer.status_code == 200
    assert [each["id"] for each in answer.json()["incidents"]] == [incident["id"]]
    [error] = answer.json()["errors"]
    assert error.startswith(f"{broken} cannot be read")


@pytest.mark.parametrize("body", [b"\xff\xfe", '{"sites": ["größer"]}'.encode("latin-1"), b"\x80"])
@pytest.mark.parametrize("content_type", ["application/json", "application/octet-stream"])
def test_request_that_is_not_utf_8_is_rejected(
    pipeline: DeployedPipeline, site: WatchedSite, body: bytes, content_type: str
) -> None:
    answer = pipeline.api.send("POST", "/checks", data=body, headers={"Content-Type": content_type})
    assert answer.status_code == 400, answer.text


def test_responses_of_s3_have_a_date(pipeline: DeployedPipeline, site: WatchedSite) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/RESTCommonResponseHeaders.html"""
    bucket, s3 = pipeline.outputs["BucketName"], pipeline.aws.s3
    found = s3.get_object(Bucket=bucket, Key="sites.yaml")
    found["Body"].close()
    with pytest.raises(s3.exceptions.ClientError) as unchanged:
        s3.get_object(Bucket=bucket, Key="sites.yaml", IfNoneMatch=found["ETag"])
    for answer in (found, unchanged.value.response):
        assert answer["ResponseMetadata"]["HTTPHeaders"]["date"]
