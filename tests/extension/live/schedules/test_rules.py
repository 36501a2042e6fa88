"""Scheduled rules of EventBridge, which fire once when they are due.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import boto3
import pytest

from tests.extension.conftest import Clients
from tests.extension.lambda_functions import FunctionFactory
from tests.extension.scheduling import ACCOUNT, Clock, Queue, attributes


class Rule:
    """A rule of the default bus."""

    def __init__(self, events: Any, name: str) -> None:
        self._events = events
        self.name = name
        self.arn = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/{name}"

    def put(self, expression: str = "rate(5 minutes)", **arguments: Any) -> None:
        self._events.put_rule(Name=self.name, ScheduleExpression=expression, **arguments)

    def target(self, arn: str, target_id: str = "target", **arguments: Any) -> None:
        self._events.put_targets(
            Rule=self.name, Targets=[{"Id": target_id, "Arn": arn, **arguments}]
        )

    def delete(self) -> None:
        listed = self._events.list_targets_by_rule(Rule=self.name)["Targets"]
        if listed:
            self._events.remove_targets(Rule=self.name, Ids=[each["Id"] for each in listed])
        self._events.delete_rule(Name=self.name)


@pytest.fixture
def rule(aws: Clients, name: str) -> Iterator[Rule]:
    rule = Rule(aws["events"], name)
    yield rule
    try:
        rule.delete()
    except aws["events"].exceptions.ResourceNotFoundException:
        return


def test_event_is_the_one_of_aws(clock: Clock, rule: Rule, queue: Queue) -> None:
    rule.put()
    rule.target(queue.arn)

    [due] = clock.times(rule.arn, seconds=301)

    [event] = map(json.loads, queue.bodies())
    assert event.pop("id").count("-") == 4
    assert event == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": due.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "us-east-1",
        "resources": [rule.arn],
        "detail": {},
    }


def test_rate_counts_from_the_creation(clock: Clock, rule: Rule) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rate-expressions.html"""
    before = clock.now()
    rule.put("rate(7 minutes)")
    after = clock.now()

    times = clock.times(rule.arn, seconds=3 * 7 * 60 + 1)

    assert before <= times[0] - timedelta(minutes=7) <= after + timedelta(seconds=1)
    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(minutes=7)}
    assert len(times) == 3


def test_cron_is_due_by_the_clock_in_utc(clock: Clock, rule: Rule) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cron-expressions.html"""
    rule.put("cron(15 10 * * ? *)")

    times = clock.times(rule.arn, seconds=2 * 24 * 3600)

    assert [(due.hour, due.minute, due.second) for due in times] == [(10, 15, 0)] * 2


def test_rule_that_is_put_often_fires_once(clock: Clock, rule: Rule, queue: Queue) -> None:
    for _ in range(3):
        rule.put()
        rule.target(queue.arn)

    clock.advance(seconds=301)

    assert len(queue.messages(1)) == 1


def test_unchanged_expression_does_not_restart_the_rate(clock: Clock, rule: Rule) -> None:
    rule.put()
    due = clock.due(rule.arn)
    clock.advance(seconds=120)

    rule.put(Description="changed")

    assert clock.due(rule.arn) == due


def test_changed_expression_restarts_the_rate(clock: Clock, rule: Rule) -> None:
    rule.put("rate(5 minutes)")
    clock.advance(seconds=120)

    rule.put("rate(10 minutes)")

    assert not clock.times(rule.arn, seconds=9 * 60)
    assert len(clock.times(rule.arn, seconds=61)) == 1


def test_rule_without_a_schedule_any_more_does_not_fire(
    clock: Clock, rule: Rule, aws: Clients
) -> None:
    rule.put()

    aws["events"].put_rule(Name=rule.name, EventPattern='{"source": ["nobody"]}')

    assert clock.known(rule.arn) is None
    assert not clock.times(rule.arn, seconds=301)


def test_disabled_rule_does_not_fire_until_it_is_enabled(
    clock: Clock, rule: Rule, aws: Clients
) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DisableRule.html"""
    rule.put()
    aws["events"].disable_rule(Name=rule.name)
    assert not clock.times(rule.arn, seconds=601)

    aws["events"].enable_rule(Name=rule.name)

    assert len(clock.times(rule.arn, seconds=301)) == 1


def test_rule_that_is_put_as_disabled_does_not_fire(clock: Clock, rule: Rule) -> None:
    rule.put()
    rule.put(State="DISABLED")

    assert not clock.times(rule.arn, seconds=601)
    known = clock.known(rule.arn)
    assert known is not None
    assert known["state"] == "DISABLED"
    assert "scheduled_time" not in known


def test_deleted_rule_does_not_fire(clock: Clock, rule: Rule) -> None:
    rule.put()
    rule.delete()

    assert clock.known(rule.arn) is None
    assert not clock.times(rule.arn, seconds=301)


def test_removed_target_gets_nothing(clock: Clock, rule: Rule, queue: Queue, aws: Clients) -> None:
    rule.put()
    rule.target(queue.arn, "one")
    rule.target(queue.arn, "two", Input='"two"')
    aws["events"].remove_targets(Rule=rule.name, Ids=["one"])

    clock.advance(seconds=301)

    assert queue.bodies() == ['"two"']


