"""The template and the functions agree on what both say."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from monitoring.removals import OVERLAP

from tests.handlers.examples import ROOT, Event


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as their arguments."""


def _argument(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node)
    raise AssertionError(f"!{suffix} of a mapping")


_Loader.add_multi_constructor("!", _argument)


@pytest.fixture(scope="module")
def template() -> Any:
    return yaml.load(Path(ROOT, "template.yaml").read_text(), Loader=_Loader)  # noqa: S506


def functions(template: Any) -> dict[str, Any]:
    return {
        resource["Properties"]["FunctionName"]: resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def test_handlers_exist(template: Any) -> None:
    found = functions(template)

    assert list(found) == ["website-monitor", "incident-recorder", "status-api"]
    for name, properties in found.items():
        module, handler = properties["Handler"].split(".")
        source = Path(ROOT, "handlers", f"{module}.py").read_text()
        assert module == name.replace("-", "_")
        assert f"def {handler}(" in source
        assert properties["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == name


def test_the_rule_matches_the_events_that_the_api_puts(template: Any, event: Event) -> None:
    rule = template["Resources"]["WebsiteMonitor"]["Properties"]["Events"]["CheckRequested"]
    pattern = rule["Properties"]["Pattern"]
    example = event("check-requested")
    api = Path(ROOT, "handlers", "status_api.py").read_text()

    assert [example["source"]] == pattern["source"]
    assert [example["detail-type"]] == pattern["detail-type"]
    assert f'CHECK_SOURCE = "{example["source"]}"' in api
    assert f'CHECK_DETAIL_TYPE = "{example["detail-type"]}"' in api


def test_the_schedule_sends_the_event_that_the_rule_sends(template: Any, event: Event) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html"""
    text = template["Resources"]["CronSchedule"]["Properties"]["Target"]["Input"]
    example = event("scheduled")
    values = {"${AWS::AccountId}": example["account"], "${AWS::Region}": example["region"]}
    values |= {"<aws.scheduler.execution-id>": example["id"]}
    values |= {"<aws.scheduler.scheduled-time>": example["time"]}
    values |= {"<aws.scheduler.schedule-arn>": example["resources"][0]}
    for name, value in values.items():
        text = text.replace(name, value)

    assert json.loads(text) == example | {"source": "aws.scheduler"}


def test_the_rule_and_the_schedule_are_alike(template: Any) -> None:
    rule, schedule = (
        template["Resources"][name]["Properties"]
        for name in ("WebsiteMonitorCronRule", "CronSchedule")
    )
    [target] = rule["Targets"]

    assert rule["ScheduleExpression"] == schedule["ScheduleExpression"]
    for name in ("Arn", "RetryPolicy", "DeadLetterConfig"):
        assert target[name] == schedule["Target"][name]


def test_messages_stay_hidden_long_enough_for_the_recorder(template: Any) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
    queue = template["Resources"]["IncidentQueue"]["Properties"]

    assert queue["VisibilityTimeout"] >= 6 * functions(template)["incident-recorder"]["Timeout"]


def test_every_group_of_logs_is_its_function_s(template: Any) -> None:
    groups = {
        resource["Properties"]["LogGroupName"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Logs::LogGroup"
    }

    assert groups == {f"/aws/lambda/{name}" for name in functions(template)}


def test_the_configuration_sets_parameters_that_exist(template: Any) -> None:
    config = tomllib.loads(Path(ROOT, "samconfig.toml").read_text())
    deploy = config["default"]["deploy"]["parameters"]
    names = {each.split("=")[0] for each in deploy["parameter_overrides"].split()}
    needed = {name for name, each in template["Parameters"].items() if "Default" not in each}

    assert needed <= names <= set(template["Parameters"])


def test_the_bundle_leaves_the_sdk_to_the_runtime() -> None:
    locked = Path(ROOT, "handlers", "requirements.txt").read_text()

    assert "boto" not in locked
    assert "--hash=sha256:" in locked


def test_no_run_outlives_the_time_for_which_removed_sites_are_looked_for(template: Any) -> None:
    assert functions(template)["website-monitor"]["Timeout"] < OVERLAP
