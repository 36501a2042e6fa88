"""Invocations of a function: the event that is sent, and what comes back.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from testbed.errors import TestbedError

if TYPE_CHECKING:
    from testbed.aws.clients import Aws

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#function-configuration-deployment-and-execution
MOST_SYNCHRONOUS_BYTES = 6 * 1024 * 1024
MOST_ASYNCHRONOUS_BYTES = 1024 * 1024
_QUOTAS = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"

_ADVICE = {
    "TooManyRequestsException": "Its concurrency is used up. See its reserved concurrency with:"
    " aws lambda get-function-concurrency --function-name {name}",
    "ResourceNotFoundException": "List its versions and aliases with: aws lambda"
    " list-versions-by-function --function-name {name}; aws lambda list-aliases --function-name"
    " {name}",
    "ResourceConflictException": "Wait until it is active: aws lambda wait function-active-v2"
    " --function-name {name}",
    "RequestEntityTooLargeException": f"Send less: {_QUOTAS}",
    "InvalidRequestContentException": "The event has to be JSON.",
    "AccessDeniedException": "`testbed permissions` shows which policy is missing.",
}


@dataclass(frozen=True)
class FunctionError:
    """How a function failed.

    Parameters
    ----------
    kind
        AWS's ``FunctionError``: ``Unhandled``.
    type
        The type of the exception, or of the runtime's error; empty if the function gave none.
    stack
        The lines of the traceback, the outermost call first.
    """

    kind: str
    type: str = ""
    message: str = ""
    stack: tuple[str, ...] = ()


@dataclass(frozen=True)
class Invocation:
    """An invocation that Lambda accepted.

    Parameters
    ----------
    status
        The HTTP status: 200, or 202 if the event is processed asynchronously.
    version
        The version that ran; empty if the event is processed asynchronously.
    payload
        What the function returned, as JSON, or how it failed; empty if the event is processed
        asynchronously.
    tail
        The end of the log, at most 4 KB, which Lambda returns at once.
    """

    request_id: str
    status: int
    version: str = ""
    payload: str = ""
    error: FunctionError | None = None
    tail: tuple[str, ...] = ()


def check_event(event: bytes, where: str, *, asynchronous: bool = False) -> None:
    """Check that Lambda accepts an event.

    Parameters
    ----------
    where
        Where it comes from, for the error's message: the name of a file.

    Raises
    ------
    TestbedError
        If it is not JSON, which the message locates, or too large.
    """
    try:
        text = event.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TestbedError(
            f"{where} is not valid JSON: byte {error.start} is not UTF-8.",
            advice="Save it with the encoding UTF-8.",
        ) from error
    try:
        json.loads(text.removeprefix("\ufeff"), parse_constant=_reject_constant)
    except RecursionError as error:
        raise TestbedError(f"{where} is nested too deeply.") from error
    except json.JSONDecodeError as error:
        shown = text.splitlines()[error.lineno - 1] if text.strip() else ""
        raise TestbedError(
            f"{where} is not valid JSON: {error.msg}, line {error.lineno}, column {error.colno}.",
            details=_excerpt(shown, error.colno),
        ) from error
    except ValueError as error:
        raise TestbedError(f"{where} is not valid JSON: {error}.") from error
    most = MOST_ASYNCHRONOUS_BYTES if asynchronous else MOST_SYNCHRONOUS_BYTES
    if len(event) > most:
        how = "an asynchronous" if asynchronous else "a synchronous"
        raise TestbedError(
            f"The event has {len(event):,} bytes, and AWS accepts at most {most:,} bytes for {how}"
            " invocation.",
            advice=f"Send less, or a reference to an object in S3: {_QUOTAS}",
        )


def _reject_constant(name: str) -> Any:
    raise ValueError(f"it contains {name}")


def _excerpt(line: str, column: int, around: int = 60) -> str:
    """Return the part of a line around a column, and a mark below the column."""
    start = max(column - 1 - around, 0)
    return f"{line[start : column - 1 + around]}\n{' ' * (column - 1 - start)}^" if line else ""


def invoke(
    aws: Aws, name: str, event: bytes, *, qualifier: str = "", asynchronous: bool = False
) -> Invocation:
    """Invoke a function once, and wait for its result for as long as it takes.

    Parameters
    ----------
    qualifier
        A version or an alias; empty for ``$LATEST``.
    asynchronous
        Whether Lambda only puts the event in a queue, and invokes the function later.

    Raises
    ------
    TestbedError
        If Lambda does not invoke the function: it is throttled, there is no such qualifier, ….
    """
    arguments: dict[str, Any] = {"Qualifier": qualifier} if qualifier else {}
    if asynchronous:
        arguments["InvocationType"] = "Event"
    else:
        arguments["LogType"] = "Tail"
    try:
        response = aws.patient_lambda.invoke(FunctionName=name, Payload=event, **arguments)
    except ClientError as error:
        failure = error.response["Error"]
        code = failure["Code"]
        full_name = f"{name}:{qualifier}" if qualifier else name
        raise TestbedError(
            f"Lambda did not invoke {full_name}: {code}: {failure['Message']}",
            advice=_ADVICE.get(code, "").format(name=name),
        ) from error
    payload = response["Payload"].read().decode("utf-8", "replace")
    kind = response.get("FunctionError")
    tail = base64.b64decode(response.get("LogResult", "")).decode("utf-8", "replace")
    return Invocation(
        request_id=response["ResponseMetadata"]["RequestId"],
        status=response["StatusCode"],
        version=response.get("ExecutedVersion", ""),
        payload=payload,
        error=_function_error(kind, payload) if kind else None,
        tail=tuple(tail.splitlines()),
    )


def _function_error(kind: str, payload: str) -> FunctionError:
    """Return how a function failed, from the payload that the runtime made.

    https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
    """
    try:
        content = json.loads(payload)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        return FunctionError(kind, message=payload)
    stack = content.get("stackTrace") or content.get("trace") or ()
    lines = [line for each in stack for line in str(each).rstrip("\n").splitlines()]
    return FunctionError(
        kind,
        str(content.get("errorType") or ""),
        str(content.get("errorMessage") or ""),
        tuple(lines),
    )
