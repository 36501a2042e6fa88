"""Faults of calls between services: each service retries as on AWS."""

import json
from typing import Any

import pytest

from testbed.machine.waiting import until
from tests.extension.conftest import Clients
from tests.extension.faults import FaultRules
from tests.extension.lambda_functions import Function, FunctionFactory
from tests.extension.scheduling import Queue, attributes

LIMIT = 20.0

# Sends its event to a queue.
FORWARD = """
    import boto3, json
    sqs = boto3.client("sqs")
    def handler(event, context):
        sqs.send_message(QueueUrl="{url}", MessageBody=json.dumps(event))
"""


@pytest.fixture
def queue(aws: Clients, name: str) -> Queue:
    return Queue.create(aws["sqs"], name)


@pytest.fixture
def dead_letters(aws: Clients, name: str) -> Queue:
    return Queue.create(aws["sqs"], f"{name}-dlq")


def forwarding(functions: FunctionFactory, queue: Queue) -> Function:
    return functions(FORWARD.format(url=queue.url))


def subscribe(aws: Clients, name: str, queue: Queue, dead_letters: Queue) -> str:
    """Make a topic that delivers to a queue, and return its ARN."""
    topic: str = aws["sns"].create_topic(Name=name)["TopicArn"]
    aws["sns"].subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=queue.arn,
        Attributes={
            "RawMessageDelivery": "true",
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_letters.arn}),
        },
    )
    return topic


def test_sns_retries_a_delivery_at_once(
    aws: Clients, faults: FaultRules, name: str, queue: Queue, dead_letters: Queue
) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html"""
    topic = subscribe(aws, name, queue, dead_letters)
    rule = faults.put(
        "error", "sqs", code="ServiceUnavailable", resource=name, caller="sns", next=3
    )
    aws["sns"].publish(TopicArn=topic, Message="hello")
    assert queue.bodies() == ["hello"]
    assert faults.show(rule)["spent"]
    assert dead_letters.taken() == []


def test_sns_retries_a_delivery_after_pauses(
    aws: Clients, faults: FaultRules, name: str, queue: Queue, dead_letters: Queue
) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html"""
    topic = subscribe(aws, name, queue, dead_letters)
    rule = faults.put("throttle", "sqs", resource=name, caller="sns.amazonaws.com", next=5)
    aws["sns"].publish_batch(
        TopicArn=topic,
        PublishBatchRequestEntries=[{"Id": each, "Message": each} for each in ("one", "two")],
    )
    assert sorted(queue.bodies(2)) == ["one", "two"]
    assert faults.show(rule)["spent"]


def test_sns_does_not_retry_client_errors(
    aws: Clients, faults: FaultRules, name: str, queue: Queue, dead_letters: Queue
) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html"""
    topic = subscribe(aws, name, queue, dead_letters)
    rule = faults.put("error", "sqs", code="AccessDenied", resource=name, caller="sns")
    aws["sns"].publish(TopicArn=topic, Message="hello")
    assert dead_letters.bodies() == ["hello"]
    assert faults.hits(rule) == 1


def test_sns_stops_retrying_for_a_deleted_subscription(
    aws: Clients, faults: FaultRules, name: str, queue: Queue, dead_letters: Queue
) -> None:
    topic = subscribe(aws, name, queue, dead_letters)
    rule = faults.put("throttle", "sqs", resource=name, caller="sns")
    aws["sns"].publish(TopicArn=topic, Message="hello")
    until(lambda: faults.hits(rule) >= 4, within=LIMIT, what="series of failed retries")
    aws["sns"].delete_topic(TopicArn=topic)
    other = subscribe(aws, f"{name}-other", dead_letters, queue)
    faults.remove(rule)
    aws["sns"].publish(TopicArn=other, Message="after it")
    assert dead_letters.bodies() == ["after it"]
    assert queue.taken() == []


def matching_rule(aws: Clients, name: str, function: Function, **target: Any) -> None:
    """Make a rule that sends events of a source to a function."""
    events = aws["events"]
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    events.put_targets(Rule=name, Targets=[{"Id": "function", "Arn": function.arn, **target}])


def put_event(aws: Clients, source: str) -> None:
    answer = aws["events"].put_events(
        Entries=[{"Source": source, "DetailType": "test", "Detail": "{}"}]
    )
    assert answer["FailedEntryCount"] == 0


def test_eventbridge_retries_a_delivery(
    aws: Clients, faults: FaultRules, functions: FunctionFactory, name: str, queue: Queue
) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html"""
    function = forwarding(functions, queue)
    matching_rule(aws, name, function)
    rule = faults.put("throttle", "lambda", resource=function.name, caller="events", next=2)
    put_event(aws, name)
    [body] = queue.bodies()
    assert json.loads(body)["source"] == name
    assert faults.show(rule)["spent"]


