"""Callers of LocalStack: which function, service or client made a request.

A function is identified by the access key of its execution environment, which is unique. A service
of LocalStack is identified by a header that it adds to its calls. Any client could send that header
to avoid the checks of signatures and permissions, so it is accepted only with a token that no other
process knows, and removed otherwise.

LocalStack forwards a request to a queue URL in the Query protocol as its own internal call; its
caller is the one of the forwarded request. API Gateway calls SQS in this way.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests.html
"""

import hmac
import re
import secrets
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from localstack_testbed.hooks.on_import import on_import
from localstack_testbed.hooks.patching import patch, replace

_TOKEN = secrets.token_urlsafe()
_MARK = "testbed_token"
# Modules that import `dump_dto`, which writes the header, by name.
_WRITERS = (
    "localstack.services.apigateway.next_gen.execute_api.integrations.aws",
    "localstack.services.apigateway.legacy.integration",
)

_CREDENTIAL = re.compile(r"Credential=([^/,]+)/|^AWS ([^:]+):")


class EnvironmentCredentials:
    """The running execution environments by the access keys in their credentials."""

    def __init__(self) -> None:
        self._by_key: WeakValueDictionary[str, Any] = WeakValueDictionary()

    def add(self, access_key: str, environment: Any) -> None:
        """Remember an environment for as long as it exists."""
        self._by_key[access_key] = environment

    def signer(self, headers: Mapping[str, str]) -> Any | None:
        """Return the environment that signed a request, if one did."""
        key = access_key_in(headers)
        return self._by_key.get(key) if key else None


ENVIRONMENT_CREDENTIALS = EnvironmentCredentials()


def access_key_in(headers: Mapping[str, str]) -> str | None:
    """Return the access key that a request is signed with."""
    found = _CREDENTIAL.search(headers.get("Authorization") or "")
    return found[1] or found[2] if found else None


def function_name(environment: Any) -> str:
    """Return the name of the function that an environment runs."""
    return str(environment.function_version.id.function_name)


class _Forwarded(threading.local):
    """The request that a thread is forwarding."""

    request: Any = None


_forwarded = _Forwarded()


def request_of(context: Any) -> Any:
    """Return the request that a call was made for."""
    return _forwarded.request or context.request


def headers_of(context: Any) -> Mapping[str, str]:
    """Return the headers of the request that a call was made for."""
    headers: Mapping[str, str] = request_of(context).headers
    return headers


def internal_parameters_of(context: Any) -> Mapping[str, Any] | None:
    """Return the parameters of an internal call; None for a call from outside LocalStack."""
    from localstack.aws.connect import INTERNAL_REQUEST_PARAMS_HEADER, load_dto

    if _forwarded.request is None:
        parameters: Mapping[str, Any] | None = context.internal_request_params
        return parameters
    given = _forwarded.request.headers.get(INTERNAL_REQUEST_PARAMS_HEADER)
    return load_dto(given) if given else None


def identify_callers() -> None:
    """Add the token to internal calls, and remove the header from requests without it."""
    from localstack.aws import connect
    from localstack.aws.handlers.internal_requests import InternalRequestParamsEnricher

    name = connect.INTERNAL_REQUEST_PARAMS_HEADER
    original_dump: Any = connect.dump_dto

    def dump_dto(data: Mapping[str, Any]) -> str:
        return str(original_dump({**data, _MARK: _TOKEN}))

    def use_dump_dto(writer: str) -> None:
        replace(sys.modules[writer], "dump_dto", dump_dto)

    replace(connect, "dump_dto", dump_dto)
    for writer in _WRITERS:
        on_import(writer, partial(use_dump_dto, writer))

    @patch(InternalRequestParamsEnricher.__call__)
    def enrich(
        original: Callable[..., None], self: Any, chain: Any, context: Any, response: Any
    ) -> None:
        headers = context.request.headers
        if name in headers and not _is_internal(headers.getlist(name)):
            headers.remove(name)
        original(self, chain, context, response)


def _is_internal(given: list[str]) -> bool:
    """Return whether a call with these values of the header is from this process."""
    from localstack.aws.connect import load_dto

    try:
        parameters: Any = load_dto(given[0])
    except (ValueError, RecursionError):
        return False
    token = str(parameters.get(_MARK)) if isinstance(parameters, dict) else ""
    is_same = hmac.compare_digest(token.encode(errors="replace"), _TOKEN.encode())
    return len(given) == 1 and is_same


def patch_environments() -> None:
    """Remember the access key of each execution environment."""
    from localstack.services.lambda_.invocation.execution_environment import ExecutionEnvironment

    @patch(ExecutionEnvironment.get_credentials)
    def get_credentials(original: Callable[[Any], Any], self: Any) -> Any:
        credentials = original(self)
        ENVIRONMENT_CREDENTIALS.add(credentials["AccessKeyId"], self)
        return credentials


def patch_query_api() -> None:
    """Remember the request that is forwarded to SQS."""
    from localstack.services.sqs import query_api

    original: Any = query_api.try_call_sqs

    def try_call_sqs(request: Any, region: str) -> Any:
        _forwarded.request = request
        try:
            return original(request, region)
        finally:
            _forwarded.request = None

    replace(query_api, "try_call_sqs", try_call_sqs)
