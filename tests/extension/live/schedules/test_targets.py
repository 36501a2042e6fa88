"""Targets of EventBridge Scheduler, retries and dead-letter queues.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets.html
"""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.extension.conftest import Clients
from tests.extension.lambda_functions import FunctionFactory
from tests.extension.scheduling import ACCOUNT, Clock, Queue, Scheduler, attributes

TIME = "%Y-%m-%dT%H:%M:%SZ"


@pytest.fixture
def once(clock: Clock, scheduler: Scheduler) -> Any:
    """Create a one-time schedule with a target, and advance the clock until it fires."""

    def fire(later: float = 1, **target: Any) -> list[dict[str, Any]]:
        moment = (clock.now() + timedelta(hours=1)).replace(microsecond=0)
        arn = scheduler.create(f"at({moment:%Y-%m-%dT%H:%M:%S})", Target=target)
        return clock.advance_to(moment + timedelta(seconds=later), arn)

    return fire


def test_function_is_invoked_asynchronously(once: Any, functions: FunctionFactory) -> None:
    function = functions("def handler(event, context): print('got', event['a'])")

    [fired] = once(
        Arn=f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function.name}", Input='{"a": "input"}'
    )

    assert "error" not in fired
    function.log(until="got input")


def test_message_is_sent_to_a_queue(once: Any, queue: Queue) -> None:
    once(Input="not JSON")

    assert queue.bodies() == ["not JSON"]


def test_message_for_a_fifo_queue_has_its_group(once: Any, aws: Clients, name: str) -> None:
    fifo = Queue.create(
        aws["sqs"], f"{name}.fifo", FifoQueue="true", ContentBasedDeduplication="true"
    )

    once(Arn=fifo.arn, Input="text", SqsParameters={"MessageGroupId": "group"})

    [message] = fifo.messages()
    assert message["Attributes"]["MessageGroupId"] == "group"
    aws["sqs"].delete_queue(QueueUrl=fifo.url)


def test_message_is_published_to_a_topic(once: Any, aws: Clients, queue: Queue, name: str) -> None:
    topic = aws["sns"].create_topic(Name=name)["TopicArn"]
    aws["sns"].subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=queue.arn,
        Attributes={"RawMessageDelivery": "true"},
    )

    once(Arn=topic, Input="text")

    assert queue.bodies() == ["text"]
    aws["sns"].delete_topic(TopicArn=topic)


def test_event_is_put_on_a_bus(once: Any, aws: Clients, queue: Queue, name: str) -> None:
    events = aws["events"]
    bus = events.create_event_bus(Name=name)["EventBusArn"]
    events.put_rule(Name=name, EventBusName=name, EventPattern=json.dumps({"source": ["test"]}))
    events.put_targets(Rule=name, EventBusName=name, Targets=[{"Id": "q", "Arn": queue.arn}])

    [fired] = once(
        Arn=bus,
        Input='{"a": 1}',
        EventBridgeParameters={"Source": "test", "DetailType": "kind"},
    )

    [event] = map(json.loads, queue.bodies())
    assert event["detail"] == {"a": 1}
    assert event["detail-type"] == "kind"
    assert event["time"] == fired["scheduled_time"]
    events.remove_targets(Rule=name, EventBusName=name, Ids=["q"])
    events.delete_rule(Name=name, EventBusName=name)
    events.delete_event_bus(Name=name)


def test_universal_target_calls_any_action(once: Any, queue: Queue) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html"""
    once(
        Arn="arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
        Input=json.dumps(
            {"QueueUrl": queue.url, "MessageBody": "for <aws.scheduler.scheduled-time>"}
        ),
    )

    [body] = queue.bodies()
    assert body.startswith("for 2")


def test_names_of_a_universal_targets_parameters_may_be_written_in_any_case(
    once: Any, queue: Queue
) -> None:
    """Services use different cases, and AWS accepts the names of the AWS SDK for Java."""
    once(
        Arn="arn:aws:scheduler:::aws-sdk:sqs:sendMessageBatch",
        Input=json.dumps(
            {"queueUrl": queue.url, "entries": [{"id": "one", "messageBody": "text"}]}
        ),
    )

    assert queue.bodies() == ["text"]


def test_universal_target_that_does_not_exist_fails(once: Any) -> None:
    [fired] = once(Arn="arn:aws:scheduler:::aws-sdk:sqs:makeCoffee", Input="{}", **no_retries())

    assert "makeCoffee" in fired["error"]


def test_context_attributes_are_replaced(once: Any, queue: Queue, scheduler: Scheduler) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html"""
    names = ("schedule-arn", "scheduled-time", "execution-id", "attempt-number")

    [fired] = once(Input=json.dumps({name: f"<aws.scheduler.{name}>" for name in names}))

    [values] = map(json.loads, queue.bodies())
    assert values.pop("execution-id")
    assert values == {
        "schedule-arn": fired["arn"],
        "scheduled-time": fired["scheduled_time"],
        "attempt-number": "1",
    }