def test_eventbridge_stops_after_its_retries(
    aws: Clients,
    faults: FaultRules,
    functions: FunctionFactory,
    name: str,
    queue: Queue,
    dead_letters: Queue,
) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html"""
    function = forwarding(functions, queue)
    matching_rule(
        aws,
        name,
        function,
        RetryPolicy={"MaximumRetryAttempts": 1},
        DeadLetterConfig={"Arn": dead_letters.arn},
    )
    rule = faults.put("throttle", "lambda", resource=function.name, caller="events")
    put_event(aws, name)
    [message] = dead_letters.messages()
    assert json.loads(message["Body"])["source"] == name
    assert "event-bus-name" not in json.loads(message["Body"])
    given = attributes(message)
    assert given["RULE_ARN"].endswith(f"rule/{name}")
    assert given["TARGET_ARN"] == function.arn
    assert given["ERROR_CODE"] == "THROTTLING"
    assert given["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert given["RETRY_ATTEMPTS"] == "1"
    assert faults.hits(rule) == 2


def test_put_events_is_throttled_as_a_whole(aws: Clients, faults: FaultRules, name: str) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html"""
    faults.put("throttle", "events", operation="PutEvents", resource="default", next=1)
    with pytest.raises(aws["events"].exceptions.ClientError, match="ThrottlingException"):
        put_event(aws, name)
    put_event(aws, name)


