"""Validation of the Invoke API's payload: its size, and that it is JSON.

The maximum is 6 MB for synchronous invocations and 1 MB for asynchronous ones (256 KB until October
2025): https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html. The errors are those
of https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html, except that AWS answers
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
    """Reject NaN and Infinity, which Python accepts although they are invalid JSON."""
    raise ValueError(f"{constant} is not valid JSON")
