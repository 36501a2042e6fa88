"""Headers and bodies of gateway responses.

A gateway response is what API Gateway answers by itself, such as 403 without an API key. A REST API
can set its status, headers and body. LocalStack sets only the status.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from localstack_testbed.hooks.patching import patch, replace

_HEADER = "gatewayresponse.header."
_DEFAULT_BODY = '{"message":$context.error.messageString}'
# The templates are not in the Velocity Template Language; they have only simple variables.
_VARIABLE = re.compile(r"\$((?:context|stageVariables|method\.request)\.[\w.-]*\w)")


def patch_handler() -> None:
    """Set the headers and the body that a REST API has for a gateway response."""
    from localstack.services.apigateway.next_gen.execute_api import gateway_response
    from localstack.services.apigateway.next_gen.execute_api.handlers import gateway_exception

    @patch(gateway_exception.GatewayExceptionHandler.create_exception_response)
    def create_exception_response(
        original: Callable[..., Any], self: Any, exception: Any, context: Any
    ) -> Any:
        response = original(self, exception, context)
        configured = gateway_response.get_gateway_response_or_default(
            exception.type, context.deployment.rest_api.gateway_responses
        )
        templates = configured.get("responseTemplates") or {}
        accepted = context.request.headers.get("Accept", "")
        # Without a template for what the client accepts, that for JSON.
        for media_type in (*accepted.split(","), "application/json", *templates):
            name = media_type.partition(";")[0].strip()
            if name in templates and templates[name] != _DEFAULT_BODY:
                response.data = _filled(templates[name], context)
                response.headers["Content-Type"] = name
            if name in templates:
                break
        for name, source in (configured.get("responseParameters") or {}).items():
            value = _mapped(source, context)
            if name.startswith(_HEADER) and value is not None:
                response.headers[name.removeprefix(_HEADER)] = value
        return response


def patch_provider() -> None:
    """Show the default status of a gateway response without changing it for all APIs.

    LocalStack writes what GetGatewayResponse shows into the defaults that invocations use.
    """
    from localstack.services.apigateway.next_gen import provider
    from localstack.services.apigateway.next_gen.execute_api import gateway_response

    def copied(*arguments: Any) -> dict[str, Any]:
        return dict(gateway_response.get_gateway_response_or_default(*arguments))

    replace(provider, "get_gateway_response_or_default", copied)


def _mapped(source: str, context: Any) -> str | None:
    """Return the value of a header: a text in quotes, or a variable."""
    if source.startswith("'"):
        return source.strip("'")
    value = _variable(source, context)
    return None if value is None else str(value)


def _filled(template: str, context: Any) -> str:
    def value(variable: re.Match[str]) -> str:
        found = _variable(variable[1], context)
        if found is None:
            return variable[0]
        # "The $context.error.message value enclosed in quotation marks."
        return json.dumps(found) if variable[1] == "context.error.messageString" else str(found)

    return _VARIABLE.sub(value, template)


def _variable(path: str, context: Any) -> Any:
    request = context.invocation_request or {}
    parts = path.split(".")
    match parts:
        case ["context", *names]:
            value: Any = context.context_variables or {}
            for name in names:
                value = value.get(name) if isinstance(value, Mapping) else None
            return value
        case ["stageVariables" | "stagevariables", name]:
            return (context.stage_variables or {}).get(name)
        case ["method", "request", "header", *name]:
            return (request.get("headers") or {}).get(".".join(name))
        case ["method", "request", "querystring", *name]:
            return (request.get("query_string_parameters") or {}).get(".".join(name))
        case ["method", "request", "path", *name]:
            return (request.get("path_parameters") or {}).get(".".join(name))
    return None
