"""Rules as they are put and shown. What makes no sense is refused, with what would."""

import difflib
import math
import re
from typing import Any

from localstack_testbed.faults.errors import ServiceError, named_error, throttling_error
from localstack_testbed.faults.rules import ACTIONS, CLIENTS, Action, Rule

QUEUE_ACTIONS = ("duplicate", "reorder")
LONGEST_SECONDS = 900.0
"""No function runs longer, so nobody waits longer for an answer."""

REORDER_SECONDS = 10.0

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_KINDS: dict[str, tuple[type, ...]] = {
    "service": (str,),
    "operation": (str,),
    "resource": (str,),
    "caller": (str,),
    "action": (str,),
    "code": (str,),
    "status": (int,),
    "message": (str,),
    "seconds": (int, float),
    "after_call": (bool,),
    "share": (int, float),
    "seed": (int,),
    "next": (int,),
}
_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
_ALLOWED: dict[str, set[str]] = {
    "error": {"code", "status", "message", "after_call"},
    "throttle": {"message"},
    "delay": {"seconds"},
    "duplicate": set(),
    "reorder": {"seconds"},
    "kill": {"seconds"},
}
_SPECIFIC = {"code", "status", "message", "seconds", "after_call"}


class InvalidRuleError(Exception):
    """A rule makes no sense; the message says which part and what would."""


def parse_id(text: str) -> str:
    """Return the id of a rule.

    Raises
    ------
    InvalidRuleError
        If it has other characters than letters, digits, dots and dashes, or more than 64.
    """
    if not _ID.fullmatch(text):
        raise InvalidRuleError(
            f"id: {text!r} is not made of 1 to 64 letters, digits, dots, dashes and underscores"
        )
    return text


def parse(identity: str, body: dict[str, Any]) -> Rule:
    """Return the rule that ``body`` describes.

    Raises
    ------
    InvalidRuleError
        If it does not describe one.
    """
    _check_fields(body)
    action = _action(body)
    model = _service(body)
    operation = _operation(body, model)
    _check_share(body)
    if action in QUEUE_ACTIONS:
        _check_queue_rule(body)
    if action == "kill":
        operation = _killed_at(body, operation)
    resource, caller = body.get("resource"), body.get("caller")
    for name, value in (("resource", resource), ("caller", caller)):
        if value is not None and not value.strip():
            raise InvalidRuleError(f"{name}: is empty; leave it out to mean all")
    seconds = _seconds(body, action)
    return Rule(
        id=parse_id(identity),
        service=body["service"],
        action=action,
        operation=operation,
        resource=resource,
        caller=caller.removesuffix(".amazonaws.com") if caller else None,
        error=_error(body, action, model),
        seconds=seconds,
        after_call=body.get("after_call", False),
        share=float(body.get("share", 1)),
        seed=body.get("seed"),
        next=body.get("next"),
    )


def describe(rule: Rule) -> dict[str, Any]:
    """Return a rule as it is shown: as it was put, with its error in full and its counters."""
    view: dict[str, Any] = {"id": rule.id, "action": rule.action, "service": rule.service}
    for name in ("operation", "resource", "caller", "seed", "next"):
        if (value := getattr(rule, name)) is not None:
            view[name] = value
    if rule.error:
        view |= {
            "code": rule.error.code,
            "status": rule.error.status,
            "message": rule.error.message,
        }
    if "seconds" in _ALLOWED[rule.action]:
        view["seconds"] = rule.seconds
    if rule.after_call:
        view["after_call"] = True
    if rule.share < 1:
        view["share"] = rule.share
    return view | {"seen": rule.seen, "hits": rule.hits, "spent": rule.spent}


def _check_fields(body: dict[str, Any]) -> None:
    for name, value in body.items():
        if name not in _KINDS:
            raise InvalidRuleError(
                f"{name}: there is no such field{_suggest(name, list(_KINDS))}; "
                f"there are {', '.join(_KINDS)}"
            )
        kinds = _KINDS[name]
        wrong = not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)
        if wrong or (isinstance(value, float) and not math.isfinite(value)):
            raise InvalidRuleError(f"{name}: {value!r} is not {_WORDS[kinds[-1]]}")


def _action(body: dict[str, Any]) -> Action:
    given = body.get("action")
    for action in ACTIONS:
        if given == action:
            for name in _SPECIFIC & body.keys() - _ALLOWED[action]:
                raise InvalidRuleError(f"{name}: means nothing for the action {action}")
            return action
    raise InvalidRuleError(f"action: say one of {', '.join(ACTIONS)}")


