"""Who makes a call to LocalStack.

A function's calls are known by the access key of its execution environment, which no other one
has; those of LocalStack's services by what they say of themselves in a header. Anybody can send
that header, and would be asked for no signature and no permission. So it counts only with a token
that no other process knows, and is removed otherwise.

A call to a queue's URL in the Query protocol is handed on by LocalStack as a call of its own;
who makes it is the one who asked. API Gateway calls SQS in this way.
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
# These import what writes the header by its name.
_WRITERS = (
    "localstack.services.apigateway.next_gen.execute_api.integrations.aws",
    "localstack.services.apigateway.legacy.integration",
)

_CREDENTIAL = re.compile(r"Credential=([^/,]+)/|^AWS ([^:]+):")


class Environments:
    """The running execution environments by their access keys."""

    def __init__(self) -> None:
        self._by_key: WeakValueDictionary[str, Any] = WeakValueDictionary()

    def started(self, access_key: str, environment: Any) -> None:
        self._by_key[access_key] = environment

    def caller(self, headers: Mapping[str, str]) -> Any | None:
        """Return the environment that signed a request, if one did."""
        key = access_key_in(headers)
        return self._by_key.get(key) if key else None


ENVIRONMENTS = Environments()


def access_key_in(headers: Mapping[str, str]) -> str | None:
    """Return the access key that a request is signed with."""
    found = _CREDENTIAL.search(headers.get("Authorization") or "")
    return found[1] or found[2] if found else None


def function_name(environment: Any) -> str:
    """Return the name of the function that an environment is of."""
    return str(environment.function_version.id.function_name)


class _Asked(threading.local):
    """The request that a thread hands on."""

    request: Any = None


_asked = _Asked()


def request_of(context: Any) -> Any:
    """Return the request by which a call was asked for."""
    return _asked.request or context.request


def headers_of(context: Any) -> Mapping[str, str]:
    """Return the headers by which a call was asked for."""
    headers: Mapping[str, str] = request_of(context).headers
    return headers


def internal_parameters_of(context: Any) -> Mapping[str, Any] | None:
    """Return what LocalStack's services say of their calls, None of those from outside."""
    from localstack.aws.connect import INTERNAL_REQUEST_PARAMS_HEADER, load_dto

    if _asked.request is None:
        parameters: Mapping[str, Any] | None = context.internal_request_params
        return parameters
    given = _asked.request.headers.get(INTERNAL_REQUEST_PARAMS_HEADER)
    return load_dto(given) if given else None


def identify_callers() -> None:
    """Mark the calls of LocalStack's own services, and trust no other mark."""
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
    """Tell whether a call with these headers is from this process."""
    from localstack.aws.connect import load_dto

    try:
        parameters: Any = load_dto(given[0])
    except (ValueError, RecursionError):
        return False
    token = str(parameters.get(_MARK)) if isinstance(parameters, dict) else ""
    is_same = hmac.compare_digest(token.encode(errors="replace"), _TOKEN.encode())
    return len(given) == 1 and is_same


def patch_environments() -> None:
    """Note the credentials of each execution environment."""
    from localstack.services.lambda_.invocation.execution_environment import ExecutionEnvironment

    @patch(ExecutionEnvironment.get_credentials)
    def get_credentials(original: Callable[[Any], Any], self: Any) -> Any:
        credentials = original(self)
        ENVIRONMENTS.started(credentials["AccessKeyId"], self)
        return credentials


def patch_query_api() -> None:
    """Note the request that a call of SQS's Query API is made for."""
    from localstack.services.sqs import query_api

    original: Any = query_api.try_call_sqs

    def try_call_sqs(request: Any, region: str) -> Any:
        _asked.request = request
        try:
            return original(request, region)
        finally:
            _asked.request = None

    replace(query_api, "try_call_sqs", try_call_sqs)
