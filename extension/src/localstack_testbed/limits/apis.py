"""A request to a REST API has at most 10 MB.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html,
and what it is answered else:
https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from collections.abc import Callable
from typing import Any

from localstack_testbed.decorators import patch

LIMIT_BYTES = 10 * 1024 * 1024


def patch_apis() -> None:
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