def test_target_that_was_replaced_gets_the_new_input(
    clock: Clock, rule: Rule, queue: Queue
) -> None:
    rule.put()
    rule.target(queue.arn, Input='"old"')
    rule.target(queue.arn, Input='"new"')

    clock.advance(seconds=301)

    assert queue.bodies() == ['"new"']


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ({"Input": '{"a": [1]}'}, '{"a":[1]}'),
        ({"Input": '["no", "object"]'}, '["no","object"]'),
        ({"InputPath": "$.detail-type"}, '"Scheduled Event"'),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"from": "$.source"},
                    "InputTemplate": '{"from": <from>, "rule": <aws.events.rule-name>}',
                }
            },
            '{"from":"aws.events","rule":"NAME"}',
        ),
    ],
)
def test_input_of_a_target(
    clock: Clock, rule: Rule, queue: Queue, target: dict[str, Any], body: str
) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html"""
    rule.put()
    rule.target(queue.arn, **target)

    clock.advance(seconds=301)

    assert queue.bodies() == [body.replace("NAME", rule.name)]


def test_function_is_invoked(clock: Clock, rule: Rule, functions: FunctionFactory) -> None:
    function = functions("def handler(event, context): print('due at', event['time'])")
    rule.put()
    rule.target(f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function.name}")

    [due] = clock.times(rule.arn, seconds=301)

    function.log(until=f"due at {due.strftime('%Y-%m-%dT%H:%M:%SZ')}")


def test_due_times_of_several_rules_are_in_order(
    clock: Clock, rule: Rule, aws: Clients, queue: Queue, name: str
) -> None:
    other = Rule(aws["events"], f"{name}-other")
    for each, period in ((rule, 2), (other, 3)):
        each.put(f"rate({period} minutes)")
        each.target(queue.arn)
    try:
        fired = clock.advance(seconds=601)
    finally:
        other.delete()

    ours = [each for each in fired if each["arn"] in (rule.arn, other.arn)]
    assert len(ours) == 5 + 3
    times = [datetime.fromisoformat(each["scheduled_time"]) for each in ours]
    assert times == sorted(times)
    events = [json.loads(body)["time"] for body in queue.bodies(8)]
    assert sorted(events) == [each["scheduled_time"] for each in ours]


def test_rule_is_fired_manually(clock: Clock, rule: Rule, queue: Queue) -> None:
    rule.put(State="DISABLED")
    rule.target(queue.arn)

    outcome = clock.fire(rule.arn)

    assert outcome["arn"] == rule.arn
    assert "error" not in outcome
    [event] = map(json.loads, queue.bodies())
    assert event["time"] == outcome["scheduled_time"].partition(".")[0].rstrip("Z") + "Z"


def test_event_for_a_deleted_queue_goes_to_the_dead_letter_queue(
    clock: Clock, rule: Rule, queue: Queue
) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html"""
    missing = f"{queue.arn}-missing"
    rule.put()
    rule.target(missing, DeadLetterConfig={"Arn": queue.arn})

    [fired] = clock.advance(rule.arn, seconds=301)

    assert "NonExistentQueue" in fired["error"]
    [letter] = queue.messages()
    assert json.loads(letter["Body"])["resources"] == [rule.arn]
    found = attributes(letter)
    assert found.pop("ERROR_MESSAGE")
    assert found == {
        "RULE_ARN": rule.arn,
        "TARGET_ARN": missing,
        "ERROR_CODE": "NO_RESOURCE",
        "RETRY_ATTEMPTS": "0",
    }


def test_failing_target_does_not_affect_the_others(clock: Clock, rule: Rule, queue: Queue) -> None:
    rule.put()
    rule.target(f"{queue.arn}-missing", "missing")
    rule.target(queue.arn, "there", Input='"there"')

    clock.advance(seconds=301)

    assert queue.bodies() == ['"there"']


def test_rules_of_other_regions_and_accounts_are_separate(
    clock: Clock, rule: Rule, localstack_endpoint: str
) -> None:
    rule.put("rate(5 minutes)")
    elsewhere: Any = boto3.client(
        "events",
        endpoint_url=localstack_endpoint,
        region_name="eu-west-1",
        aws_access_key_id="111111111111",
        aws_secret_access_key="test",
    )
    elsewhere.put_rule(Name=rule.name, ScheduleExpression="rate(1 hour)")
    arn = f"arn:aws:events:eu-west-1:111111111111:rule/{rule.name}"
    try:
        elsewhere.disable_rule(Name=rule.name)
        assert len(clock.times(rule.arn, seconds=301)) == 1
        elsewhere.enable_rule(Name=rule.name)
        assert len(clock.times(arn, seconds=3601)) == 1
    finally:
        elsewhere.delete_rule(Name=rule.name)


@pytest.mark.parametrize(
    "expression",
    ["rate(5 minute)", "rate(0 minutes)", "cron(* * * * *)", "at(2100-01-01T00:00:00)"],
)
def test_expression_that_aws_rejects(aws: Clients, name: str, expression: str) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rate-expressions.html"""
    events = aws["events"]
    with pytest.raises(events.exceptions.ClientError) as raised:
        events.put_rule(Name=name, ScheduleExpression=expression)

    error = raised.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert error["Message"] == "Parameter ScheduleExpression is not valid."


def test_only_the_default_bus_has_schedules(aws: Clients, name: str) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html"""
    events = aws["events"]
    events.create_event_bus(Name=name)
    with pytest.raises(events.exceptions.ClientError) as raised:
        events.put_rule(Name=name, EventBusName=name, ScheduleExpression="rate(1 minute)")
    events.delete_event_bus(Name=name)

    error = raised.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert error["Message"] == "ScheduleExpression is supported only on the default event bus."
