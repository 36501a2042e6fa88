"""What runs and what waits when LocalStack is reset: messages, events, functions, timers."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from testbed.machine.waiting import until
from tests.extension.conftest import Clients
from tests.extension.events import Events
from tests.extension.faults import FaultRules
from tests.extension.lambda_functions import ROLE, FunctionFactory, bundle
from tests.extension.live.reset.saved_states import SavedState, saved
from tests.extension.scheduling import ACCOUNT, Clock, Queue

LIMIT = 20.0

COUNTING = """
    count = 0
    def handler(event, context):
        global count
        count += 1
        return count
"""
ANSWERING = """
    def handler(event, context):
        return "{}"
"""
FORWARDING = """
    import boto3
    sqs = boto3.client("sqs")
    def handler(event, context):
        for record in event["Records"]:
            sqs.send_message(QueueUrl="{url}", MessageBody=record["body"])
"""
SLOW = """
    import boto3, time
    def handler(event, context):
        boto3.client("sqs").send_message(QueueUrl="{url}", MessageBody="began")
        time.sleep(30)
"""
SLOW_SECONDS = 8
SLOW_TO_LOAD = f"""
    import boto3, time
    boto3.client("sqs").send_message(QueueUrl="{{url}}", MessageBody="began")
    time.sleep({SLOW_SECONDS})
    def handler(event, context):
        return None
"""
FAILING = """
    def handler(event, context):
        raise ValueError("not today")
