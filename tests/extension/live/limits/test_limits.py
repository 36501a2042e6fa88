"""AWS's quotas and value limits: the maximum is accepted, and more is rejected."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from tests.extension.conftest import Clients
from tests.extension.lambda_functions import ROLE, Function, FunctionFactory, bundle
from tests.extension.scheduling import Queue

KIB, MIB = 1024, 1024 * 1024
LIMIT_SECONDS = 60


def error_of(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    """Return the code and message of an error."""
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    error: Any = raised.value.response["Error"]
    return error["Code"], error["Message"]


# Queues


@pytest.mark.parametrize(
    ("attribute", "low", "high"),
    [
        ("DelaySeconds", 0, 900),
        ("MaximumMessageSize", 1024, MIB),
        ("MessageRetentionPeriod", 60, 1_209_600),
        ("ReceiveMessageWaitTimeSeconds", 0, 20),
        ("VisibilityTimeout", 0, 43_200),
    ],
)
def test_attributes_of_queues(aws: Clients, name: str, attribute: str, low: int, high: int) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""
    sqs = aws["sqs"]
    error = ("InvalidAttributeValue", f"Invalid value for the parameter {attribute}.")
    for wrong in (str(low - 1), str(high + 1), "many"):
        attributes = {attribute: wrong}
        assert error_of(sqs.create_queue, QueueName=name, Attributes=attributes) == error
    url = sqs.create_queue(QueueName=name, Attributes={attribute: str(low)})["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={attribute: str(high)})
    attributes = {attribute: str(high + 1)}
    assert error_of(sqs.set_queue_attributes, QueueUrl=url, Attributes=attributes) == error


def test_largest_message_of_a_queue(aws: Clients, name: str) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"""
    sqs = aws["sqs"]
    url = sqs.create_queue(QueueName=name)["QueueUrl"]

    def check(limit: int) -> None:
        # Attributes count, with their names and types.
        attributes = {"kind": {"DataType": "String", "StringValue": "x"}}
        body = "x" * (limit - len("kindStringx"))
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes)
        assert error_of(
            sqs.send_message, QueueUrl=url, MessageBody=body + "x", MessageAttributes=attributes
        ) == (
            "InvalidParameterValue",
            "One or more parameters are invalid. "
            f"Reason: Message must be shorter than {limit} bytes.",
        )

    check(MIB)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MaximumMessageSize": "1024"})
    check(1024)


def test_largest_batch_for_a_queue(aws: Clients, name: str) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html"""
    sqs = aws["sqs"]
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    entries = [{"Id": str(number), "MessageBody": "x" * (MIB // 2)} for number in range(2)]
    assert len(sqs.send_message_batch(QueueUrl=url, Entries=entries)["Successful"]) == 2

    entries[1]["MessageBody"] += "x"
    assert error_of(sqs.send_message_batch, QueueUrl=url, Entries=entries) == (
        "AWS.SimpleQueueService.BatchRequestTooLong",
        "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.",
    )


def test_attributes_of_messages(aws: Clients, name: str) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"""
    sqs = aws["sqs"]
    message = {"QueueUrl": sqs.create_queue(QueueName=name)["QueueUrl"], "MessageBody": "x"}
    attributes = {f"a{number}": {"DataType": "Number", "StringValue": "1"} for number in range(11)}

    assert error_of(sqs.send_message, **message, MessageAttributes=attributes) == (
        "InvalidParameterValue",
        "Number of message attributes [11] exceeds the allowed maximum [10].",
    )
    attributes.pop("a0")
    sqs.send_message(**message, MessageAttributes=attributes)


# Topics


@pytest.fixture
def topic(aws: Clients, name: str) -> str:
    arn: str = aws["sns"].create_topic(Name=name)["TopicArn"]
    return arn


