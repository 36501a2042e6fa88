"""Sample events, compared with what the services of the running LocalStack deliver to a function.

Every key has to be in both, with a value of the same type. Where they differ, either the sample or
the emulator does not do what AWS documents; ``DIFFERENCES`` says which.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from testbed.machine.waiting import WaitedTooLong, until
from testbed.samples.catalog import find_sample
from testbed.samples.filling import make_event
from tests.extension.conftest import Clients
from tests.extension.lambda_functions import Function, FunctionFactory
from tests.extension.scheduling import ROLE, Clock

LIMIT = 60.0
BODY = '{"message": "hello"}'

RECORDER = """
    import json, urllib.request
    def handler(event, context):
        print("EVENT " + json.dumps(event))
        if "ResponseURL" in event:
            answer = {
                "Status": "SUCCESS", "PhysicalResourceId": "made", "StackId": event["StackId"],
                "RequestId": event["RequestId"], "LogicalResourceId": event["LogicalResourceId"],
            }
            request = urllib.request.Request(
                event["ResponseURL"], json.dumps(answer).encode(), method="PUT"
            )
            urllib.request.urlopen(request)
        return {"statusCode": 200, "body": ""}
"""
FAILING = "def handler(event, context): raise ValueError('not today')"

TEMPLATE = """
    Parameters: {Function: {Type: String}}
    Resources:
      MyResource:
        Type: Custom::MyResource
        Properties: {ServiceToken: !Ref Function, Name: Value}
