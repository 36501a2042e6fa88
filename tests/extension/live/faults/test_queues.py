"""Faults of standard queues: duplicate messages, and messages in another order than sent."""

from typing import Any

import pytest

from testbed.machine.waiting import until
from tests.extension.conftest import Clients
from tests.extension.faults import FaultRules
from tests.extension.scheduling import Queue

LIMIT = 20.0


@pytest.fixture
def queue(aws: Clients, name: str) -> Queue:
    return Queue.create(aws["sqs"], name)


def test_message_is_delivered_twice(
    aws: Clients, faults: FaultRules, name: str, queue: Queue
) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html"""
    faults.put("duplicate", "sqs", resource=name)
    queue.sqs.send_message(QueueUrl=queue.url, MessageBody="hello")
    # The first one is deleted before the second one comes.
    [first] = queue.taken()
    [second] = queue.taken()
    assert first["MessageId"] == second["MessageId"]
    assert first["ReceiptHandle"] != second["ReceiptHandle"]
    assert queue.taken() == []


def test_copy_and_original_are_in_flight_at_once(
    faults: FaultRules, name: str, queue: Queue
) -> None:
    faults.put("duplicate", "sqs", resource=name, next=1)
    queue.sqs.send_message(QueueUrl=queue.url, MessageBody="hello")

    def receive() -> list[dict[str, Any]]:
        answer = queue.sqs.receive_message(QueueUrl=queue.url, VisibilityTimeout=1)
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    [first], [second] = receive(), receive()
    queue.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=first["ReceiptHandle"])
    [again] = until(receive, within=LIMIT, what="visible copy")
    assert again["MessageId"] == second["MessageId"]
    queue.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=again["ReceiptHandle"])
    assert receive() == []


def test_message_is_delivered_after_the_next_one(
    faults: FaultRules, name: str, queue: Queue
) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-message-order.html"""
    faults.put("reorder", "sqs", resource=name, next=1, seconds=600)
    for body in ("one", "two", "three"):
        queue.sqs.send_message(QueueUrl=queue.url, MessageBody=body)
    assert queue.bodies(3) == ["two", "one", "three"]


def test_message_without_a_next_one_is_delivered_late(
    faults: FaultRules, name: str, queue: Queue
) -> None:
    faults.put("reorder", "sqs", resource=name, seconds=0.5)
    queue.sqs.send_message(QueueUrl=queue.url, MessageBody="alone")
    assert queue.bodies() == ["alone"]


def test_held_message_is_delivered_when_the_rule_is_removed(
    faults: FaultRules, name: str, queue: Queue
) -> None:
    rule = faults.put("reorder", "sqs", resource=name, seconds=600)
    queue.sqs.send_message(QueueUrl=queue.url, MessageBody="alone")
    assert queue.taken() == []
    faults.remove(rule)
    assert queue.bodies() == ["alone"]


def test_fifo_queue_is_left_alone(aws: Clients, faults: FaultRules, name: str) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-exactly-once-processing.html"""
    queue = Queue.create(
        aws["sqs"], f"{name}.fifo", FifoQueue="true", ContentBasedDeduplication="true"
    )
    for action in ("duplicate", "reorder"):
        faults.put(action, "sqs", resource=f"{name}*")
    for body in ("one", "two"):
        queue.sqs.send_message(QueueUrl=queue.url, MessageBody=body, MessageGroupId="group")
    assert queue.bodies(2) == ["one", "two"]
