"""API calls, from the chain of LocalStack's handlers that every request goes through.

What services do for themselves is left out: calls of one service to another are entries if they
are made in the service's name, and follow from a hop or fail; those by which it keeps itself
going, such as the storing of a function's logs, only if they are refused. So a poll of a queue for
a function is none, and the delivery of a notification is one.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localstack_testbed.requests.calls import INTERNAL, call_of
from localstack_testbed.faults.rules import CLIENTS
from localstack_testbed.journal.causes import CAUSE_HEADER, enter
from localstack_testbed.journal.functions import current_invocation
from localstack_testbed.journal.journal import milliseconds_since, record
from localstack_testbed.requests.callers import (
    Environments,
    function_name,
    headers_of,
    internal_parameters_of,
)

EMAILS = {"SendEmail", "SendRawEmail", "SendTemplatedEmail"}

_UPKEEP = {"sts", "logs", "cloudwatch", "kms"}
_REFUSED = {"AccessDenied", "AccessDeniedException"}
_STARTED = "testbed_journal"


@dataclass(frozen=True)
class _Started:
    """When a call began, the hop that its thread was at, and the one that it follows from."""

    moment: float
    hop: str | None
    cause: str | None


class ApiEntries:
    """Adds an entry for each call; while it lasts, it is the hop that its thread is at."""

    def __init__(self, environments: Environments) -> None:
        self._environments = environments

    def begin(self, chain: Any, context: Any, response: Any) -> None:
        """A request handler, the first one that knows the operation."""
        if context.operation:
            hop = enter(context.request_id)
            cause = hop or headers_of(context).get(CAUSE_HEADER)
            setattr(context, _STARTED, _Started(time.time(), hop, cause))

    def end(self, chain: Any, context: Any, response: Any) -> None:
        """A finalizer: the answer is what the caller gets."""
        started: _Started | None = context.__dict__.pop(_STARTED, None)
        if started is None:
            return
        enter(started.hop)
        internal = internal_parameters_of(context)
        failed = response.status_code >= 400
        service = context.service.service_name.removesuffix("-query")
        if service in ("ses", "sesv2") and context.operation.name in EMAILS and not failed:
            _record_email(context, started)
        if internal is not None:
            if service in _UPKEEP:
                matters = getattr(context.service_exception, "code", None) in _REFUSED
            else:
                matters = failed or started.cause is not None
            if not internal.get("service_principal") or not matters:
                return
        environment = self._environments.caller(headers_of(context))
        call = call_of(context, function_name(environment) if environment else _caller(internal))
        cause = current_invocation(environment) if environment else started.cause
        error = context.service_exception
        answer = context.service_response
        record(
            "api",
            started.moment,
            id=context.request_id,
            causes=[cause] if cause else [],
            makes=list(_made(answer)) if isinstance(answer, Mapping) and not failed else [],
            trace=_trace(context),
            service=service,
            operation=context.operation.name,
            resource=_resource(call.resources, service),
            caller=call.caller,
            role=environment.function_version.config.role if environment else None,
            account=context.account_id,
            region=context.region,
            status=response.status_code,
            error=getattr(error, "code", None) if failed else None,
            message=getattr(error, "message", None) if failed else None,
            ms=milliseconds_since(started.moment),
        )


def _caller(internal: Mapping[str, Any] | None) -> str:
    """Return who makes a call that is no function's."""
    return CLIENTS if internal is None else str(internal.get("service_principal") or INTERNAL)


def _made(answer: Mapping[str, Any]) -> Any:
    """Return the ids of the messages and events that an answer tells of."""
    if isinstance(identity := answer.get("MessageId"), str):
        yield identity
    for name, key in (("Successful", "MessageId"), ("Entries", "EventId")):
        for entry in answer.get(name) or ():
            if isinstance(entry, Mapping) and isinstance(entry.get(key), str):
                yield entry[key]


def _resource(names: tuple[str, ...], service: str) -> str | None:
    """Return the name of what a call is about that says most to a person."""
    if service == "s3":
        return names[-1] if names else None
    short = (name for name in names if ":" not in name and "/" not in name)
    return next(short, names[0] if names else None)


def _trace(context: Any) -> str | None:
    header = context.trace_context.get("aws_trace_header")
    return header.root if header is not None else None


def _record_email(context: Any, started: _Started) -> None:
    request, answer = context.service_request, context.service_response
    if not isinstance(request, Mapping):
        return
    to = request.get("Destination") or {}
    recipients = [each for name in ("ToAddresses", "CcAddresses") for each in to.get(name) or ()]
    content = request.get("Message") or (request.get("Content") or {}).get("Simple") or {}
    identity = answer.get("MessageId") if isinstance(answer, Mapping) else None
    record(
        "email",
        started.moment,
        id=identity,
        causes=[context.request_id, *([started.cause] if started.cause else [])],
        sender=request.get("Source") or request.get("FromEmailAddress"),
        to=recipients or list(request.get("Destinations") or ()),
        subject=(content.get("Subject") or {}).get("Data"),
    )
