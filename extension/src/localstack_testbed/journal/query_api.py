"""Calls to a queue's URL in the Query protocol, which LocalStack hands on as calls of its own.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests.html
API Gateway calls SQS in this way. The journal wants to know who asked, and not who hands it on.
"""

import threading
from collections.abc import Mapping
from typing import Any


class _Asked(threading.local):
    """The headers of the request that a thread hands on."""

    headers: Mapping[str, str] | None = None


_asked = _Asked()


def headers_of(context: Any) -> Mapping[str, str]:
    """Return the headers by which a call was asked for."""
    headers: Mapping[str, str] = _asked.headers or context.request.headers
    return headers


def internal_parameters_of(context: Any) -> Mapping[str, Any] | None:
    """Return what LocalStack's services say of their calls, None of those from outside."""
    from localstack.aws.connect import INTERNAL_REQUEST_PARAMS_HEADER, load_dto

    if _asked.headers is None:
        parameters: Mapping[str, Any] | None = context.internal_request_params
        return parameters
    given = _asked.headers.get(INTERNAL_REQUEST_PARAMS_HEADER)
    return load_dto(given) if given else None


def patch_query_api() -> None:
    """Note the request while it is handed on."""
    from localstack.services.sqs import query_api

    module: Any = query_api
    original = module.try_call_sqs

    def try_call_sqs(request: Any, region: str) -> Any:
        _asked.headers = request.headers
        try:
            return original(request, region)
        finally:
            _asked.headers = None

    module.try_call_sqs = try_call_sqs
