"""The schedule, by a rule or by EventBridge Scheduler: the pipeline does the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from testbed.pytest_plugin.plugin import plan_of, target_of
from testbed.schedules import label
from tests.conftest import Deployed
from tests.pipeline.conftest import Pipeline, WatchedSite

TRIGGERS = {"rule": "cron-rule", "scheduler": "cron-schedule"}


@pytest.fixture(params=TRIGGERS)
def trigger(request: pytest.FixtureRequest) -> str:
    """A value of the template's parameter."""
    return str(request.param)


@pytest.fixture
def deployed(trigger: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deployed]:
    """A pipeline that the trigger fires: the one of all tests, or another one."""
    if trigger == "rule":
        yield request.getfixturevalue("running_testbed")
        return
    plan = plan_of(request.config)
    plan = replace(plan, parameters=f"{plan.parameters} Trigger={trigger}")
    with target_of(request.config).running(plan, tmp_path) as testbed:
        yield Deployed.of(testbed, testbed.deploy_project())


@pytest.mark.usefixtures("clock", "inbox")
def test_outage_is_found_by_the_next_check(
    trigger: str, pipeline: Pipeline, site: WatchedSite
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
    [mail] = pipeline.await_mails(site.name, 1)
    assert "DOWN" in mail.subject
