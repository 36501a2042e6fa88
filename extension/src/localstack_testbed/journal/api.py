"""Journal entries of API calls, added by handlers in LocalStack's handler chain.

Calls between services are entries only if they are made in the name of a service, and follow from
another entry or fail. Calls by which LocalStack keeps itself going, such as storing the logs of a
function, are entries only if access is denied. So a delivery by SNS is an entry, and a poll of a
queue for a function is not.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localstack_testbed.journal.causes import CAUSE_HEADER, enter, trace_root
from localstack_testbed.journal.functions import current_invocation
from localstack_testbed.journal.journal import milliseconds_since, record
from localstack_testbed.requests.callers import (
    EnvironmentCredentials,
    function_name,
    headers_of,
    internal_parameters_of,
)
from localstack_testbed.requests.calls import CLIENTS, INTERNAL, call_of

EMAILS = {"SendEmail", "SendRawEmail", "SendTemplatedEmail"}

_UPKEEP = {"sts", "logs", "cloudwatch", "kms"}
_DENIED = {"AccessDenied", "AccessDeniedException"}
_STARTED = "testbed_journal"


@dataclass(frozen=True)
class _Started:
    """The time at which a call began, the previous cause of its thread, and its own cause."""

    moment: float
    previous: str | None
    cause: str | None


class ApiEntries:
    """Handlers that add an entry for each call; while it lasts, it is its thread's cause."""

    def __init__(self, environments: EnvironmentCredentials) -> None:
        self._environments = environments

    def begin(self, chain: Any, context: Any, response: Any) -> None:
        """Note the start of a call (request handler, the first that knows the operation)."""
        if context.operation:
            previous = enter(context.request_id)
            cause = previous or headers_of(context).get(CAUSE_HEADER)
            setattr(context, _STARTED, _Started(time.time(), previous, cause))

    def end(self, chain: Any, context: Any, response: Any) -> None:
        """Add the entry of a call whose response is final (finalizer)."""
        started: _Started | None = context.__dict__.pop(_STARTED, None)
        if started is None:
            return
        enter(started.previous)
        internal = internal_parameters_of(context)
        failed = response.status_code >= 400
        service = context.service.service_name.removesuffix("-query")
        if service in ("ses", "sesv2") and context.operation.name in EMAILS and not failed:
            _record_email(context, started)
        if internal is not None:
            if service in _UPKEEP:
                matters = getattr(context.service_exception, "code", None) in _DENIED
            else:
                matters = failed or started.cause is not None
            if not internal.get("service_principal") or not matters:
                return
        environment = self._environments.signer(headers_of(context))
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
            trace=trace_root(context.trace_context.get("aws_trace_header")),
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
    """Return the caller of a call that no function makes."""
    return CLIENTS if internal is None else str(internal.get("service_principal") or INTERNAL)


def _made(answer: Mapping[str, Any]) -> Any:
    """Yield the ids of the messages and events in a response."""
    if isinstance(identity := answer.get("MessageId"), str):
        yield identity
    for name, key in (("Successful", "MessageId"), ("Entries", "EventId")):
        for entry in answer.get(name) or ():
            if isinstance(entry, Mapping) and isinstance(entry.get(key), str):
                yield entry[key]


def _resource(names: tuple[str, ...], service: str) -> str | None:
    """Return the most readable of a resource's names."""
    if service == "s3":
        return names[-1] if names else None
    short = (name for name in names if ":" not in name and "/" not in name)
    return next(short, names[0] if names else None)


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
