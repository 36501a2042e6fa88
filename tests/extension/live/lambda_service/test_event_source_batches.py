"""Batches of SQS event source mappings: failures, filters and concurrency.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from testbed.machine.waiting import until
from tests.extension.conftest import Clients
from tests.extension.lambda_functions import FunctionFactory
from tests.extension.live.lambda_service.test_event_source_mapping import Mapping
from tests.extension.live.lambda_service.test_metrics import Metrics
from tests.extension.receivers import QueueReceiver

LIMIT = 15.0

# Fails in the way that the first message of a batch specifies.
REPORT = """
    import json, time

    def handler(event, context):
        bodies = [json.loads(record["body"]) for record in event["Records"]]
        print("batch", sorted(body["name"] for body in bodies), flush=True)
        failed = [
            {"itemIdentifier": record["messageId"]}
            for record, body in zip(event["Records"], bodies)
            if body.get("fails")
        ]
        for body in bodies:
            time.sleep(body.get("sleep", 0))
            if "result" in body:
                return body["result"]
        return {"batchItemFailures": failed}
"""


class Source:
    """A queue with a dead-letter queue, to which messages move after their second failure."""

    def __init__(self, aws: Clients, visibility_timeout: int = 1) -> None:
        self.dead_letters = QueueReceiver(aws["sqs"])
        policy = {"deadLetterTargetArn": self.dead_letters.arn, "maxReceiveCount": 2}
        self.queue = QueueReceiver(
            aws["sqs"], VisibilityTimeout=str(visibility_timeout), RedrivePolicy=json.dumps(policy)
        )


@pytest.fixture
def source(aws: Clients) -> Source:
    return Source(aws)


class Mappings:
    """Creates event source mappings, which are deleted after the test."""

    def __init__(self, aws: Clients, functions: FunctionFactory) -> None:
        self._aws, self._functions = aws, functions
        self._made: list[Mapping] = []

    def __call__(self, source: Source, code: str, timeout: int = 1, **settings: Any) -> Mapping:
        function = self._functions(code, timeout=timeout)
        mapping = Mapping(self._aws, function, source.queue.url, **settings)
        self._made.append(mapping)
        return mapping

    def delete_all(self) -> None:
        for mapping in self._made:
            self._aws["lambda"].delete_event_source_mapping(UUID=mapping.id)


@pytest.fixture
def mappings(aws: Clients, functions: FunctionFactory) -> Iterator[Mappings]:
    mappings = Mappings(aws, functions)
    yield mappings
    mappings.delete_all()


REPORTING: dict[str, Any] = {
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
    "MaximumBatchingWindowInSeconds": 1,
}


def send(mapping: Mapping, **message: Any) -> None:
    mapping.send(json.dumps(message))


def wait_until_empty(source: Source) -> None:
    until(lambda: source.queue.size() == 0, within=LIMIT, what="empty queue")


def test_only_reported_messages_are_redelivered(source: Source, mappings: Mappings) -> None:
    mapping = mappings(source, REPORT, **REPORTING)

    send(mapping, name="good")
    send(mapping, name="bad", fails=True)

    assert source.dead_letters.take().json["name"] == "bad"
    wait_until_empty(source)
    log = mapping.function.log(until="batch ['bad']")
    assert log.count("batch ['bad', 'good']") == 1
    assert source.dead_letters.size() == 0


def test_invalid_report_fails_the_whole_batch(source: Source, mappings: Mappings) -> None:
    mapping = mappings(source, REPORT, BatchSize=1, **REPORTING)
    failures: dict[str, dict[str, Any]] = {
        "empty": {"itemIdentifier": ""},
        "null": {"itemIdentifier": None},
        "other key": {"other": "key"},
        "unknown message": {"itemIdentifier": "no message"},
    }

    for name, failure in failures.items():
        send(mapping, name=name, result={"batchItemFailures": [failure]})

    assert {source.dead_letters.take().json["name"] for _ in failures} == failures.keys()


def test_empty_report_is_a_success(source: Source, mappings: Mappings) -> None:
    mapping = mappings(source, REPORT, BatchSize=1, **REPORTING)

    results: list[Any] = [{"batchItemFailures": []}, {"batchItemFailures": None}, {}, None]
    for result in results:
        send(mapping, name="good", result=result)

    wait_until_empty(source)
    assert source.dead_letters.size() == 0
    mapping.function.log(until="batch ['good']", times=4)


def test_report_is_ignored_without_the_setting(source: Source, mappings: Mappings) -> None:
    mapping = mappings(source, REPORT)

    send(mapping, name="bad", fails=True)

    mapping.function.log(until="batch ['bad']")
    wait_until_empty(source)
    assert source.dead_letters.size() == 0


def test_timeout_returns_the_messages(source: Source, mappings: Mappings) -> None:
    mapping = mappings(source, REPORT, timeout=1)

    send(mapping, name="slow", sleep=10)

    assert source.dead_letters.take().json["name"] == "slow"
    log = mapping.function.log(until="Task timed out after 1.00 seconds", times=2)
    assert log.count("batch ['slow']") == 2


def test_filtered_messages_are_deleted(source: Source, mappings: Mappings) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html"""
    pattern = {"body": {"name": [{"prefix": "good"}], "size": [{"numeric": [">", 2]}]}}
    criteria = {"Filters": [{"Pattern": json.dumps(pattern)}]}
    mapping = mappings(source, REPORT, FilterCriteria=criteria)

    send(mapping, name="bad", size=3)
    send(mapping, name="good, but small", size=2)
    mapping.send("no JSON")
    send(mapping, name="good", size=3)

    mapping.function.log(until="batch ['good']")
    wait_until_empty(source)
    assert source.dead_letters.size() == 0
    assert mapping.function.log(until="batch").count("batch") == 1