def _service(body: dict[str, Any]) -> Any:
    from localstack.aws.spec import get_service_catalog, load_service

    name = body.get("service")
    if name is None:
        raise InvalidRuleError("service: is missing; say which, such as sqs")
    names = list(get_service_catalog().service_names)
    if name not in names:
        raise InvalidRuleError(
            f"service: {name!r} is unknown{_suggest(name, names)}; the names are those of boto3, "
            "such as sqs, sns, s3, events, lambda"
        )
    return load_service(name)


def _operation(body: dict[str, Any], model: Any) -> str | None:
    name = body.get("operation")
    if name is None or name in model.operation_names:
        return name
    raise InvalidRuleError(
        f"operation: {body['service']} has no {name!r}{_suggest(name, model.operation_names)}"
    )


def _check_share(body: dict[str, Any]) -> None:
    share, count = body.get("share", 1), body.get("next", 1)
    if not 0 < share <= 1:
        raise InvalidRuleError(f"share: {share!r} is not more than 0 and at most 1")
    if count < 1:
        raise InvalidRuleError(f"next: {count!r} is not at least 1")
    if "seed" in body and "share" not in body:
        raise InvalidRuleError("seed: means nothing without a share")


def _check_queue_rule(body: dict[str, Any]) -> None:
    action = body["action"]
    if body["service"] != "sqs" or body.get("operation", "ReceiveMessage") != "ReceiveMessage":
        raise InvalidRuleError(
            f"action: {action} happens to messages of SQS queues only: the service is sqs, and "
            "the operation ReceiveMessage, or left out"
        )
    if body.get("resource", "").endswith(".fifo"):
        raise InvalidRuleError(
            f"resource: {body['resource']} is a FIFO queue, whose messages neither come twice nor "
            f"in another order; {action} is for standard queues"
        )
    if "caller" in body:
        raise InvalidRuleError(
            f"caller: means nothing for the action {action}, which happens in the queue"
        )


def _killed_at(body: dict[str, Any], operation: str | None) -> str | None:
    """Return the operation at which a function is killed: its invocation, or a call it makes."""
    from localstack import config

    if config.LAMBDA_RUNTIME_EXECUTOR != "process":
        raise InvalidRuleError("action: kill needs LAMBDA_RUNTIME_EXECUTOR=process")
    if body["service"] == "lambda" and operation in (None, "Invoke"):
        if "caller" in body:
            raise InvalidRuleError(
                "caller: means nothing where the function that is invoked is killed; "
                "name it as the resource"
            )
        return "Invoke"
    if "seconds" in body:
        raise InvalidRuleError(
            "seconds: mean nothing where a function is killed at a call, which is when the call "
            "has been carried out"
        )
    if body.get("caller") == CLIENTS:
        raise InvalidRuleError("caller: clients cannot be killed; name a function, or none")
    return operation


def _seconds(body: dict[str, Any], action: Action) -> float:
    if action == "delay" and "seconds" not in body:
        raise InvalidRuleError("seconds: is missing; say how long the calls are delayed")
    if "seconds" not in body:
        return REORDER_SECONDS if action == "reorder" else 0.0
    seconds = body["seconds"]
    lowest = 0.0 if action == "kill" else 0.001
    if not lowest <= seconds <= LONGEST_SECONDS:
        raise InvalidRuleError(
            f"seconds: {body['seconds']!r} is not from {lowest:g} to {LONGEST_SECONDS:g}"
        )
    return float(seconds)


def _error(body: dict[str, Any], action: Action, model: Any) -> ServiceError | None:
    message = body.get("message")
    if action == "throttle":
        return throttling_error(model, message)
    if action != "error":
        return None
    code, status = body.get("code"), body.get("status")
    if not code:
        raise InvalidRuleError("code: is missing; say which error, such as ServiceUnavailable")
    if status is not None and not 400 <= status <= 599:
        raise InvalidRuleError(f"status: {status} is no error; say one from 400 to 599")
    error = named_error(model, code, status, message)
    if error is None:
        raise InvalidRuleError(
            f"status: is missing; {body['service']} does not document which one {code} has"
        )
    return error


def _suggest(name: str, known: list[str]) -> str:
    by_lower = {each.lower(): each for each in known}
    close = difflib.get_close_matches(name.lower(), list(by_lower), n=1)
    return f" (did you mean {by_lower[close[0]]}?)" if close else ""
