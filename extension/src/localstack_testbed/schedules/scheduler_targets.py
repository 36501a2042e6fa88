"""Calls of a schedule's target, with its execution role.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
"""

import json
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from localstack.aws.connect import ServiceLevelClientFactory
from localstack.utils.aws.arns import extract_service_from_arn, parse_arn, sqs_queue_url_for_arn
from localstack.utils.aws.client_types import ServicePrincipal

from localstack_testbed.requests.single_attempts import SingleAttempts
from localstack_testbed.schedules.delivery import Failure, string_attributes

UNIVERSAL = re.compile(r"arn:aws[a-z-]*:scheduler:::aws-sdk:(?P<service>[^:]+):(?P<action>[^:]+)")

EVENTS = "events"

# Services that require JSON input.
JSON_SERVICES = {"lambda", "states", EVENTS}

# Names in the AWS SDK for Python of services that have another name in a universal target's ARN.
SDK_NAMES = {
    "sfn": "stepfunctions",
    "eventbridge": "events",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "secretsmanager": "secretsmanager",
}

TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"

# A role's credentials last an hour: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
CREDENTIALS_SECONDS = 900.0

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
MESSAGE_BYTES = 262_144


class UnsupportedTargetError(Exception):
    """Raised for a target that LocalStack or this module does not support."""


@dataclass(frozen=True)
class Invocation:
    """One attempt to call a schedule's target."""

    schedule_arn: str
    target: Mapping[str, Any]
    scheduled_time: datetime
    execution_id: str
    attempt: int

    @property
    def input(self) -> str:
        """The target's input with context attributes replaced, or the default notification.

        https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
        """
        text = self.target.get("Input")
        if text is None:
            return self._notification()
        values = {
            "schedule-arn": self.schedule_arn,
            "scheduled-time": self.scheduled_time.strftime(TIME_FORMAT),
            "execution-id": self.execution_id,
            "attempt-number": str(self.attempt),
        }
        for name, value in values.items():
            text = text.replace(f"<aws.scheduler.{name}>", value)
        return str(text)

    def _notification(self) -> str:
        parts = parse_arn(self.schedule_arn)
        return json.dumps(
            {
                "version": "0",
                "id": str(uuid.uuid4()),
                "detail-type": "Scheduled Event",
                "source": "aws.scheduler",
                "account": parts["account"],
                "time": self.scheduled_time.strftime(TIME_FORMAT),
                "region": parts["region"],
                "resources": [self.schedule_arn],
                "detail": "{}",
            }
        )


def service_of(arn: str) -> str:
    """Return the service in an ARN, or an empty string."""
    return extract_service_from_arn(arn) or ""


def call_target(invocation: Invocation) -> None:
    """Call the target.

    Raises
    ------
    UnsupportedTargetError
        The target is not supported.
    Exception
        Any error of the target's service.
    """
    arn = invocation.target["Arn"]
    if universal := UNIVERSAL.fullmatch(arn):
        _call_universal(invocation, universal["service"], universal["action"])
    elif call := _TEMPLATED.get(service_of(arn)):
        call(invocation, arn)
    else:
        raise UnsupportedTargetError(f"LocalStack does not support the target {arn}")


def send_dead_letter(invocation: Invocation, failure: Failure) -> None:
    """Send a failed invocation to the target's dead-letter queue, if it has one.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
    """
    if not (queue := (invocation.target.get("DeadLetterConfig") or {}).get("Arn")):
        return
    body = invocation.input.encode()
    _client(invocation, "sqs", parse_arn(queue)["region"]).send_message(
        QueueUrl=sqs_queue_url_for_arn(queue),
        MessageBody=body[:MESSAGE_BYTES].decode(errors="ignore"),
        MessageAttributes=string_attributes(
            {
                "ERROR_CODE": failure.code,
                "ERROR_MESSAGE": failure.message,
                "EXECUTION_ID": invocation.execution_id,
                "EXHAUSTED_RETRY_CONDITION": failure.exhausted,
                "IS_PAYLOAD_TRUNCATED": "true" if len(body) > MESSAGE_BYTES else "false",
                "RETRY_ATTEMPTS": str(failure.retries),
                "SCHEDULED_TIME": invocation.scheduled_time.strftime(TIME_FORMAT),
                "SCHEDULE_ARN": invocation.schedule_arn,
                "TARGET_ARN": invocation.target["Arn"],
            }
        ),
    )


def _invoke_function(invocation: Invocation, arn: str) -> None:
    _client(invocation, "lambda").invoke(
        FunctionName=arn, InvocationType="Event", Payload=invocation.input.encode()
    )


