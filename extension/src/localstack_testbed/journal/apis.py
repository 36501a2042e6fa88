"""Journal entries of requests to REST APIs of API Gateway: calls of the service ``execute-api``.

The id of such an entry is the request id that the integration receives in ``requestContext``:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

import time
from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch, replace
from localstack_testbed.journal.causes import (
    CAUSE_HEADER,
    caused_by,
    current_cause,
    current_causes,
    new_id,
    trace_root,
)
from localstack_testbed.journal.journal import milliseconds_since, record
from localstack_testbed.requests.calls import CLIENTS


def patch_apis() -> None:
    """Add an entry for each request to a deployed REST API."""
    from localstack.services.apigateway.next_gen.execute_api.gateway import RestApiGateway

    @patch(RestApiGateway.process_with_context)
    def process_with_context(
        original: Callable[..., None], self: Any, context: Any, response: Any
    ) -> None:
        moment, causes, own_id = time.time(), current_causes(), new_id()
        with caused_by(own_id):
            original(self, context, response)
        request = getattr(context, "invocation_request", None) or {}
        variables = getattr(context, "context_variables", None) or {}
        identity = variables.get("requestId")
        record(
            "api",
            moment,
            id=identity or own_id,
            makes=[own_id] if identity else [],
            causes=causes,
            trace=trace_root(str(getattr(context, "trace_id", None) or "")),
            service="execute-api",
            operation=f"{request.get('http_method') or context.request.method} "
            f"{request.get('path') or context.request.path}",
            resource=context.api_id,
            caller=CLIENTS,
            account=variables.get("accountId"),
            status=response.status_code,
            ms=milliseconds_since(moment),
        )


def patch_integrations() -> None:
    """Add the cause to calls that an API makes without a function."""
    from localstack.services.apigateway.next_gen.execute_api.integrations import aws

    get_headers: Any = aws.get_internal_mocked_headers

    def get_internal_mocked_headers(*args: Any, **kwargs: Any) -> dict[str, str]:
        headers: dict[str, str] = get_headers(*args, **kwargs)
        cause = current_cause()
        return {**headers, CAUSE_HEADER: cause} if cause else headers

    replace(aws, "get_internal_mocked_headers", get_internal_mocked_headers)
