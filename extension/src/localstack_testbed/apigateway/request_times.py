"""The time of a request to an API, with its zone.

``$context.requestTime`` is in the Common Log Format, which ends with the offset from UTC.
LocalStack's is local and lacks the offset.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

from datetime import UTC, datetime
from typing import Any

from localstack_testbed.hooks.patching import replace


def patch_requests() -> None:
    """Add the offset to the time of requests."""
    from localstack.services.apigateway.next_gen.execute_api.handlers.parse import (
        InvocationRequestParser,
    )

    def create_context_variables(context: Any) -> Any:
        variables = original(context)
        moment = datetime.fromtimestamp(variables["requestTimeEpoch"] / 1000, UTC)
        variables["requestTime"] = f"{moment:%d/%b/%Y:%H:%M:%S +0000}"
        return variables

    original = replace(
        InvocationRequestParser,
        "create_context_variables",
        staticmethod(create_context_variables),
    )
