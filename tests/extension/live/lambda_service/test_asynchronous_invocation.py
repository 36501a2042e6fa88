"""Asynchronous invocations: retries, dead-letter queues and metrics.

Retries: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
Settings: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
Dead letters: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-add-dlq.html
"""

import re
from pathlib import Path

import pytest

from testbed.errors import StartError
from testbed.machine.waiting import until
from tests.extension.conftest import Clients, running_localstack
from tests.extension.events import ECHO, FAIL, Events, on_failure
from tests.extension.lambda_functions import FunctionFactory
from tests.extension.live.lambda_service.test_metrics import Metrics
from tests.extension.receivers import Message, QueueReceiver

EVENTS_LIMIT = 20.0


@pytest.fixture
def receiver(aws: Clients) -> QueueReceiver:
    return QueueReceiver(aws["sqs"])


def test_status_codes_of_invocation_types(functions: FunctionFactory, aws: Clients) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""
    function = functions(ECHO)

    event = aws["lambda"].invoke(FunctionName=function.name, InvocationType="Event")
    dry_run = aws["lambda"].invoke(FunctionName=function.name, InvocationType="DryRun")

    assert (event["StatusCode"], event["Payload"].read()) == (202, b"")
    assert (dry_run["StatusCode"], dry_run["Payload"].read()) == (204, b"")
    for response in (event, dry_run):
        assert not response.keys() & {"FunctionError", "LogResult", "ExecutedVersion"}
    log = function.log(until="END RequestId")
    assert log.count("got {}") == 1


@pytest.mark.parametrize(("retries", "attempts"), [(None, 3), (0, 1), (1, 2), (2, 3)])
def test_function_error_is_retried_with_the_same_request_id(
    functions: FunctionFactory,
    aws: Clients,
    receiver: QueueReceiver,
    retries: int | None,
    attempts: int,
) -> None:
    function = functions(FAIL, DeadLetterConfig={"TargetArn": receiver.arn})
    events = Events(aws, function)
    if retries is not None:
        events.configure(MaximumRetryAttempts=retries)

    request_id = events.send("mark")

    dead_letter = receiver.take()
    assert dead_letter.json == "mark"
    assert dead_letter.attributes["RequestID"] == f"String {request_id}"

    def log_of_all() -> bool:
        log = function.log(until=f"REPORT RequestId: {request_id}")
        return log.count("REPORT") == attempts

    until(log_of_all, within=EVENTS_LIMIT, what=f"{attempts} reports")
    log = function.log(until="REPORT")
    assert log.count(f"START RequestId: {request_id}") == attempts
    assert log.count("trying mark") == attempts


def test_timeout_is_retried(
    functions: FunctionFactory, aws: Clients, receiver: QueueReceiver
) -> None:
    source = "import time\ndef handler(event, context): time.sleep(60)"
    function = functions(source, timeout=1, DeadLetterConfig={"TargetArn": receiver.arn})
    events = Events(aws, function)
    events.configure(MaximumRetryAttempts=1)

    request_id = events.send("mark")

    message = receiver.take().attributes["ErrorMessage"]
    assert message == f"String RequestId: {request_id} Error: Task timed out after 1.00 seconds"


@pytest.mark.parametrize("kind", ["sqs", "sns"])
def test_dead_letter_is_the_event_with_attributes(
    functions: FunctionFactory, aws: Clients, receiver: QueueReceiver, name: str, kind: str
) -> None:
    target = receiver.arn
    if kind == "sns":
        target = aws["sns"].create_topic(Name=name)["TopicArn"]
        aws["sns"].subscribe(
            TopicArn=target,
            Protocol="sqs",
            Endpoint=receiver.arn,
            Attributes={"RawMessageDelivery": "true"},
        )
    source = "def handler(event, context): raise ValueError('e' * 2000)"
    function = functions(source, DeadLetterConfig={"TargetArn": target})
    events = Events(aws, function)
    events.configure(MaximumRetryAttempts=0)

    request_id = events.send({"mark": [1, "\N{EURO SIGN}"]})

    dead_letter = receiver.take()
    assert dead_letter.body == '{"mark": [1, "\\u20ac"]}'
    assert dead_letter.attributes == {
        "RequestID": f"String {request_id}",
        "ErrorCode": "Number 200",
        "ErrorMessage": "String " + "e" * 1024,
    }


def test_error_without_message_has_a_dead_letter(
    functions: FunctionFactory, aws: Clients, receiver: QueueReceiver
) -> None:
    source = "def handler(event, context): raise ValueError"
    events = Events(aws, functions(source, DeadLetterConfig={"TargetArn": receiver.arn}))
    events.configure(MaximumRetryAttempts=0)

    events.send("mark")

    assert receiver.take().json == "mark"


