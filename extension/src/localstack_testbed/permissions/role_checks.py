"""Checks of a role's permissions at the time a resource is configured to use it.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html
"""

from collections.abc import Callable
from typing import Any

from localstack.aws.api import CommonServiceException

from localstack_testbed.permissions.actions import Call, function_arn
from localstack_testbed.permissions.evaluation import Decision, Principal, Request
from localstack_testbed.permissions.principals import role_principal, service_principal
from localstack_testbed.permissions.resource_policies import service_of

type Decide = Callable[[Principal, Request], Decision]

_SESSION = "awslambda_check"
_SOURCES = {
    "sqs": ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"),
    "kinesis": ("GetRecords", "GetShardIterator", "DescribeStream", "ListShards"),
    "dynamodb": ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"),
}
_DESTINATIONS = {
    "sqs": "SendMessage",
    "sns": "Publish",
    "lambda": "InvokeFunction",
    "events": "PutEvents",
}
_NAMES = {"sqs": "SQS", "sns": "SNS", "lambda": "Lambda", "events": "EventBridge"}
_NO_PERMISSION = (
    "The provided execution role does not have permissions to call {action} on {service}"
)


def check_roles(context: Any, decide: Decide) -> None:
    """Check that the roles in a request have the permissions that their resource requires.

    Raises
    ------
    CommonServiceException
        AWS's error if a permission is missing.
    """
    check = _CHECKS.get((context.service.service_name, context.operation.name))
    if check is not None:
        check(Call(context), decide)


def _event_source(call: Call, decide: Decide) -> None:
    source = call.text("EventSourceArn")
    role, service = _role(call), service_of(source)
    for action in _SOURCES.get(service, ()) if role else ():
        if not _allows(decide, role, f"{service}:{action}", source):
            if service == "sqs":
                raise _invalid(_NO_PERMISSION.format(action=action, service="SQS"))
            raise _invalid(
                f"Cannot access stream {source}. Please ensure the role can perform the "
                f"{', '.join(_SOURCES[service])} Actions on your stream in IAM."
            )


def _event_invoke_config(call: Call, decide: Decide) -> None:
    config = call.parameters.get("DestinationConfig") or {}
    for kind in ("OnSuccess", "OnFailure"):
        _target((config.get(kind) or {}).get("Destination") or "", _role(call), decide)


def _dead_letters(call: Call, decide: Decide) -> None:
    target = (call.parameters.get("DeadLetterConfig") or {}).get("TargetArn") or ""
    _target(target, call.text("Role") or _role(call), decide)


def _target(target: str, role: str, decide: Decide) -> None:
    """Check that the execution role may send to a destination or dead-letter queue."""
    service = service_of(target)
    action = _DESTINATIONS.get(service)
    if role.count(":") == 5 and action and not _allows(decide, role, f"{service}:{action}", target):
        raise _invalid(_NO_PERMISSION.format(action=action, service=_NAMES[service]))


def _schedule(call: Call, decide: Decide) -> None:
    role = (call.parameters.get("Target") or {}).get("RoleArn") or ""
    values = {"aws:sourceaccount": call.account}
    request = Request("sts:AssumeRole", role, values)
    if role.count(":") == 5 and not decide(service_principal("scheduler"), request).allowed:
        raise CommonServiceException(
            "ValidationException",
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the "
            "role.",
        )


def _allows(decide: Decide, role: str, action: str, resource: str) -> bool:
    return decide(role_principal(role, _SESSION, None), Request(action, resource)).allowed


def _role(call: Call) -> str:
    """Return the execution role of the function that a call names; empty if there is none."""
    from localstack.services.lambda_.invocation.models import lambda_stores

    arn = function_arn(call)
    if not arn.startswith("arn:"):
        return ""
    _, _, _, region, account, rest = arn.split(":", 5)
    try:
        function = lambda_stores[account][region].functions.get(rest.split(":")[1])
    except ValueError:  # an invalid region
        return ""
    return str(function.latest().config.role) if function else ""


def _invalid(message: str) -> CommonServiceException:
    return CommonServiceException(
        "InvalidParameterValueException", message, status_code=400, sender_fault=True
    )


_CHECKS: dict[tuple[str, str], Callable[[Call, Decide], None]] = {
    ("lambda", "CreateEventSourceMapping"): _event_source,
    ("lambda", "PutFunctionEventInvokeConfig"): _event_invoke_config,
    ("lambda", "UpdateFunctionEventInvokeConfig"): _event_invoke_config,
    ("lambda", "CreateFunction"): _dead_letters,
    ("lambda", "UpdateFunctionConfiguration"): _dead_letters,
    ("scheduler", "CreateSchedule"): _schedule,
    ("scheduler", "UpdateSchedule"): _schedule,
}