def test_target_without_an_input_gets_a_notification(once: Any, queue: Queue) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Target.html (Input)"""
    [fired] = once()

    [event] = map(json.loads, queue.bodies())
    assert event.pop("id")
    assert event == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": ACCOUNT,
        "time": fired["scheduled_time"],
        "region": "us-east-1",
        "resources": [fired["arn"]],
        "detail": "{}",
    }


def test_call_is_made_with_the_execution_role(once: Any, aws: Clients, name: str) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html"""
    account = "222222222222"

    once(
        Arn="arn:aws:scheduler:::aws-sdk:sqs:createQueue",
        RoleArn=f"arn:aws:iam::{account}:role/other",
        Input=json.dumps({"QueueName": name}),
    )

    url = aws["sqs"].get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
    assert f"/{account}/" in url


def no_retries() -> dict[str, Any]:
    return {"RetryPolicy": {"MaximumRetryAttempts": 0}}


def test_failed_call_is_retried_until_its_attempts_are_exhausted(
    once: Any, queue: Queue, scheduler: Scheduler
) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html"""
    missing = f"{queue.arn}-missing"

    fired = once(
        later=3600,
        Arn=missing,
        Input="attempt <aws.scheduler.attempt-number>",
        RetryPolicy={"MaximumRetryAttempts": 3},
        DeadLetterConfig={"Arn": queue.arn},
    )

    assert [each["attempt"] for each in fired] == [1, 2, 3, 4]
    assert all("NonExistentQueue" in each["error"] for each in fired)
    [letter] = queue.messages()
    assert letter["Body"] == "attempt 4"
    found = attributes(letter)
    assert found.pop("ERROR_MESSAGE")
    assert found.pop("EXECUTION_ID")
    assert found == {
        "ERROR_CODE": "AWS.SimpleQueueService.NonExistentQueue",
        "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": "3",
        "SCHEDULED_TIME": fired[0]["scheduled_time"],
        "SCHEDULE_ARN": fired[0]["arn"],
        "TARGET_ARN": missing,
    }


def test_failed_call_is_retried_until_its_maximum_age(once: Any, queue: Queue) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html"""
    fired = once(
        later=3600,
        Arn=f"{queue.arn}-missing",
        RetryPolicy={"MaximumEventAgeInSeconds": 60},
        DeadLetterConfig={"Arn": queue.arn},
    )

    [letter] = queue.messages()
    assert attributes(letter)["EXHAUSTED_RETRY_CONDITION"] == "MaximumEventAgeInSeconds"
    assert attributes(letter)["RETRY_ATTEMPTS"] == str(len(fired) - 1)
    assert len(fired) > 2


def test_retried_call_succeeds(clock: Clock, scheduler: Scheduler, aws: Clients, name: str) -> None:
    moment = (clock.now() + timedelta(hours=1)).replace(microsecond=0)
    late = f"{name}-late"
    arn = scheduler.create(
        f"at({moment:%Y-%m-%dT%H:%M:%S})",
        Target={"Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:{late}", "Input": "text"},
        ActionAfterCompletion="DELETE",
    )
    assert clock.advance_to(moment, arn)
    assert scheduler.get()["Name"] == name
    queue = Queue.create(aws["sqs"], late)

    *_, last = clock.advance(arn, seconds=600)

    assert "error" not in last
    assert queue.bodies() == ["text"]
    with pytest.raises(scheduler.client.exceptions.ResourceNotFoundException):
        scheduler.get()
    aws["sqs"].delete_queue(QueueUrl=queue.url)


def test_calls_of_a_deleted_schedule_are_not_retried(
    clock: Clock, scheduler: Scheduler, queue: Queue
) -> None:
    moment = (clock.now() + timedelta(hours=1)).replace(microsecond=0)
    arn = scheduler.create(
        f"at({moment:%Y-%m-%dT%H:%M:%S})",
        Target={"Arn": f"{queue.arn}-missing", "DeadLetterConfig": {"Arn": queue.arn}},
    )
    assert clock.advance_to(moment, arn)

    scheduler.delete()

    assert not clock.advance(arn, seconds=3600)
    assert not queue.taken()
