"""Size limits of requests to REST APIs: 10 MB, or 6 MB for the event of a Lambda function.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
The response to a larger request is documented in
https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html.
``Request Too Long`` for the function's limit is not documented, but AWS was seen to answer it.
"""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from localstack_testbed.hooks.patching import patch

LIMIT_BYTES = 10 * 1024 * 1024


def patch_requests() -> None:
    """Check the size of a request when LocalStack parses it."""
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
    """Answer status 413 if the event is too large; LocalStack answers that the function failed."""
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
