"""What is in an OpenAPI document for API Gateway.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml  # type: ignore[import-untyped, unused-ignore]

from localstack_testbed.cloudformation.resources.helpers import NOT_HERE, part, unavailable
from localstack_testbed.cloudformation.resources.model import Properties

AUTHORIZER = "x-amazon-apigateway-authorizer"

ENDPOINT = "x-amazon-apigateway-endpoint-configuration"

_INTEGRATION = "x-amazon-apigateway-integration"

POLICY = "x-amazon-apigateway-policy"


def parsed(document: str | bytes) -> Any:
    """Return an OpenAPI document, in JSON or YAML; None if it is neither, which its import says."""
    try:
        return json.loads(document)
    except ValueError:
        pass
    except RecursionError:
        return None
    try:
        return yaml.safe_load(document)
    except (ValueError, RecursionError, yaml.YAMLError):
        return None


def authorizers(document: Mapping[str, Any]) -> list[str]:
    """Return the names of the authorizers that an OpenAPI document defines."""
    components = document.get("components")
    places = (
        document.get("securityDefinitions"),
        components.get("securitySchemes") if isinstance(components, Mapping) else None,
    )
    return [
        name
        for schemes in places
        if isinstance(schemes, Mapping)
        for name, scheme in schemes.items()
        if isinstance(scheme, Mapping) and AUTHORIZER in scheme
    ]


def integrations(document: Mapping[str, Any]) -> Iterator[Properties]:
    """Yield the integrations of an OpenAPI document, with the names of properties in templates."""
    for path in part(document, "paths").values():
        for operation in path.values() if isinstance(path, Mapping) else ():
            if isinstance(operation, Mapping):
                integration = part(operation, _INTEGRATION)
                yield {f"{name[:1].upper()}{name[1:]}": each for name, each in integration.items()}


def unavailable_integration(integration: Mapping[str, Any]) -> str | None:
    """Return a sentence about what of an integration is not available."""
    if integration.get("ConnectionType") == "VPC_LINK":
        return f"ConnectionType VPC_LINK {NOT_HERE}"
    if integration.get("ResponseTransferMode") == "STREAM":
        return f"ResponseTransferMode STREAM {NOT_HERE}"
    return unavailable(integration, "IntegrationTarget")
