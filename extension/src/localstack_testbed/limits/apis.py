"""A request to a REST API has at most 10 MB, and makes an event of at most 6 MB for a function.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html;
what is answered to a larger one is in
https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html.
That a function's limit gives ``Request Too Long`` is not documented, and was seen.
"""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from localstack_testbed.hooks.patching import patch

LIMIT_BYTES = 10 * 1024 * 1024


def patch_requests() -> None:
    """Check the size of a request where LocalStack reads it."""
    from localstack.services.apigateway.next_gen.execute_api.gateway_response import (
        RequestTooLargeError,
    )
    from localstack.services.apigateway.next_gen.execute_api.handlers.parse import (
        InvocationRequestParser,
    )

    @patch(InvocationRequestParser.parse_and_enrich)
    def parse_and_enrich(original: Callable[..., None], self: Any, context: Any) -> None:
        original(self, context)
        if len(context.invocation_request["body"] or b"") > LIMIT_BYTES:
            message = f"HTTP content length exceeded {LIMIT_BYTES} bytes."
            raise RequestTooLargeError(message)


def patch_events() -> None:
    """Tell of a function's limit, where LocalStack says that the function failed."""
    from localstack.services.apigateway.next_gen.execute_api.gateway_response import (
        BadRequestException,
        IntegrationFailureError,
    )
    from localstack.services.apigateway.next_gen.execute_api.integrations.aws import (
        RestApiAwsProxyIntegration,
    )

    @patch(RestApiAwsProxyIntegration.invoke)
    def invoke(original: Callable[..., Any], self: Any, context: Any) -> Any:
        try:
            return original(self, context)
        except IntegrationFailureError as error:
            cause = error.__cause__
            code = cause.response["Error"]["Code"] if isinstance(cause, ClientError) else ""
            if code == "RequestEntityTooLargeException":
                raise BadRequestException("Request Too Long", status_code=413) from cause
            raise