@pytest.mark.parametrize("filtered", [False, True])
def test_body_is_unchanged(source: Source, mappings: Mappings, filtered: bool) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    pattern = json.dumps({"messageAttributes": {"kind": {"stringValue": ["this"]}}})
    settings: dict[str, Any] = (
        {"FilterCriteria": {"Filters": [{"Pattern": pattern}]}} if filtered else {}
    )
    code = """
        def handler(event, context):
            for record in event["Records"]:
                print("got", repr(record["body"]), "end")
    """
    mapping = mappings(source, code, **settings)
    attribute = {"DataType": "String", "StringValue": "this"}

    for body in ('{"a":1e3,"a":  "\\u00e9"}', '"text"', "text", "[1,2]", " 1.0 "):
        mapping.send(body, MessageAttributes={"kind": attribute})
        mapping.function.log(until=f"got {body!r} end")


WAIT = "import time\ndef handler(event, context): time.sleep(1)"


@pytest.mark.parametrize(
    ("settings", "most"), [({}, 5), ({"ScalingConfig": {"MaximumConcurrency": 2}}, 2)]
)
def test_concurrent_batches(
    aws: Clients, mappings: Mappings, settings: dict[str, Any], most: int
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""
    metrics, source = Metrics(aws["cloudwatch"]), Source(aws, visibility_timeout=30)
    mapping = mappings(source, WAIT, timeout=5, BatchSize=1, **settings)

    for number in range(2 * most):
        send(mapping, number=number)

    wait_until_empty(source)
    name = {"FunctionName": mapping.function.name}
    assert metrics.complete("ConcurrentExecutions", 2 * most, **name)["Maximum"] == most


def test_fifo_group_is_processed_one_by_one(
    aws: Clients, functions: FunctionFactory, name: str
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""
    metrics = Metrics(aws["cloudwatch"])
    queue = aws["sqs"].create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true"})
    mapping = Mapping(aws, functions(WAIT), queue["QueueUrl"], BatchSize=1)

    for number in range(3):
        mapping.send("text", MessageGroupId="group", MessageDeduplicationId=str(number))

    statistics = metrics.complete("ConcurrentExecutions", 3, FunctionName=mapping.function.name)
    assert statistics["Maximum"] == 1
    aws["lambda"].delete_event_source_mapping(UUID=mapping.id)