"""

TIME = re.compile(r"\d{4}-\d\d-\d\dT|\d\d/\w{3}/\d{4}:")

# Objects whose keys are the client's: names of headers, parameters, dimensions, and so on.
FREE = {
    "headers", "multiValueHeaders", "queryStringParameters", "multiValueQueryStringParameters",
    "pathParameters", "dimensions", "detail", "requestPayload", "responsePayload", "reasonData",
}  # fmt: skip

# What LocalStack delivers otherwise, by sample and path, and what AWS does.
DIFFERENCES = {
    ("secret-rotation", "-RotationToken"): "needed for rotation in another account only",
    ("secret-rotation", "~SecretId: arn:aws:secretsmanager, str"): "the name, not the ARN",
}


class Sources:
    """Everything that sends events to one function."""

    def __init__(
        self, aws: Clients, endpoint: str, recorder: Function, failing: Function, name: str
    ) -> None:
        self._aws = aws
        self._endpoint = endpoint
        self._recorder = recorder
        self._failing = failing
        self._name = name
        self._created = ExitStack()

    def delete(self) -> None:
        """Delete them again."""
        self._created.close()

    def send(self) -> None:
        """Have each of them send one event."""
        self._queues()
        self._topic()
        self._bucket()
        self._rules()
        self._schedule()
        self._alarm()
        self._log_group()
        self._destination()
        self._secret()
        self._url()
        self._api()
        self._custom_resource()

    def _queue(self, suffix: str, **attributes: str) -> tuple[str, str]:
        """Return the URL and the ARN of a queue that the function reads."""
        sqs = self._aws["sqs"]
        url = sqs.create_queue(QueueName=f"{self._name}{suffix}", Attributes=attributes)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        self._created.callback(sqs.delete_queue, QueueUrl=url)
        functions = self._aws["lambda"]
        mapping = functions.create_event_source_mapping(
            FunctionName=self._recorder.name, EventSourceArn=arn["QueueArn"], BatchSize=1
        )
        self._created.callback(functions.delete_event_source_mapping, UUID=mapping["UUID"])
        return url, arn["QueueArn"]

    def _queues(self) -> None:
        url, self._queue_arn = self._queue("")
        self._aws["sqs"].send_message(QueueUrl=url, MessageBody=BODY)
        url, _ = self._queue(".fifo", FifoQueue="true", ContentBasedDeduplication="true")
        self._aws["sqs"].send_message(QueueUrl=url, MessageBody=BODY, MessageGroupId="1")

    def _topic(self) -> None:
        sns = self._aws["sns"]
        self._topic_arn = sns.create_topic(Name=self._name)["TopicArn"]
        self._created.callback(sns.delete_topic, TopicArn=self._topic_arn)
        for protocol, arn in (("lambda", self._recorder.arn), ("sqs", self._queue_arn)):
            sns.subscribe(TopicArn=self._topic_arn, Protocol=protocol, Endpoint=arn)
        sns.publish(TopicArn=self._topic_arn, Subject="Hello", Message=BODY)

    def _bucket(self) -> None:
        s3 = self._aws["s3"]
        s3.create_bucket(Bucket=self._name)
        self._created.callback(s3.delete_bucket, Bucket=self._name)
        function, queue = self._recorder.arn, self._queue_arn
        s3.put_bucket_notification_configuration(
            Bucket=self._name,
            NotificationConfiguration={
                "LambdaFunctionConfigurations": [
                    {
                        "LambdaFunctionArn": function,
                        "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
                    }
                ],
                "QueueConfigurations": [{"QueueArn": queue, "Events": ["s3:ObjectCreated:*"]}],
                "EventBridgeConfiguration": {},
            },
        )
        self._rule("objects", EventPattern=json.dumps({"source": ["aws.s3"]}))
        s3.put_object(Bucket=self._name, Key="folder/my file.txt", Body=b"hello")
        s3.delete_object(Bucket=self._name, Key="folder/my file.txt")

    def _rule(self, suffix: str, **arguments: Any) -> str:
        events, name = self._aws["events"], f"{self._name}-{suffix}"
        arn: str = events.put_rule(Name=name, **arguments)["RuleArn"]
        self._created.callback(events.delete_rule, Name=name)
        events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": self._recorder.arn}])
        self._created.callback(events.remove_targets, Rule=name, Ids=["1"])
        return arn

    def _rules(self) -> None:
        arn = self._rule("daily", ScheduleExpression="rate(1 day)")
        Clock(self._endpoint).fire(arn)
        self._rule("orders", EventPattern=json.dumps({"source": [self._name]}))
        entry = {"Source": self._name, "DetailType": "Order Placed", "Detail": '{"items": 2}'}
        self._aws["events"].put_events(Entries=[entry])

    def _schedule(self) -> None:
        scheduler = self._aws["scheduler"]
        arn = scheduler.create_schedule(
            Name=self._name,
            ScheduleExpression="rate(1 day)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": self._recorder.arn, "RoleArn": ROLE},
        )["ScheduleArn"]
        self._created.callback(scheduler.delete_schedule, Name=self._name)
        Clock(self._endpoint).fire(arn)

    def _alarm(self) -> None:
        cloudwatch = self._aws["cloudwatch"]
        cloudwatch.put_metric_alarm(
            AlarmName=self._name,
            AlarmDescription="Errors of the function",
            AlarmActions=[self._topic_arn, self._recorder.arn],
            Namespace="AWS/Lambda",
            MetricName="Errors",
            Dimensions=[{"Name": "FunctionName", "Value": "none"}],
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            DatapointsToAlarm=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="notBreaching",
        )
        self._created.callback(cloudwatch.delete_alarms, AlarmNames=[self._name])
        data = json.dumps({"queryDate": "2026-02-01T10:00:00.000+0000"})
        for state in ("OK", "ALARM"):
            cloudwatch.set_alarm_state(
                AlarmName=self._name, StateValue=state, StateReason="a test", StateReasonData=data
            )

    def _log_group(self) -> None:
        logs = self._aws["logs"]
        logs.create_log_group(logGroupName=self._name)
        self._created.callback(logs.delete_log_group, logGroupName=self._name)
        logs.create_log_stream(logGroupName=self._name, logStreamName="stream")
        logs.put_subscription_filter(
            logGroupName=self._name,
            filterName="filter",
            filterPattern="",
            destinationArn=self._recorder.arn,
        )
        logs.put_log_events(
            logGroupName=self._name,
            logStreamName="stream",
            logEvents=[{"timestamp": int(time.time() * 1000), "message": "hello"}],
        )

    def _destination(self) -> None:
        functions, name = self._aws["lambda"], self._failing.name
        functions.put_function_event_invoke_config(
            FunctionName=name,
            MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": self._recorder.arn}},
        )
        functions.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")

    def _secret(self) -> None:
        secrets = self._aws["secretsmanager"]
        secrets.create_secret(Name=self._name, SecretString="first")
        self._created.callback(
            secrets.delete_secret, SecretId=self._name, ForceDeleteWithoutRecovery=True
        )
        secrets.rotate_secret(
            SecretId=self._name,
            RotationLambdaARN=self._recorder.arn,
            RotationRules={"AutomaticallyAfterDays": 1},
        )

    def _url(self) -> None:
        created = self._aws["lambda"].create_function_url_config(
            FunctionName=self._recorder.name, AuthType="NONE"
        )
        self._post(f"{created['FunctionUrl']}hello?name=me")

    def _api(self) -> None:
        apis = self._aws["apigateway"]
        api = apis.create_rest_api(name=self._name)["id"]
        self._created.callback(apis.delete_rest_api, restApiId=api)
        root = apis.get_resources(restApiId=api)["items"][0]["id"]
        resource = apis.create_resource(restApiId=api, parentId=root, pathPart="{proxy+}")["id"]
        method = {"restApiId": api, "resourceId": resource, "httpMethod": "POST"}
        apis.put_method(**method, authorizationType="NONE")
        path = f"2015-03-31/functions/{self._recorder.arn}/invocations"
        apis.put_integration(
            **method,
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=f"arn:aws:apigateway:us-east-1:lambda:path/{path}",
        )
        apis.create_deployment(restApiId=api, stageName="prod")
        self._post(f"{self._endpoint}/_aws/execute-api/{api}/prod/hello?name=me")

    def _post(self, url: str, **headers: str) -> None:
        headers["Content-Type"] = "application/json"
        response = requests.post(url, BODY, headers=headers, timeout=LIMIT)
        assert response.status_code == 200, response.text

    def _custom_resource(self) -> None:
        cloudformation = self._aws["cloudformation"]
        cloudformation.create_stack(
            StackName=self._name,
            TemplateBody=TEMPLATE,
            Parameters=[{"ParameterKey": "Function", "ParameterValue": self._recorder.arn}],
        )
        self._created.callback(cloudformation.delete_stack, StackName=self._name)


@pytest.fixture
def sources(
    aws: Clients, localstack_endpoint: str, functions: FunctionFactory, name: str
) -> Iterator[tuple[Sources, Function]]:
    recorder, failing = functions(RECORDER), functions(FAILING)
    sources = Sources(aws, localstack_endpoint, recorder, failing, name)
    yield sources, recorder
    sources.delete()


def sample_of(event: dict[str, Any]) -> str:
    """Return the name of the sample that an event should look like."""
    marks = {
        "awslogs": "cloudwatch-logs",
        "alarmData": "alarm",
        "ServiceToken": "custom-resource",
        "ClientRequestToken": "secret-rotation",
        "responseContext": "destination",
        "rawPath": "function-url",
        "httpMethod": "api",
    }
    for key, name in marks.items():
        if key in event:
            return name
    if "Records" in event:
        return sample_of_record(event["Records"][0])
    named = {"aws.events": "schedule", "aws.scheduler": "scheduler", "aws.s3": "s3-eventbridge"}
    return named.get(event["source"], "eventbridge")


def sample_of_record(record: dict[str, Any]) -> str:
    if record.get("EventSource") == "aws:sns":
        return "alarm-sns" if "AlarmName" in record["Sns"]["Message"] else "sns"
    if record["eventSource"] == "aws:s3":
        return "s3-delete" if record["eventName"].startswith("ObjectRemoved") else "s3"
    if record["eventSourceARN"].endswith(".fifo"):
        return "sqs-fifo"
    if '"TopicArn"' in record["body"]:
        return "sqs-from-alarm" if "AlarmName" in record["body"] else "sqs-from-sns"
    if '"s3:TestEvent"' in record["body"]:
        return "s3-test"
    return "sqs-from-s3" if '"aws:s3"' in record["body"] else "sqs"


EXPECTED = {
    "alarm", "alarm-sns", "api", "cloudwatch-logs", "custom-resource", "destination", "eventbridge",
    "function-url", "s3", "s3-delete", "s3-eventbridge", "schedule", "scheduler",
    "secret-rotation", "sns", "sqs", "sqs-fifo", "sqs-from-s3", "sqs-from-sns",
}  # fmt: skip


def differences(sample: Any, real: Any, path: str = "") -> Iterator[str]:
    """Yield the paths at which a key is only in one of two events, or a value has another type."""
    sample, real = decoded(sample, path), decoded(real, path)
    if isinstance(sample, dict) and isinstance(real, dict):
        if path.rpartition(".")[2] in FREE:
            return
        for key in sorted(sample.keys() | real.keys()):
            here = f"{path}.{key}".lstrip(".")
            if key not in real:
                yield f"-{here}"
            elif key not in sample:
                yield f"+{here}"
            else:
                yield from differences(sample[key], real[key], here)
    elif isinstance(sample, list) and isinstance(real, list):
        for one, other in zip(sample[:1], real[:1], strict=False):
            yield from differences(one, other, path)
    elif kind(sample) != kind(real):
        yield f"~{path}: {kind(sample)}, {kind(real)}"


def kind(value: Any) -> str:
    """Return the type of a value; of a text that is a time or an ARN, the form, too."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    if isinstance(value, str):
        if TIME.match(value):
            return re.sub("[A-Z][a-z]{2}", "Mon", re.sub(r"\d", "0", value))
        if value.startswith("arn:"):
            return ":".join(value.split(":")[:3])
    return type(value).__name__