def test_largest_message_of_a_topic(aws: Clients, topic: str) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html"""
    sns = aws["sns"]

    def check(limit: int) -> None:
        # Attributes count, with their names and types.
        attributes = {"kind": {"DataType": "String", "StringValue": "x"}}
        text = '"' * (limit - len("kindStringx"))  # sent as "%22", three times as long
        message = {"TopicArn": topic, "MessageAttributes": attributes}
        sns.publish(**message, Message=text)
        assert error_of(sns.publish, **message, Message=text + "x") == (
            "InvalidParameter",
            "Invalid parameter: Message too long",
        )
        half = "x" * (limit // 2)
        entries = [{"Id": "1", "Message": half}, {"Id": "2", "Message": half}]
        batch = {"TopicArn": topic, "PublishBatchRequestEntries": entries}
        assert len(sns.publish_batch(**batch)["Successful"]) == 2
        entries[1]["Message"] += "x"
        assert error_of(sns.publish_batch, **batch) == (
            "BatchRequestTooLong",
            "The length of all the messages put together is more than the limit.",
        )

    check(256 * KIB)
    size = {"TopicArn": topic, "AttributeName": "MaximumMessageSize"}
    sns.set_topic_attributes(**size, AttributeValue=str(MIB))
    check(MIB)
    for wrong in ("1023", str(MIB + 1)):
        code, _ = error_of(sns.set_topic_attributes, **size, AttributeValue=wrong)
        assert code == "InvalidParameter"


@pytest.mark.parametrize(
    ("subject", "allowed"),
    [("x" * 100, True), ("x" * 101, False), ("Überlast", True), ("two\nlines", False),
     ("a\ttab", False)],
    ids=["longest", "too long", "UTF-8", "line break", "control character"],
)  # fmt: skip
def test_subjects(aws: Clients, topic: str, subject: str, allowed: bool) -> None:
    """https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""
    message = {"TopicArn": topic, "Message": "x", "Subject": subject}
    entry = {"Id": "1", "Message": "x", "Subject": subject}
    batch = {"TopicArn": topic, "PublishBatchRequestEntries": [entry]}
    if allowed:
        aws["sns"].publish(**message)
        aws["sns"].publish_batch(**batch)
    else:
        error = ("InvalidParameter", "Invalid parameter: Subject")
        assert error_of(aws["sns"].publish, **message) == error
        assert error_of(aws["sns"].publish_batch, **batch) == error


