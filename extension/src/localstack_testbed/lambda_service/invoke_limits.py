"""What the Invoke API refuses: events that are too large, and those that are no JSON.

An event has at most 6 MB if the caller waits, and 1 MB if not (256 KB until October 2025):
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html. Its error names are those
of https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html, except that AWS says
``RequestEntityTooLargeException``, where its page has ``RequestTooLargeException``.
"""

import json
from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch

SYNCHRONOUS_LIMIT_BYTES = 6 * 1024 * 1024
ASYNCHRONOUS_LIMIT_BYTES = 1024 * 1024


def patch_invoke() -> None:
    """Check an event before its function is invoked."""
    from localstack.services.lambda_.invocation.lambda_service import LambdaService

    @patch(LambdaService.invoke)
    def invoke(original: Callable[..., Any], self: Any, **arguments: Any) -> Any:
        payload = arguments["payload"] or None
        if payload is not None:
            _check_size(len(payload), arguments["invocation_type"])
            _check_content(payload)
        return original(self, **(arguments | {"payload": payload}))


def _check_size(size: int, invocation_type: str | None) -> None:
    from localstack.aws.api import CommonServiceException

    if invocation_type == "Event" and size > ASYNCHRONOUS_LIMIT_BYTES:
        message = (
            f"{size} byte payload is too large for the Event invocation type "
            f"(limit {ASYNCHRONOUS_LIMIT_BYTES} bytes)"
        )
    elif size > SYNCHRONOUS_LIMIT_BYTES:
        message = (
            f"Request must be smaller than {SYNCHRONOUS_LIMIT_BYTES} bytes "
            "for the InvokeFunction operation"
        )
    else:
        return
    raise CommonServiceException(
        "RequestEntityTooLargeException", message, status_code=413, sender_fault=True
    )


def _check_content(payload: bytes) -> None:
    from localstack.aws.api.lambda_ import InvalidRequestContentException

    try:
        json.loads(payload, parse_constant=_reject_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidRequestContentException(
            f"Could not parse request body into json: Could not parse payload into json: {error}",
            Type="User",
        ) from error


def _reject_constant(constant: str) -> None:
    """NaN and Infinity, which Python reads, are no JSON."""
    raise ValueError(f"{constant} is no JSON")
