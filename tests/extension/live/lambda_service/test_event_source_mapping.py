"""Event source mappings of SQS queues deliver and stop without delay."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from testbed.machine.waiting import until
from tests.extension.conftest import Clients
from tests.extension.lambda_functions import Function, FunctionFactory

# Far below a second, in which LocalStack's own pollers would sleep after each poll.
DELIVERY_LIMIT_MILLISECONDS = 500
CHANGE_LIMIT = 5.0

ECHO = """
    import json, time

    def handler(event, context):
        for record in event["Records"]:
            sent = int(record["attributes"]["SentTimestamp"])
            print("got", record["body"], int(time.time() * 1000) - sent)
            if record["body"] == "fail":
                raise ValueError("as told")
"""


class Mapping:
    def __init__(self, clients: Clients, function: Function, queue: str, **settings: Any) -> None:
        self._lambda, self._sqs = clients["lambda"], clients["sqs"]
        self.function = function
        self.queue_url = queue
        attributes = self._sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        self.id = self._lambda.create_event_source_mapping(
            FunctionName=function.name,
            EventSourceArn=attributes["Attributes"]["QueueArn"],
            **settings,
        )["UUID"]
        self.wait_for_state("Enabled")

    def wait_for_state(self, state: str) -> None:
        until(
            lambda: self._lambda.get_event_source_mapping(UUID=self.id)["State"] == state,
            within=CHANGE_LIMIT,
            what=f"mapping in the state {state}",
        )

    def send(self, body: str, **arguments: Any) -> None:
        self._sqs.send_message(QueueUrl=self.queue_url, MessageBody=body, **arguments)

    def delay_of(self, body: str) -> int:
        """Send a message, and return the milliseconds until it arrives."""
        log = self.function.log(until=f"got {body}")
        line = next(line for line in log.split("\n") if line.startswith(f"got {body}"))
        return int(line.split()[2])


@pytest.fixture
def queue(aws: Clients, name: str) -> Iterator[str]:
    url = aws["sqs"].create_queue(QueueName=name)["QueueUrl"]
    yield url
    aws["sqs"].delete_queue(QueueUrl=url)


@pytest.fixture
def mapping(aws: Clients, functions: FunctionFactory, queue: str) -> Iterator[Mapping]:
    mapping = Mapping(aws, functions(ECHO), queue)
    mapping.send("warm-up")
    mapping.delay_of("warm-up")
    yield mapping
    aws["lambda"].delete_event_source_mapping(UUID=mapping.id)


def test_messages_arrive_immediately(mapping: Mapping) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    for number in range(5):
        mapping.send(f"message-{number}")
        assert mapping.delay_of(f"message-{number}") < DELIVERY_LIMIT_MILLISECONDS


def test_message_is_deleted_after_success(mapping: Mapping, aws: Clients) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    mapping.send("message")
    mapping.delay_of("message")

    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def left() -> int:
        response = aws["sqs"].get_queue_attributes(QueueUrl=mapping.queue_url, AttributeNames=names)
        return sum(int(response["Attributes"][each]) for each in names)

    until(lambda: left() == 0, within=CHANGE_LIMIT, what="deletion of the message")


def test_failed_message_is_redelivered_after_the_visibility_timeout(
    aws: Clients, functions: FunctionFactory, name: str
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"""
    sqs = aws["sqs"]
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    policy = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": 2}
    attributes = {"RedrivePolicy": json.dumps(policy)}
    queue = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    mapping = Mapping(aws, functions(ECHO), queue)
    # Shorter than the function's timeout, which is checked only when the mapping is created.
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})

    mapping.send("fail")

    messages = sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=20)["Messages"]
    assert [message["Body"] for message in messages] == ["fail"]
    log = mapping.function.log(until="got fail", times=2)
    assert log.count("got fail") == 2
    aws["lambda"].delete_event_source_mapping(UUID=mapping.id)


def test_disabled_mapping_takes_no_messages(mapping: Mapping, aws: Clients) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html"""
    client, sqs = aws["lambda"], aws["sqs"]
    client.update_event_source_mapping(UUID=mapping.id, Enabled=False)
    mapping.wait_for_state("Disabled")

    mapping.send("kept")
    messages = sqs.receive_message(
        QueueUrl=mapping.queue_url, WaitTimeSeconds=10, VisibilityTimeout=0
    )["Messages"]
    assert [message["Body"] for message in messages] == ["kept"]

    client.update_event_source_mapping(UUID=mapping.id, Enabled=True)
    mapping.wait_for_state("Enabled")
    mapping.delay_of("kept")


def test_mapping_is_deleted_immediately(
    aws: Clients, functions: FunctionFactory, queue: str
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_DeleteEventSourceMapping.html"""
    client = aws["lambda"]
    mapping = Mapping(aws, functions(ECHO), queue)

    client.delete_event_source_mapping(UUID=mapping.id)

    def gone() -> bool:
        try:
            client.get_event_source_mapping(UUID=mapping.id)
        except client.exceptions.ResourceNotFoundException:
            return True
        return False

    until(gone, within=CHANGE_LIMIT, what="deletion of the mapping")


def test_other_consumers_of_the_queue_receive_messages(mapping: Mapping, aws: Clients) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    for number in range(10):
        mapping.send(f"message-{number}")
        aws["sqs"].receive_message(QueueUrl=mapping.queue_url, VisibilityTimeout=0)
    for number in range(10):
        mapping.delay_of(f"message-{number}")


def test_fifo_queue_keeps_the_order(aws: Clients, functions: FunctionFactory, name: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""
    queue = aws["sqs"].create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true"})
    mapping = Mapping(aws, functions(ECHO), queue["QueueUrl"])

    for number in range(10):
        mapping.send(
            f"message-{number}", MessageGroupId="group", MessageDeduplicationId=str(number)
        )

    log = mapping.function.log(until="got message-9")
    got = [line.split()[1] for line in log.split("\n") if line.startswith("got")]
    assert got == [f"message-{number}" for number in range(10)]
    aws["lambda"].delete_event_source_mapping(UUID=mapping.id)


def test_batching_window_gathers_messages(
    aws: Clients, functions: FunctionFactory, queue: str
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html"""
    mapping = Mapping(
        aws,
        functions("def handler(event, context): print('batch of', len(event['Records']))"),
        queue,
        MaximumBatchingWindowInSeconds=1,
    )

    for number in range(3):
        mapping.send(str(number))

    mapping.function.log(until="batch of 3")
    aws["lambda"].delete_event_source_mapping(UUID=mapping.id)