def test_lambda_retries_asynchronous_events(
    aws: Clients, faults: FaultRules, functions: FunctionFactory, queue: Queue
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"""
    function = forwarding(functions, queue)
    rule = faults.put("throttle", "lambda", resource=function.name, caller="lambda", next=1)
    aws["lambda"].invoke(FunctionName=function.name, InvocationType="Event", Payload=b'"one"')
    assert queue.bodies() == ['"one"']
    assert faults.show(rule)["spent"]


def test_rule_without_a_caller_is_for_the_call_that_sends_an_event(
    aws: Clients, faults: FaultRules, functions: FunctionFactory, queue: Queue
) -> None:
    function = forwarding(functions, queue)
    rule = faults.put("throttle", "lambda", resource=function.name, operation="Invoke")
    with pytest.raises(aws["lambda"].exceptions.TooManyRequestsException):
        aws["lambda"].invoke(FunctionName=function.name, InvocationType="Event")
    assert faults.hits(rule) == 1


def mapping(aws: Clients, function: Function, queue: Queue) -> str:
    identity: str = aws["lambda"].create_event_source_mapping(
        FunctionName=function.name, EventSourceArn=queue.arn, BatchSize=10
    )["UUID"]
    until(
        lambda: aws["lambda"].get_event_source_mapping(UUID=identity)["State"] == "Enabled",
        within=LIMIT,
        what="enabled mapping",
    )
    return identity


@pytest.mark.parametrize("operation", ["ReceiveMessage", "DeleteMessageBatch"])
def test_event_source_mapping_continues_after_failures_of_its_queue(
    aws: Clients,
    faults: FaultRules,
    functions: FunctionFactory,
    name: str,
    queue: Queue,
    operation: str,
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    source = Queue.create(aws["sqs"], f"{name}-source")
    function = forwarding(functions, queue)
    identity = mapping(aws, function, source)
    # Shorter than the function's timeout, which is looked at when the mapping is made.
    source.sqs.set_queue_attributes(QueueUrl=source.url, Attributes={"VisibilityTimeout": "1"})
    rule = faults.put(
        "error",
        "sqs",
        code="InternalError",
        status=500,
        operation=operation,
        resource=f"{name}-source",
        caller="lambda",
        next=1,
    )
    try:
        source.sqs.send_message(QueueUrl=source.url, MessageBody="hello")
        # A message that could not be deleted is delivered again.
        count = 1 if operation == "ReceiveMessage" else 2
        bodies = queue.bodies(count)
        assert {json.loads(body)["Records"][0]["body"] for body in bodies} == {"hello"}
        assert faults.show(rule)["spent"]
    finally:
        aws["lambda"].delete_event_source_mapping(UUID=identity)


def test_api_gateway_receives_the_error_of_its_function(
    aws: Clients, faults: FaultRules, functions: FunctionFactory, localstack_endpoint: str
) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html"""
    import requests

    function = functions("def handler(event, context): return {'statusCode': 200, 'body': 'fine'}")
    gateway = aws["apigateway"]
    api = gateway.create_rest_api(name=function.name)["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    gateway.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
    gateway.put_integration(
        restApiId=api,
        resourceId=root,
        httpMethod="GET",
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function.arn}/invocations",
    )
    gateway.create_deployment(restApiId=api, stageName="v1")
    url = f"{localstack_endpoint}/_aws/execute-api/{api}/v1/"
    # Asking for the gateway responses does not change them.
    gateway.get_gateway_responses(restApiId=api)
    faults.put("error", "lambda", code="ServiceException", caller="apigateway", next=50)
    assert requests.get(url, timeout=LIMIT).status_code in (500, 502)
    faults.remove_all()
    assert requests.get(url, timeout=LIMIT).text == "fine"
    gateway.delete_rest_api(restApiId=api)


def test_function_is_killed_during_its_invocation(
    faults: FaultRules, functions: FunctionFactory
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
    function = functions(
        """
        import time
        def handler(event, context):
            print("begun", flush=True)
            time.sleep(event)
            return "done"
        """,
        timeout=60,
    )
    rule = faults.put("kill", "lambda", resource=function.name, seconds=1, next=1)
    killed = function.invoke(50)
    assert killed.error == "Unhandled"
    assert killed.payload["errorType"] == "Runtime.ExitError"
    assert "signal: killed" in killed.payload["errorMessage"]
    assert "begun" in killed.tail
    assert faults.show(rule)["spent"]
    assert function.invoke(0).payload == "done"


def test_function_is_killed_when_its_invocation_starts(
    faults: FaultRules, functions: FunctionFactory
) -> None:
    function = functions("def handler(event, context): print('begun')")
    faults.put("kill", "lambda", resource=function.name, next=2)
    for _ in range(2):
        killed = function.invoke()
        assert "signal: killed" in killed.payload["errorMessage"]
        assert "begun" not in killed.tail
    assert function.invoke().error is None


def test_function_is_killed_at_a_call(
    faults: FaultRules, functions: FunctionFactory, queue: Queue
) -> None:
    function = forwarding(functions, queue)
    rule = faults.put("kill", "sqs", operation="SendMessage", caller=function.name, next=1)
    assert "signal: killed" in function.invoke("one").payload["errorMessage"]
    assert queue.bodies() == ['"one"']
    assert faults.show(rule)["spent"]
    assert function.invoke("two").error is None
    assert queue.bodies() == ['"two"']