def test_event_is_dropped_immediately_without_concurrency(
    functions: FunctionFactory, aws: Clients, receiver: QueueReceiver
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"""
    dead_letters = QueueReceiver(aws["sqs"])
    function = functions(ECHO, DeadLetterConfig={"TargetArn": dead_letters.arn})
    events = Events(aws, function)
    events.configure(DestinationConfig=on_failure(receiver.arn))
    aws["lambda"].put_function_concurrency(
        FunctionName=function.name, ReservedConcurrentExecutions=0
    )

    request_id = events.send("mark")

    record = receiver.take().json
    assert record["requestContext"] == {
        "requestId": request_id,
        "functionArn": f"{function.arn}:$LATEST",
        "condition": "ZeroReservedConcurrency",
        "approximateInvokeCount": 0,
    }
    assert record["requestPayload"] == "mark"
    assert not record.keys() & {"responseContext", "responsePayload"}
    dead_letter: Message = dead_letters.take()
    assert dead_letter.json == "mark"
    assert dead_letter.attributes["ErrorCode"] == "Number 429"


def test_throttled_event_is_retried_until_it_runs(functions: FunctionFactory, aws: Clients) -> None:
    """Even with the minimum age; throttling does not count as a retry of a function error."""
    function = functions(
        """
        import time

        def handler(event, context):
            time.sleep(event)
        """
    )
    events = Events(aws, function)
    events.configure(MaximumRetryAttempts=0, MaximumEventAgeInSeconds=60)
    aws["lambda"].put_function_concurrency(
        FunctionName=function.name, ReservedConcurrentExecutions=1
    )

    request_ids = [events.send(1.5), events.send(0), events.send(0)]

    for request_id in request_ids:

        def ran(mark: str = f"REPORT RequestId: {request_id}") -> bool:
            return mark in function.log(until="REPORT")

        until(ran, within=EVENTS_LIMIT, what=f"invocation of {request_id}")


def test_event_that_would_exceed_its_maximum_age_is_dropped(
    reconfigured_aws: Clients, reconfigured_functions: FunctionFactory
) -> None:
    """The minimum of the maximum age is a minute; here a retry would be later than that."""
    receiver = QueueReceiver(reconfigured_aws["sqs"])
    events = Events(reconfigured_aws, reconfigured_functions(FAIL))
    events.configure(MaximumEventAgeInSeconds=60, DestinationConfig=on_failure(receiver.arn))

    events.send("mark")

    record = receiver.take().json
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert record["responsePayload"]["errorMessage"] == "too high"


def test_metrics_of_events(
    functions: FunctionFactory, aws: Clients, receiver: QueueReceiver
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"""
    metrics = Metrics(aws["cloudwatch"])
    missing = receiver.arn + "-missing"
    function = functions(FAIL, DeadLetterConfig={"TargetArn": missing})
    events = Events(aws, function)
    events.configure(MaximumRetryAttempts=1, DestinationConfig=on_failure(missing))

    for number in range(2):
        events.send(number)

    for metric, samples in [
        ("AsyncEventsReceived", 2),
        ("AsyncEventAge", 2),
        ("Invocations", 4),
        ("AsyncEventsDropped", 2),
        ("DeadLetterErrors", 2),
        ("DestinationDeliveryFailures", 2),
    ]:
        metrics.complete(metric, samples, FunctionName=function.name)


def test_many_events_run_concurrently_and_survive_an_update(
    functions: FunctionFactory, aws: Clients
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html"""
    function = functions(
        """
        import time

        def handler(event, context):
            time.sleep(0.2)
            print("done", event)
        """
    )
    events = Events(aws, function)

    for number in range(60):
        events.send(number)
    aws["lambda"].update_function_configuration(FunctionName=function.name, Description="new")

    def all_done() -> bool:
        log = function.log(until="done")
        return {int(each) for each in re.findall(r"done (\d+)", log)} == set(range(60))

    until(all_done, within=EVENTS_LIMIT, what="result of each event")


@pytest.mark.parametrize("setting", ["soon", "-1"])
def test_invalid_retry_delay(tmp_path: Path, setting: str) -> None:
    with (
        pytest.raises(StartError),
        running_localstack(tmp_path, TESTBED_ASYNCHRONOUS_RETRY_DELAY=setting),
    ):
        pass

    log = (tmp_path / "localstack.log").read_text()
    assert f"TESTBED_ASYNCHRONOUS_RETRY_DELAY={setting} is invalid: it must be a number" in log
