"""The schedule as a rule and as an EventBridge Scheduler schedule."""

from __future__ import annotations

from datetime import timedelta

import pytest

from testbed.control.clock import label
from tests.pipeline.conftest import DeployedPipeline, WatchedSite

TRIGGERS = {"rule": "cron-rule", "scheduler": "cron-schedule"}


@pytest.mark.usefixtures("clock", "inbox")
def test_outage_is_found_by_the_next_check(
    trigger: str, pipeline: DeployedPipeline, site: WatchedSite
) -> None:
    known = {each["name"] for each in pipeline.clock.view()["next"]}
    assert known & set(TRIGGERS.values()) == {TRIGGERS[trigger]}
    site.website.answers(503)

    # A rate counts from the next whole second after its creation, which may be just now.
    fired = pipeline.clock.advance_by(timedelta(days=1, seconds=1))["fired"]

    assert {label(firing["arn"]) for firing in fired} == {TRIGGERS[trigger]}
    assert [firing for firing in fired if "error" in firing] == []
    incident = pipeline.await_incident(site.name, "OPEN")
    assert "503" in incident["reason"]
    [email] = pipeline.await_emails(site.name, 1)
    assert "DOWN" in email.subject