def _send_message(invocation: Invocation, arn: str) -> None:
    group = (invocation.target.get("SqsParameters") or {}).get("MessageGroupId")
    _client(invocation, "sqs").send_message(
        QueueUrl=_queue_url(arn),
        MessageBody=invocation.input,
        **({"MessageGroupId": group} if group else {}),
    )


@cache
def _queue_url(arn: str) -> str:
    """Return a queue's URL, which can be cached: a recreated queue has the same."""
    return str(sqs_queue_url_for_arn(arn))


def _publish(invocation: Invocation, arn: str) -> None:
    _client(invocation, "sns").publish(TopicArn=arn, Message=invocation.input)


class PutEventsError(Exception):
    """Raised when EventBridge rejects the event."""


def _put_events(invocation: Invocation, arn: str) -> None:
    parameters = invocation.target["EventBridgeParameters"]
    result = _client(invocation, EVENTS).put_events(
        Entries=[
            {
                "EventBusName": arn,
                "Source": parameters["Source"],
                "DetailType": parameters["DetailType"],
                "Detail": invocation.input,
                "Time": invocation.scheduled_time,
            }
        ]
    )
    if result["FailedEntryCount"]:
        entry = result["Entries"][0]
        raise PutEventsError(f"{entry.get('ErrorCode')}: {entry.get('ErrorMessage')}")


def _start_execution(invocation: Invocation, arn: str) -> None:
    _client(invocation, "stepfunctions").start_execution(
        stateMachineArn=arn, input=invocation.input
    )


def _put_record(invocation: Invocation, arn: str) -> None:
    _client(invocation, "kinesis").put_record(
        StreamARN=arn,
        Data=invocation.input.encode(),
        PartitionKey=invocation.target["KinesisParameters"]["PartitionKey"],
    )


def _put_firehose_record(invocation: Invocation, arn: str) -> None:
    _client(invocation, "firehose").put_record(
        DeliveryStreamName=arn.rpartition("/")[2], Record={"Data": invocation.input.encode()}
    )


_TEMPLATED: dict[str, Callable[[Invocation, str], None]] = {
    "events": _put_events,
    "firehose": _put_firehose_record,
    "kinesis": _put_record,
    "lambda": _invoke_function,
    "sns": _publish,
    "sqs": _send_message,
    "states": _start_execution,
}


def _call_universal(invocation: Invocation, service: str, action: str) -> None:
    client = _client(invocation, SDK_NAMES.get(service, service))
    methods = {
        operation.lower(): (method, operation)
        for method, operation in client.meta.method_to_api_mapping.items()
    }
    if action.lower() not in methods:
        raise UnsupportedTargetError(f"the service {service} has no action {action}")
    method, operation = methods[action.lower()]
    shape = client.meta.service_model.operation_model(operation).input_shape
    parameters = json.loads(invocation.input) if invocation.target.get("Input") else {}
    getattr(client, method)(**_with_model_names(shape, parameters))


def _with_model_names(shape: Any, value: Any) -> Any:
    """Return parameters with the names in the API's model; the given ones may be in any case."""
    kind = getattr(shape, "type_name", None)
    if kind == "structure" and isinstance(value, dict):
        names = {name.lower(): name for name in shape.members}
        return {
            names.get(name.lower(), name): _with_model_names(
                shape.members.get(names.get(name.lower(), name)), content
            )
            for name, content in value.items()
        }
    if kind == "list" and isinstance(value, list):
        return [_with_model_names(shape.member, content) for content in value]
    return value


def _client(invocation: Invocation, service: str, region: str | None = None) -> Any:
    """Return a client with the credentials of the execution role."""
    region = region or parse_arn(invocation.target["Arn"])["region"]
    region = region or parse_arn(invocation.schedule_arn)["region"]
    factory = _roles.factory(invocation.target["RoleArn"], region)
    return factory.get_client(service).request_metadata(
        service_principal=_PRINCIPAL, source_arn=invocation.schedule_arn
    )


_PRINCIPAL = ServicePrincipal("scheduler")


class _Roles:
    """Caches the clients of roles for a while, because creating them is slow."""

    def __init__(self) -> None:
        self._factories: dict[tuple[str, str], tuple[float, ServiceLevelClientFactory]] = {}
        self._lock = threading.Lock()

    def factory(self, role: str, region: str) -> Any:
        with self._lock:
            until, factory = self._factories.get((role, region), (0.0, None))
            if time.monotonic() >= until or factory is None:
                factory = SingleAttempts().with_assumed_role(
                    role_arn=role,
                    service_principal=_PRINCIPAL,
                    session_name=f"scheduler-{uuid.uuid4().hex[:12]}",
                    region_name=region,
                )
                self._factories[role, region] = time.monotonic() + CREDENTIALS_SECONDS, factory
            return factory


_roles = _Roles()
