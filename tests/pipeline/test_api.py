"""The REST API."""

from __future__ import annotations

from collections.abc import Callable

from tests.pipeline.conftest import DeployedPipeline, WatchedSite


def test_status_shows_every_configured_site(
    pipeline: DeployedPipeline, new_site: Callable[..., WatchedSite], site: WatchedSite
) -> None:
    unchecked = new_site()
    pipeline.declare(site.entry, unchecked.entry)
    answer = pipeline.api.send("GET", "/status")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    statuses = {shown["name"]: shown["status"] for shown in answer.json()["sites"]}
    assert statuses == {site.name: "UP", unchecked.name: "UNKNOWN"}


def test_one_site_with_its_incidents(pipeline: DeployedPipeline, site: WatchedSite) -> None:
    site.website.answers(503)
    pipeline.check()
    incident = pipeline.await_incident(site.name, "OPEN")
    answer = pipeline.api.send("GET", f"/sites/{site.name}")
    assert answer.status_code == 200
    body = answer.json()
    assert body["status"] == "DOWN"
    assert [shown["id"] for shown in body["incidents"]] == [incident["id"]]


def test_unknown_site_is_not_found(pipeline: DeployedPipeline, site: WatchedSite) -> None:
    answer = pipeline.api.send("GET", "/sites/no-such-site")
    assert answer.status_code == 404
    assert "no-such-site" in answer.json()["message"]


def test_incidents_are_paginated_newest_first(
    pipeline: DeployedPipeline, site: WatchedSite
) -> None:
    for count in range(1, 4):
        site.website.answers(503)
        pipeline.check()
        pipeline.await_incident(site.name, "OPEN")
        site.website.recovers()
        pipeline.check()
        pipeline.await_incident(site.name, "CLOSED", count=count)
    opened = [incident["started_at"] for incident in pipeline.incidents(site.name)]
    assert opened == sorted(opened, reverse=True)
    seen: list[str] = []
    token = None
    while True:
        parameters = {"site": site.name, "limit": "2", **({"next_token": token} if token else {})}
        page = pipeline.api.send("GET", "/incidents", params=parameters).json()
        seen += [incident["started_at"] for incident in page["incidents"]]
        token = page.get("next_token")
        if not token:
            break
    assert seen == opened


def test_invalid_limit_is_rejected(pipeline: DeployedPipeline) -> None:
    answer = pipeline.api.send("GET", "/incidents", params={"limit": "many"})
    assert answer.status_code == 400
    assert "limit" in answer.json()["message"]


def test_requested_check_is_accepted_and_made(
    pipeline: DeployedPipeline, site: WatchedSite
) -> None:
    site.website.answers(500)
    answer = pipeline.api.send("POST", "/checks", json={"sites": [site.name]})
    assert answer.status_code == 202
    assert answer.json()["sites"] == [site.name]
    pipeline.await_incident(site.name, "OPEN")


def test_check_of_unknown_site_is_rejected(pipeline: DeployedPipeline, site: WatchedSite) -> None:
    answer = pipeline.api.send("POST", "/checks", json={"sites": [site.name, "no-such-site"]})
    assert answer.status_code == 400
    assert "no-such-site" in answer.json()["message"]


def test_malformed_request_is_rejected(pipeline: DeployedPipeline) -> None:
    answer = pipeline.api.send("POST", "/checks", data="{not json")
    assert answer.status_code == 400
