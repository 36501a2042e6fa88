"""Validation of fault rules, and their JSON representation."""

import difflib
import math
import re
from typing import Any

from localstack_testbed.faults.definition import ACTIONS, FIELDS, SPECIFIC, Action
from localstack_testbed.faults.errors import ServiceError, named_error, throttling_error
from localstack_testbed.faults.rules import Rule
from localstack_testbed.requests.calls import CLIENTS

QUEUE_ACTIONS = ("duplicate", "reorder")

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "string": ((str,), "a string"),
    "integer": ((int,), "an integer"),
    "number": ((int, float), "a number"),
    "boolean": ((bool,), "true or false"),
}


class InvalidRuleError(Exception):
    """The rule is invalid; the message says why."""


def parse_id(text: str) -> str:
    """Return the id of a rule.

    Raises
    ------
    InvalidRuleError
        If it is not 1 to 64 letters, digits, dots, dashes and underscores.
    """
    if not _ID.fullmatch(text):
        raise InvalidRuleError(
            f"the id {text!r} must be 1 to 64 letters, digits, dots, dashes and underscores"
        )
    return text


def parse(identity: str, body: dict[str, Any]) -> Rule:
    """Return the rule with an id and these fields.

    Raises
    ------
    InvalidRuleError
        If a field is unknown, missing, or has an invalid value.
    """
    _check_names_and_types(body)
    action = _action(body)
    model = _service(body)
    operation = _operation(body, model)
    _check_values(body, action)
    if action in QUEUE_ACTIONS:
        _check_queue_rule(body)
    if action == "kill":
        operation = _killed_at(body, operation)
    seconds = ACTIONS[action].fields.get("seconds")
    caller = body.get("caller")
    return Rule(
        id=parse_id(identity),
        service=body["service"],
        action=action,
        operation=operation,
        resource=body.get("resource"),
        caller=caller.removesuffix(".amazonaws.com") if caller else None,
        error=_error(body, action, model),
        seconds=float(body.get("seconds", seconds.default if seconds else None) or 0),
        after_call=body.get("after_call", False),
        share=float(body.get("share", 1)),
        seed=body.get("seed"),
        next=body.get("next"),
    )


def to_json(rule: Rule) -> dict[str, Any]:
    """Return the fields of a rule, with its whole error and its counters."""
    fields: dict[str, Any] = {"id": rule.id, "action": rule.action, "service": rule.service}
    for name in ("operation", "resource", "caller", "seed", "next"):
        if (value := getattr(rule, name)) is not None:
            fields[name] = value
    if rule.error:
        fields |= {
            "code": rule.error.code,
            "status": rule.error.status,
            "message": rule.error.message,
        }
    if "seconds" in ACTIONS[rule.action].fields:
        fields["seconds"] = rule.seconds
    if rule.after_call:
        fields["after_call"] = True
    if rule.share < 1:
        fields["share"] = rule.share
    return fields | {"seen": rule.seen, "hits": rule.hits, "spent": rule.spent}


def _check_names_and_types(body: dict[str, Any]) -> None:
    for name, value in body.items():
        if name not in FIELDS:
            raise InvalidRuleError(
                f"there is no field {name!r}{_suggest(name, list(FIELDS))}; "
                f"the fields are {', '.join(FIELDS)}"
            )
        types, wanted = _TYPES[FIELDS[name].type]
        wrong = not isinstance(value, types) or (isinstance(value, bool) and bool not in types)
        if wrong or (isinstance(value, float) and not math.isfinite(value)):
            raise InvalidRuleError(f"{name} must be {wanted}, not {value!r}")


def _action(body: dict[str, Any]) -> Action:
    given = body.get("action")
    for action, definition in ACTIONS.items():
        if given == action:
            for name in sorted(SPECIFIC & body.keys() - definition.fields.keys()):
                raise InvalidRuleError(f"the action {action} has no field {name!r}")
            return action
    raise InvalidRuleError(f"action must be one of {', '.join(ACTIONS)}")


def _check_values(body: dict[str, Any], action: Action) -> None:
    for name, field in (FIELDS | dict(ACTIONS[action].fields)).items():
        value = body.get(name)
        if value is None or value == "":
            if field.required:
                raise InvalidRuleError(f"the action {action} requires the field {name!r}")
        elif field.limits and not field.allows(value):
            raise InvalidRuleError(f"{name} must be {field.limits}, not {value!r}")
    for name in ("resource", "caller"):
        if name in body and not body[name].strip():
            raise InvalidRuleError(f"{name} is empty; omit it to match everything")
    if "seed" in body and "share" not in body:
        raise InvalidRuleError("seed requires share")


def _service(body: dict[str, Any]) -> Any:
    from localstack.aws.spec import get_service_catalog, load_service

    name = body.get("service")
    if name is None:
        raise InvalidRuleError("service is missing; name a service as in boto3, such as sqs")
    names = list(get_service_catalog().service_names)
    if name not in names:
        raise InvalidRuleError(
            f"there is no service {name!r}{_suggest(name, names)}; services are named as in boto3,"
            " such as sqs"
        )
    return load_service(name)


def _operation(body: dict[str, Any], model: Any) -> str | None:
    name = body.get("operation")
    if name is None or name in model.operation_names:
        return name
    suggestion = _suggest(name, model.operation_names)
    raise InvalidRuleError(f"{body['service']} has no operation {name!r}{suggestion}")


def _check_queue_rule(body: dict[str, Any]) -> None:
    action = body["action"]
    if body["service"] != "sqs" or body.get("operation", "ReceiveMessage") != "ReceiveMessage":
        raise InvalidRuleError(
            f"the action {action} is for messages of SQS queues: service must be sqs, and"
            " operation ReceiveMessage or omitted"
        )
    if body.get("resource", "").endswith(".fifo"):
        raise InvalidRuleError(
            f"{body['resource']} is a FIFO queue, which delivers each message once and in order;"
            f" the action {action} is for standard queues"
        )
    if "caller" in body:
        raise InvalidRuleError(
            f"the action {action} has no field 'caller': it is applied in the queue"
        )


def _killed_at(body: dict[str, Any], operation: str | None) -> str | None:
    """Return the operation at which a function is killed: its invocation, or a call it makes."""
    from localstack import config

    if config.LAMBDA_RUNTIME_EXECUTOR != "process":
        raise InvalidRuleError("the action kill requires LAMBDA_RUNTIME_EXECUTOR=process")
    if body["service"] == "lambda" and operation in (None, "Invoke"):
        if "caller" in body:
            raise InvalidRuleError(
                "caller cannot be combined with lambda.Invoke: the invoked function is killed;"
                " name it as the resource"
            )
        return "Invoke"
    if "seconds" in body:
        raise InvalidRuleError(
            "seconds is only for functions killed during their invocation; a function killed at a"
            " call is killed as soon as the call was executed"
        )
    if body.get("caller") == CLIENTS:
        raise InvalidRuleError("clients cannot be killed; name a function as the caller")
    return operation


def _error(body: dict[str, Any], action: Action, model: Any) -> ServiceError | None:
    message = body.get("message")
    if action == "throttle":
        return throttling_error(model, message)
    if action != "error":
        return None
    error = named_error(model, body["code"], body.get("status"), message)
    if error is None:
        raise InvalidRuleError(
            f"status is missing: {body['service']} does not document the status of {body['code']}"
        )
    return error


def _suggest(name: str, known: list[str]) -> str:
    by_lower = {each.lower(): each for each in known}
    close = difflib.get_close_matches(name.lower(), list(by_lower), n=1)
    return f" (did you mean {by_lower[close[0]]}?)" if close else ""