def test_raw_message_with_more_attributes_than_a_queue_takes_is_lost(
    aws: Clients, topic: str, name: str
) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html"""
    sns, queue = aws["sns"], Queue.create(aws["sqs"], name)
    raw = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn, Attributes=raw)
    many = {f"a{number}": {"DataType": "Number", "StringValue": "1"} for number in range(11)}

    sns.publish(TopicArn=topic, Message="many", MessageAttributes=many)
    sns.publish(TopicArn=topic, Message="few")

    assert queue.bodies() == ["few"]


# Events


def test_largest_event(aws: Clients) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html"""
    events = aws["events"]

    def entry(size: int) -> dict[str, str]:
        rest = size - len("sourcetype") - len('{"text": ""}')
        detail = json.dumps({"text": "x" * rest})
        return {"Source": "source", "DetailType": "type", "Detail": detail}

    for entries in ([entry(MIB)], [entry(MIB // 2)] * 2):
        answer = events.put_events(Entries=entries)
        assert answer["FailedEntryCount"] == 0
    for entries in ([entry(MIB + 1)], [entry(MIB // 2), entry(MIB // 2 + 1)]):
        assert error_of(events.put_events, Entries=entries) == (
            "ValidationException",
            "Total size of the entries in the request is over the limit.",
        )


@pytest.mark.parametrize("detail", ["[]", "no JSON", "x" * 300_000])
def test_event_without_an_object(aws: Clients, detail: str) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html"""
    [entry] = aws["events"].put_events(
        Entries=[{"Source": "source", "DetailType": "type", "Detail": detail}]
    )["Entries"]
    assert (entry["ErrorCode"], entry["ErrorMessage"]) == (
        "MalformedDetail",
        "Detail is malformed.",
    )


def test_retry_policy_of_a_target(aws: Clients, name: str) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RetryPolicy.html"""
    events = aws["events"]
    events.put_rule(Name=name, ScheduleExpression="rate(1 day)", State="DISABLED")
    target = {"Id": "1", "Arn": f"arn:aws:sqs:us-east-1:000000000000:{name}"}

    def with_retries(attempts: int) -> dict[str, Any]:
        policy = {"MaximumRetryAttempts": attempts}
        return {"Rule": name, "Targets": [{**target, "RetryPolicy": policy}]}

    events.put_targets(**with_retries(185))
    assert error_of(events.put_targets, **with_retries(186)) == (
        "ValidationException",
        "1 validation error detected: Value '186' at "
        "'targets.1.member.retryPolicy.maximumRetryAttempts' failed to satisfy constraint: "
        "Member must have value less than or equal to 185",
    )
    events.remove_targets(Rule=name, Ids=["1"])
    events.delete_rule(Name=name)


# Functions


@pytest.fixture
def function(functions: FunctionFactory) -> Function:
    return functions("def handler(event, context): return event")


@pytest.mark.parametrize(("setting", "limit"), [("Timeout", 900), ("MemorySize", 10_240)], ids=str)
def test_settings_of_functions(aws: Clients, function: Function, setting: str, limit: int) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
    configure = aws["lambda"].update_function_configuration

    configure(FunctionName=function.name, **{setting: limit})
    member = setting[0].lower() + setting[1:]
    assert error_of(configure, FunctionName=function.name, **{setting: limit + 1}) == (
        "ValidationException",
        f"1 validation error detected: Value '{limit + 1}' at '{member}' failed to satisfy "
        f"constraint: Member must have value less than or equal to {limit}",
    )


@pytest.mark.parametrize("missing", ["Runtime", "Handler"])
def test_package_without_a_runtime_or_handler(aws: Clients, name: str, missing: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html"""
    arguments = {"Runtime": "python3.13", "Handler": "app.handler"}
    del arguments[missing]
    error = error_of(
        aws["lambda"].create_function,
        FunctionName=name,
        Role=ROLE,
        Code={"ZipFile": bundle({"app.py": ""})},
        **arguments,
    )
    assert error == (
        "InvalidParameterValueException",
        "Runtime and Handler are mandatory parameters for functions created with deployment"
        " packages.",
    )


def test_unknown_runtime(aws: Clients, function: Function) -> None:
    update = aws["lambda"].update_function_configuration
    code, message = error_of(update, FunctionName=function.name, Runtime="python313")
    assert code == "InvalidParameterValueException"
    assert message.startswith(
        "Value python313 at 'runtime' failed to satisfy constraint: Member must satisfy enum value"
        " set: ["
    )
    assert message.endswith("] or be a valid ARN")


def test_environment_variables(aws: Clients, function: Function) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    configure = aws["lambda"].update_function_configuration

    def variables(**values: str) -> dict[str, Any]:
        return {"FunctionName": function.name, "Environment": {"Variables": values}}

    largest = "x" * (4096 - len('{"NAME":""}'))
    configure(**variables(NAME=largest))
    code, message = error_of(configure, **variables(NAME=largest + "x"))
    assert code == "InvalidParameterValueException"
    assert "exceeded the 4KB limit" in message
    assert error_of(configure, **variables(AWS_REGION="x", STAGE="test")) == (
        "InvalidParameterValueException",
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided contains reserved keys that are currently not supported for "
        "modification. Reserved keys used in this request: AWS_REGION",
    )
    assert error_of(configure, **variables(_PRIVATE="x")) == (
        "ValidationException",
        "1 validation error detected: Value '{_PRIVATE=x}' at 'environment.variables' failed to "
        "satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular "
        "expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]",
    )


def test_visibility_timeout_shorter_than_the_function_timeout(
    aws: Clients, function: Function, name: str
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
    client, sqs = aws["lambda"], aws["sqs"]
    client.update_function_configuration(FunctionName=function.name, Timeout=10)
    queue = Queue.create(sqs, name)
    sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"VisibilityTimeout": "9"})
    mapping = {"FunctionName": function.name, "EventSourceArn": queue.arn, "Enabled": False}

    assert error_of(client.create_event_source_mapping, **mapping) == (
        "InvalidParameterValueException",
        "Queue visibility timeout: 9 seconds is less than Function timeout: 10 seconds",
    )
    sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"VisibilityTimeout": "10"})
    uuid = client.create_event_source_mapping(**mapping)["UUID"]
    client.delete_event_source_mapping(UUID=uuid)


# Roles


def test_inline_policies_of_a_role(aws: Clients, name: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    iam = aws["iam"]
    trust: dict[str, Any] = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    trust |= {"Principal": {"Service": "lambda.amazonaws.com"}}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))

    def policy(size: int) -> str:
        statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ""}
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)
        resource = "arn:aws:s3:::bucket/"
        resource += "x" * (size - len(resource) - len("".join(text.split())))
        return text.replace('"Resource": ""', f'"Resource": "{resource}"')

    iam.put_role_policy(RoleName=name, PolicyName="one", PolicyDocument=policy(5120))
    iam.put_role_policy(RoleName=name, PolicyName="two", PolicyDocument=policy(5120))
    larger = {"RoleName": name, "PolicyName": "two", "PolicyDocument": policy(5121)}
    assert error_of(iam.put_role_policy, **larger) == (
        "LimitExceeded",
        f"Maximum policy size of 10240 bytes exceeded for role {name}",
    )


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({}, "Syntax errors in policy."),
        ({"Statement": []}, "Syntax errors in policy."),
        (
            {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole"}},
            "Missing required field Principal",
        ),
        (
            {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}]},
            "Missing required field Action",
        ),
    ],
)
def test_incomplete_trust_policy(
    aws: Clients, name: str, policy: dict[str, Any], message: str
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"""
    document = json.dumps({"Version": "2012-10-17", **policy})
    error = error_of(aws["iam"].create_role, RoleName=name, AssumeRolePolicyDocument=document)
    assert error == ("MalformedPolicyDocument", message)


# APIs


class Api:
    """A REST API with one method: ``POST /``."""

    def __init__(self, client: Any, endpoint: str, name: str) -> None:
        self._client = client
        api = client.create_rest_api(name=name)
        self._id = api["id"]
        self._url = f"{endpoint}/_aws/execute-api/{self._id}/test/"
        self._method = {
            "restApiId": self._id,
            "resourceId": api["rootResourceId"],
            "httpMethod": "POST",
        }
        client.put_method(**self._method, authorizationType="NONE")

    def answers_itself(self) -> None:
        template = {"application/json": '{"statusCode": 200}'}
        self._client.put_integration(**self._method, type="MOCK", requestTemplates=template)
        self._client.put_method_response(**self._method, statusCode="200")
        self._client.put_integration_response(**self._method, statusCode="200")

    def asks(self, function: Function) -> None:
        uri = (
            "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
            f"{function.arn}/invocations"
        )
        self._client.put_integration(
            **self._method, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri
        )

    def post(self, size: int) -> tuple[int, str]:
        """Send ``size`` bytes, and return the status and the error message."""
        self._client.create_deployment(restApiId=self._id, stageName="test")
        headers = {"Content-Type": "application/json"}
        response = requests.post(self._url, b"x" * size, headers=headers, timeout=LIMIT_SECONDS)
        return response.status_code, "" if response.ok else response.json()["message"]


@pytest.fixture
def api(aws: Clients, localstack_endpoint: str, name: str) -> Api:
    return Api(aws["apigateway"], localstack_endpoint, name)


def test_largest_request_to_an_api(api: Api) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html"""
    api.answers_itself()

    assert api.post(10 * MIB) == (200, "")
    assert api.post(10 * MIB + 1) == (413, "HTTP content length exceeded 10485760 bytes.")


def test_largest_request_to_a_function_behind_an_api(api: Api, functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html"""
    api.asks(functions("def handler(event, context): return {'statusCode': 200}"))

    # The event contains the body, the headers and more.
    assert api.post(6 * MIB - 10_000) == (200, "")
    assert api.post(6 * MIB) == (413, "Request Too Long")
