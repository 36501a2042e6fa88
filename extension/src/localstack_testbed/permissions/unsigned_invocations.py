"""Signature requirement for REST API methods and function URLs with ``AWS_IAM`` authorization.

https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html
https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
"""

from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.shared_patches import CALL_FUNCTION_URL
from localstack_testbed.permissions.signatures import is_signed

_AWS_IAM = "AWS_IAM"


def patch_apis() -> None:
    """Reject unsigned requests to REST APIs after LocalStack has matched the method."""
    from localstack.services.apigateway.next_gen.execute_api.gateway_response import (
        MissingAuthTokenError,
    )
    from localstack.services.apigateway.next_gen.execute_api.handlers import preprocess_request

    def require_signature(chain: Any, context: Any, response: Any) -> None:
        if context.resource_method.get("authorizationType") != _AWS_IAM:
            return
        if not is_signed(context.request):
            # https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
            raise MissingAuthTokenError("Missing Authentication Token")

    preprocess_request.append(require_signature)


def patch_function_urls() -> None:
    """Reject unsigned requests to function URLs before LocalStack invokes the function."""
    from localstack.http import Response
    from localstack.services.lambda_.invocation.models import lambda_stores

    def auth_type_of(url_id: str, region: str) -> str | None:
        for account in list(lambda_stores):
            for function in list(lambda_stores[account][region].functions.values()):
                for config in list(function.function_url_configs.values()):
                    if config.url_id.lower() == url_id.lower():
                        return str(config.auth_type)
        return None

    @CALL_FUNCTION_URL.wrap
    def handle(
        original: Callable[..., Any], self: Any, request: Any, api_id: str, region: str, **rest: Any
    ) -> Any:
        if auth_type_of(api_id, region) != _AWS_IAM or is_signed(request):
            return original(self, request, api_id, region, **rest)
        response = Response('{"Message":"Forbidden"}', 403, mimetype="application/json")
        response.headers["x-amzn-ErrorType"] = "AccessDeniedException"
        return response
