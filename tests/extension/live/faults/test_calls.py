"""Faults of API calls: errors, throttling and delays, as callers see them on AWS."""

import concurrent.futures
import threading
import uuid
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from testbed.machine.waiting import until
from tests.extension.conftest import Clients
from tests.extension.control import ErrorResponse
from tests.extension.faults import FaultRules
from tests.extension.lambda_functions import FunctionFactory
from tests.extension.scheduling import Queue

LIMIT = 20.0


@pytest.fixture
def queue(aws: Clients, name: str) -> Queue:
    return Queue.create(aws["sqs"], name)


def send(queue: Queue) -> None:
    queue.sqs.send_message(QueueUrl=queue.url, MessageBody="hello")


def test_error_is_what_the_sdk_raises(faults: FaultRules, queue: Queue) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html"""
    rule = faults.put("error", "sqs", code="ServiceUnavailable", resource=queue.url.split("/")[-1])
    with pytest.raises(ClientError) as raised:
        send(queue)
    response = raised.value.response
    assert response["Error"]["Code"] == "ServiceUnavailable"
    assert response["Error"]["Message"]
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert response["ResponseMetadata"]["RequestId"]
    assert faults.show(rule) | {"seen": 1, "hits": 1, "spent": False} == faults.show(rule)
    faults.remove(rule)
    send(queue)


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "code", "status"),
    [
        ("sns", "ListTopics", {}, "Throttling", 400),  # query, XML
        ("lambda", "ListFunctions", {}, "TooManyRequestsException", 429),  # REST, JSON
        ("s3", "ListBuckets", {}, "SlowDown", 503),  # REST, XML
        ("events", "ListRules", {}, "ThrottlingException", 400),  # JSON
        ("sqs", "ListQueues", {}, "RequestThrottled", 403),  # JSON that was query once
        ("logs", "DescribeLogGroups", {}, "ThrottlingException", 400),
        ("sts", "GetCallerIdentity", {}, "Throttling", 400),
    ],
)
def test_throttling_error_is_that_of_the_service(
    aws: Clients,
    faults: FaultRules,
    service: str,
    operation: str,
    arguments: dict[str, Any],
    code: str,
    status: int,
) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and the services' own."""
    faults.put("throttle", service, operation=operation, caller="clients")
    client = aws[service]
    call = getattr(client, _method(client, operation))
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    assert raised.value.response["Error"]["Code"] == code
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def _method(client: Any, operation: str) -> str:
    mapping: dict[str, str] = client.meta.method_to_api_mapping
    return next(method for method, name in mapping.items() if name == operation)


def test_sdk_retries_a_call_until_it_succeeds(
    localstack_endpoint: str, faults: FaultRules, queue: Queue
) -> None:
    """https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html"""
    patient = boto3.client(
        "sqs",
        endpoint_url=localstack_endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"mode": "standard", "total_max_attempts": 3}),
    )
    rule = faults.put("throttle", "sqs", operation="SendMessage", next=2)
    answer = patient.send_message(QueueUrl=queue.url, MessageBody="hello")
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert faults.show(rule)["spent"]


def test_error_after_the_call_hides_that_it_was_carried_out(
    aws: Clients, faults: FaultRules, name: str
) -> None:
    s3 = aws["s3"]
    s3.create_bucket(Bucket=name)
    faults.put("error", "s3", code="InternalError", operation="PutObject", after_call=True)
    with pytest.raises(ClientError) as raised:
        s3.put_object(Bucket=name, Key="key", Body=b"written")
    assert raised.value.response["Error"]["Code"] == "InternalError"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert s3.get_object(Bucket=name, Key="key")["Body"].read() == b"written"


def test_rule_for_some_keys_leaves_others_alone(
    aws: Clients, faults: FaultRules, name: str
) -> None:
    s3 = aws["s3"]
    s3.create_bucket(Bucket=name)
    faults.put("throttle", "s3", operation="PutObject", resource=f"{name}/state/*")
    s3.put_object(Bucket=name, Key="other/key", Body=b"")
    with pytest.raises(ClientError, match="SlowDown"):
        s3.put_object(Bucket=name, Key="state/key", Body=b"")


def test_share_with_a_seed_hits_the_same_calls_again(faults: FaultRules, queue: Queue) -> None:
    def failures() -> list[int]:
        rule = faults.put(
            "throttle",
            "sqs",
            operation="SendMessage",
            share=0.4,
            seed=7,
            resource=queue.url.split("/")[-1],
        )
        failed = []
        for number in range(30):
            try:
                send(queue)
            except ClientError:
                failed.append(number)
        assert faults.hits(rule) == len(failed)
        assert faults.show(rule)["seen"] == 30
        faults.remove(rule)
        return failed

    first = failures()
    assert 0 < len(first) < 30
    assert failures() == first


def test_delayed_call_continues_when_the_rule_is_removed(faults: FaultRules, queue: Queue) -> None:
    rule = faults.put("delay", "sqs", operation="SendMessage", seconds=600)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        sending = pool.submit(send, queue)
        until(lambda: faults.hits(rule) == 1, within=LIMIT, what="delayed call")
        assert not sending.done()
        faults.remove(rule)
        sending.result(LIMIT)
    assert queue.bodies() == ["hello"]