"""


@pytest.fixture
def state(localstack_endpoint: str, name: str) -> Iterator[SavedState]:
    """The state when it was saved last, which the test ends with."""
    with saved(localstack_endpoint, name) as made:
        yield made


def message_counts(queue: Queue) -> list[str]:
    names = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    ]
    found = queue.sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=names)
    return [found["Attributes"][each] for each in names]


def test_messages(state: SavedState, queue: Queue) -> None:
    """Waiting, received and delayed messages are gone; those that were saved are there again."""
    queue.sqs.send_message(QueueUrl=queue.url, MessageBody="saved")
    state.save()
    receipt = queue.sqs.receive_message(QueueUrl=queue.url)["Messages"][0]["ReceiptHandle"]
    queue.sqs.send_message(QueueUrl=queue.url, MessageBody="new")
    queue.sqs.send_message(QueueUrl=queue.url, MessageBody="later", DelaySeconds=1)
    assert message_counts(queue) == ["1", "1", "1"]

    removed = state.restore()["removed"]

    assert len(removed["message"]) == 2
    assert message_counts(queue) == ["1", "0", "0"]
    queue.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=receipt)
    assert queue.bodies() == ["saved"]


def test_deduplication_of_fifo_queues(state: SavedState, aws: Clients, name: str) -> None:
    """A message with the same deduplication id is accepted again."""
    queue = Queue.create(aws["sqs"], f"{name}.fifo", FifoQueue="true")
    state.save()
    message: dict[str, Any] = {
        "QueueUrl": queue.url, "MessageBody": "m", "MessageGroupId": "g",
        "MessageDeduplicationId": "d",
    }  # fmt: skip
    for _ in range(2):
        aws["sqs"].send_message(**message)
        aws["sqs"].send_message(**message)
        assert queue.bodies() == ["m"]
        state.restore()


def test_objects_and_versions(state: SavedState, aws: Clients, name: str) -> None:
    """Contents, versions and large objects, which LocalStack keeps in files."""
    s3, large = aws["s3"], b"x" * 2_000_000
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for key, body in (("small", b"one"), ("large", large), ("deleted", b"gone")):
        s3.put_object(Bucket=name, Key=key, Body=body)
    before = s3.list_object_versions(Bucket=name)["Versions"]
    state.save()
    for _ in range(2):
        for key in ("small", "large", "new"):
            s3.put_object(Bucket=name, Key=key, Body=b"changed")
        for version in before:
            if version["Key"] == "deleted":
                s3.delete_object(Bucket=name, Key="deleted", VersionId=version["VersionId"])
        upload = s3.create_multipart_upload(Bucket=name, Key="parts")["UploadId"]
        s3.upload_part(Bucket=name, Key="parts", UploadId=upload, PartNumber=1, Body=b"part")

        state.restore()

        assert s3.list_object_versions(Bucket=name)["Versions"] == before
        assert "Uploads" not in s3.list_multipart_uploads(Bucket=name)
        for key, body in (("small", b"one"), ("large", large), ("deleted", b"gone")):
            assert s3.get_object(Bucket=name, Key=key)["Body"].read() == body


def test_unversioned_objects_are_overwritten(state: SavedState, aws: Clients, name: str) -> None:
    s3 = aws["s3"]
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="key", Body=b"saved")
    state.save()
    for _ in range(2):
        s3.put_object(Bucket=name, Key="key", Body=b"a longer text")
        s3.put_object(Bucket=name, Key="key", Body=b"short")
        assert s3.get_object(Bucket=name, Key="key")["Body"].read() == b"short"
        state.restore()
        assert s3.get_object(Bucket=name, Key="key")["Body"].read() == b"saved"


def test_environments_stay_warm(state: SavedState, functions: FunctionFactory) -> None:
    """As on AWS, what a function keeps in variables and in /tmp outlives its invocations."""
    function = functions(COUNTING)
    state.save()
    assert function.invoke().payload == 1
    state.restore()
    assert function.invoke().payload == 2


def test_functions_changed_by_hand(
    state: SavedState, aws: Clients, functions: FunctionFactory, name: str
) -> None:
    """Code, configuration, versions and reserved concurrency; and a deleted function."""
    changed, deleted = functions(ANSWERING.format("saved")), functions(ANSWERING.format("saved"))
    client = aws["lambda"]
    state.save()
    before = client.get_function(FunctionName=changed.name)["Configuration"]
    for _ in range(2):
        functions.update(changed, ANSWERING.format("changed"))
        changed.wait_until_updated()
        client.update_function_configuration(FunctionName=changed.name, Timeout=7)
        changed.wait_until_updated()
        changed.publish()
        client.put_function_concurrency(FunctionName=changed.name, ReservedConcurrentExecutions=0)
        client.delete_function(FunctionName=deleted.name)
        client.create_function(
            FunctionName=f"{name}-new",
            Role=ROLE,
            Runtime="python3.13",
            Handler="app.handler",
            Code={"ZipFile": bundle({"app.py": ANSWERING})},
        )

        report = state.restore()

        assert changed.invoke().payload == deleted.invoke().payload == "saved"
        assert client.get_function(FunctionName=changed.name)["Configuration"] == before
        versions = client.list_versions_by_function(FunctionName=changed.name)["Versions"]
        assert [version["Version"] for version in versions] == ["$LATEST"]
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.get_function(FunctionName=f"{name}-new")
        assert report["changed"]["function"] == [changed.name]
        assert report["restored"]["function"] == [deleted.name]


@pytest.mark.parametrize("change", ["none", "disabled", "deleted", "queue deleted"])
def test_event_source_mapping(
    state: SavedState,
    aws: Clients,
    functions: FunctionFactory,
    queue: Queue,
    name: str,
    change: str,
) -> None:
    """It polls again after the reset, whatever happened to it."""
    target = Queue.create(aws["sqs"], f"{name}-target")
    function = functions(FORWARDING.format(url=target.url))
    mapping = aws["lambda"].create_event_source_mapping(
        FunctionName=function.name, EventSourceArn=queue.arn, BatchSize=1
    )["UUID"]
    state.save()
    for number in range(2):
        match change:
            case "disabled":
                aws["lambda"].update_event_source_mapping(UUID=mapping, Enabled=False)
            case "deleted":
                aws["lambda"].delete_event_source_mapping(UUID=mapping)
            case "queue deleted":
                queue.sqs.delete_queue(QueueUrl=queue.url)
        state.restore()
        found = aws["lambda"].get_event_source_mapping(UUID=mapping)
        assert found["State"] == "Enabled"
        queue.sqs.send_message(QueueUrl=queue.url, MessageBody=f"{number}")
        assert target.bodies() == [f"{number}"]


def test_running_function_is_killed(
    state: SavedState, aws: Clients, functions: FunctionFactory, queue: Queue
) -> None:
    """A function that takes long does not delay a reset, and does nothing afterwards."""
    slow = functions(SLOW.format(url=queue.url), timeout=60)
    state.save()
    Events(aws, slow).send({})
    until(lambda: queue.taken(), within=LIMIT, what="beginning of the invocation")

    state.restore()

    assert aws["lambda"].get_function(FunctionName=slow.name)["Configuration"]["State"] == "Active"
    assert message_counts(queue) == ["0", "0", "0"]


def test_starting_function_is_killed(
    state: SavedState, aws: Clients, functions: FunctionFactory, queue: Queue
) -> None:
    """Also while it loads its modules, and when the invocation then tries it again."""
    slow = functions(SLOW_TO_LOAD.format(url=queue.url), timeout=60)
    state.save()
    Events(aws, slow).send({})
    until(lambda: queue.taken(), within=LIMIT, what="beginning of the start")

    started = time.monotonic()
    state.restore()

    assert time.monotonic() - started < SLOW_SECONDS / 2
    assert message_counts(queue) == ["0", "0", "0"]


def test_message_move_task_is_cancelled(state: SavedState, queue: Queue, name: str) -> None:
    """At one message a second it would go on for long, and move the messages that are restored."""
    sqs, dead = queue.sqs, Queue.create(queue.sqs, f"{name}-dead")
    redrive = {"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1}
    sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"RedrivePolicy": json.dumps(redrive)})
    for number in range(5):
        sqs.send_message(QueueUrl=dead.url, MessageBody=f"{number}")
    state.save()
    sqs.start_message_move_task(
        SourceArn=dead.arn, DestinationArn=queue.arn, MaxNumberOfMessagesPerSecond=1
    )
    until(lambda: message_counts(queue)[0] != "0", within=LIMIT, what="a moved message")

    state.restore()

    assert sqs.list_message_move_tasks(SourceArn=dead.arn).get("Results", []) == []
    assert message_counts(dead) == ["5", "0", "0"]
    # The task would have ended by itself only when nothing is left to move.
    assert message_counts(queue) == ["0", "0", "0"]


def test_asynchronous_retries_are_cancelled(
    state: SavedState,
    aws: Clients,
    functions: FunctionFactory,
    queue: Queue,
    localstack_endpoint: str,
) -> None:
    failing = functions(FAILING)
    events = Events(aws, failing)
    events.configure(
        MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": queue.arn}}
    )
    state.save()
    events.send({})
    queue.messages()  # it works
    # Throttled events are retried for hours.
    aws["lambda"].put_function_concurrency(
        FunctionName=failing.name, ReservedConcurrentExecutions=1
    )
    FaultRules(localstack_endpoint).put(
        "error", "lambda", operation="Invoke", code="ServiceException",
        resource=failing.name, caller="lambda",
    )  # fmt: skip
    events.send({})

    state.restore()

    assert call_faults(localstack_endpoint) == []
    events.send({})
    assert len(queue.messages()) == 1  # only the last event


def call_faults(endpoint: str) -> list[Any]:
    from tests.extension.control import call

    found: list[Any] = call("GET", f"{endpoint}/_testbed/faults")["faults"]
    return found


def test_clock_and_schedules(
    state: SavedState, aws: Clients, clock: Clock, queue: Queue, name: str
) -> None:
    """The clock is set back, and a rate starts again."""
    arn = aws["events"].put_rule(Name=name, ScheduleExpression="rate(1 hour)")["RuleArn"]
    aws["events"].put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue.arn}])
    state.save()
    before = clock.show()["offset_seconds"]
    assert len(clock.times(arn, seconds=3 * 60 * 60 + 1)) == 3
    queue.messages(3)

    state.restore()

    assert clock.show()["offset_seconds"] == before
    due = clock.due(arn)
    assert due is not None
    assert timedelta(minutes=59) < due - clock.now() <= timedelta(hours=1, seconds=1)
    assert len(clock.times(arn, seconds=60 * 60 + 1)) == 1
    queue.messages()
    aws["events"].remove_targets(Rule=name, Ids=["queue"])
    aws["events"].delete_rule(Name=name)


def test_one_time_schedule_that_deleted_itself(
    state: SavedState, aws: Clients, clock: Clock, queue: Queue, name: str
) -> None:
    moment = clock.now() + timedelta(hours=1)
    aws["scheduler"].create_schedule(
        Name=name,
        ScheduleExpression=f"at({moment:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={"Arn": queue.arn, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/scheduler"},
    )
    state.save()
    for _ in range(2):
        clock.advance(seconds=60 * 60)
        queue.messages()
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            aws["scheduler"].get_schedule(Name=name)
        state.restore()
        aws["scheduler"].get_schedule(Name=name)


def test_rate_that_starts_immediately(
    state: SavedState, aws: Clients, clock: Clock, queue: Queue, name: str
) -> None:
    """EventBridge Scheduler fires a new rate at once; a reset does not fire it again."""
    arn = aws["scheduler"].create_schedule(
        Name=name,
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": queue.arn, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/scheduler"},
    )["ScheduleArn"]
    queue.messages()
    state.save()

    state.restore()

    due = clock.due(arn)
    assert due is not None
    assert timedelta(minutes=59) < due - clock.now() <= timedelta(hours=1, seconds=1)


def test_metrics(state: SavedState, aws: Clients, name: str) -> None:
    def total() -> float:
        now = datetime.now(UTC)
        found = aws["cloudwatch"].get_metric_statistics(
            Namespace=name, MetricName="m", Period=3600, Statistics=["Sum"],
            StartTime=now - timedelta(hours=1), EndTime=now + timedelta(hours=1),
        )  # fmt: skip
        return float(sum(point["Sum"] for point in found["Datapoints"]))

    for value in (1, 2):
        aws["cloudwatch"].put_metric_data(
            Namespace=name, MetricData=[{"MetricName": "m", "Value": value}]
        )
        if value == 1:
            state.save()
    assert total() == 3

    state.restore()

    assert total() == 1


def test_reset_under_load(
    state: SavedState, aws: Clients, functions: FunctionFactory, queue: Queue, name: str
) -> None:
    """Requests wait for a reset and then succeed; nothing of before arrives after the last one."""
    target = Queue.create(aws["sqs"], f"{name}-target")
    function = functions(FORWARDING.format(url=target.url))
    aws["lambda"].create_event_source_mapping(
        FunctionName=function.name, EventSourceArn=queue.arn, BatchSize=1
    )
    topic = aws["sns"].create_topic(Name=name)["TopicArn"]
    aws["sns"].subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=queue.arn,
        Attributes={"RawMessageDelivery": "true"},
    )  # fmt: skip
    state.save()
    stopped = threading.Event()

    def send() -> int:
        count = 0
        while not stopped.is_set():
            aws["sns"].publish(TopicArn=topic, Message="load")
            count += 1
        return count

    with ThreadPoolExecutor(4) as senders:
        sent = [senders.submit(send) for _ in range(4)]
        try:
            for _ in range(5):
                state.restore()
                until(lambda: message_counts(target)[0] != "0", within=LIMIT, what="a message")
        finally:
            stopped.set()
        assert all(each.result() > 0 for each in sent)
    state.restore()
    assert message_counts(queue) == message_counts(target) == ["0", "0", "0"]
    # The only message that is processed is the one that is sent now.
    aws["sns"].publish(TopicArn=topic, Message="last")
    assert target.bodies() == ["last"]


def test_client_that_waits_for_messages(state: SavedState, aws: Clients, queue: Queue) -> None:
    """A long poll does not delay a reset, and gets the first message after it."""
    with ThreadPoolExecutor(1) as executor:
        waiting = executor.submit(
            lambda: aws["sqs"].receive_message(QueueUrl=queue.url, WaitTimeSeconds=20)
        )
        started = time.monotonic()
        state.save()
        state.restore()
        assert time.monotonic() - started < LIMIT
        aws["sqs"].send_message(QueueUrl=queue.url, MessageBody="first")
        assert waiting.result()["Messages"][0]["Body"] == "first"