def decoded(value: Any, path: str) -> Any:
    """Return what is encoded in a text of an event, or the value itself."""
    if path == "awslogs.data":
        return json.loads(gzip.decompress(base64.b64decode(value)))
    if isinstance(value, str) and value.startswith("{") and not path.endswith("requestPayload"):
        return json.loads(value)
    return value


def test_samples_are_like_the_events_that_are_delivered(
    sources: tuple[Sources, Function],
) -> None:
    sending, recorder = sources
    sending.send()
    found: dict[str, Any] = {}

    def all_arrived() -> bool:
        for line in recorder.log(until="EVENT ").splitlines():
            if line.startswith("EVENT "):
                event = json.loads(line.removeprefix("EVENT "))
                found.setdefault(sample_of(event), event)
        return found.keys() >= EXPECTED

    try:
        until(all_arrived, within=LIMIT, what="event of each source")
    except WaitedTooLong:
        pytest.fail(f"not delivered: {', '.join(sorted(EXPECTED - found.keys()))}")
    different = {
        (name, difference)
        for name in sorted(EXPECTED)
        for difference in differences(make_event(find_sample(name)), found[name])
    }
    assert different == DIFFERENCES.keys(), json.dumps(found, indent=1)
    # On AWS the subject has the region's name.
    subject = found["alarm-sns"]["Records"][0]["Sns"]["Subject"]
    assert re.fullmatch('ALARM: ".+" in us-east-1', subject)