def test_only_functions_calls_are_hit(
    faults: FaultRules, functions: FunctionFactory, queue: Queue
) -> None:
    function = functions(
        f"""
        import boto3
        from botocore.config import Config
        sqs = boto3.client("sqs", config=Config(retries={{"total_max_attempts": 1}}))
        def handler(event, context):
            try:
                sqs.send_message(QueueUrl="{queue.url}", MessageBody="hello")
            except sqs.exceptions.ClientError as error:
                return error.response["Error"]["Code"]
        """
    )
    for caller in ("functions", function.name):
        rule = faults.put("error", "sqs", code="InternalError", caller=caller)
        send(queue)
        assert function.invoke().payload == "InternalError"
        faults.remove(rule)
    faults.put("error", "sqs", code="InternalError", caller="another-function")
    faults.put("error", "sqs", code="InternalError", operation="SendMessage", caller="clients")
    assert function.invoke().payload is None


def test_rules_are_listed_in_order_and_replaced_by_id(faults: FaultRules) -> None:
    mine = [f"{uuid.uuid4().hex[:8]}-{number}" for number in range(2)]
    for identity in mine:
        faults.put("throttle", "sqs", identity, resource="no-such-queue", share=0.5, seed=1)
    faults.put("delay", "sqs", mine[1], resource="no-such-queue", seconds=1)
    shown = [rule for rule in faults.call("GET")["faults"] if rule["id"] in mine]
    assert [(rule["id"], rule["action"]) for rule in shown] == [
        (mine[0], "throttle"),
        (mine[1], "delay"),
    ]
    assert shown[0] == {
        "id": mine[0],
        "action": "throttle",
        "service": "sqs",
        "resource": "no-such-queue",
        "code": "RequestThrottled",
        "status": 403,
        "message": "Rate exceeded",
        "share": 0.5,
        "seed": 1,
        "seen": 0,
        "hits": 0,
        "spent": False,
    }


def test_unknown_rule(faults: FaultRules) -> None:
    for method in ("GET", "DELETE"):
        with pytest.raises(ErrorResponse, match="404: there is no fault"):
            faults.call(method, "none-such")


ERROR = {"action": "error", "service": "sqs", "code": "InternalError"}
KILL = {"action": "kill", "service": "lambda"}
DUPLICATE = {"action": "duplicate", "service": "sqs"}


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (None, "the body must be a JSON object"),
        (b"{", "not valid JSON"),
        ({}, "action must be one of error"),
        ({"action": "explode"}, "action must be one of error"),
        ({"action": "throttle"}, "service is missing"),
        ({"action": "throttle", "service": "SQS"}, "did you mean sqs"),
        ({"action": "throttle", "service": 1}, "service must be a string, not 1"),
        (
            ERROR | {"operation": "sendmessage"},
            "sqs has no operation 'sendmessage' (did you mean SendMessage?)",
        ),
        (ERROR | {"code": ""}, "the action error requires the field 'code'"),
        (ERROR | {"code": "OfMyOwn"}, "status is missing"),
        (ERROR | {"status": 200}, "status must be at least 400 and at most 599, not 200"),
        (ERROR | {"status": True}, "status must be an integer, not True"),
        (ERROR | {"share": 0}, "share must be more than 0 and at most 1, not 0"),
        (ERROR | {"share": 1.5}, "at most 1"),
        (ERROR | {"share": "half"}, "share must be a number, not 'half'"),
        (ERROR | {"seed": 1}, "seed requires share"),
        (ERROR | {"next": 0}, "next must be at least 1, not 0"),
        (ERROR | {"seconds": 1}, "the action error has no field 'seconds'"),
        (ERROR | {"resource": " "}, "resource is empty"),
        (ERROR | {"functoin": "x"}, "there is no field 'functoin'"),
        ({"action": "delay", "service": "sqs"}, "requires the field 'seconds'"),
        ({"action": "delay", "service": "sqs", "seconds": 901}, "at least 0.001 and at most 900"),
        (DUPLICATE | {"resource": "orders.fifo"}, "is a FIFO queue"),
        (DUPLICATE | {"action": "reorder", "resource": "orders.fifo"}, "is a FIFO queue"),
        (DUPLICATE | {"operation": "SendMessage"}, "for messages of SQS queues"),
        (DUPLICATE | {"service": "sns"}, "for messages of SQS queues"),
        (DUPLICATE | {"caller": "lambda"}, "has no field 'caller'"),
        (KILL | {"caller": "functions"}, "name it as the resource"),
        (KILL | {"service": "sns", "caller": "clients"}, "clients cannot be killed"),
        (KILL | {"service": "sns", "seconds": 1}, "seconds is only for"),
    ],
)
def test_invalid_rule_is_rejected(faults: FaultRules, rule: Any, message: str) -> None:
    with pytest.raises(ErrorResponse) as raised:
        faults.call("PUT", body=b"null" if rule is None else rule)
    assert raised.value.status == 400
    assert message in raised.value.message


def test_invalid_id_is_rejected(faults: FaultRules) -> None:
    with pytest.raises(ErrorResponse, match="400: the id"):
        faults.call("PUT", "no%20id", ERROR)


def test_calls_at_the_same_time_use_up_exactly_the_next_ones(
    faults: FaultRules, queue: Queue
) -> None:
    faults.put("throttle", "sqs", operation="SendMessage", next=5)
    start = threading.Barrier(10)

    def fails(_: int) -> bool:
        start.wait(LIMIT)
        try:
            send(queue)
        except ClientError:
            return True
        return False

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(fails, range(10))) == 5
