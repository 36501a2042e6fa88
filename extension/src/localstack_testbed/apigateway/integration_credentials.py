"""The ``credentials`` of integrations in OpenAPI documents that API Gateway imports.

LocalStack drops them on import. API Gateway then calls the integration without the role that the
document names, so that the permissions of other principals apply.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
"""

from collections.abc import Callable, Mapping
from typing import Any

from localstack_testbed.hooks.patching import replace

_INTEGRATION = "x-amazon-apigateway-integration"
_METHODS = {"x-amazon-apigateway-any-method": "ANY"}


def patch_import() -> None:
    """Keep the credentials of integrations when an OpenAPI document is imported."""
    from localstack.services.apigateway import helpers

    original: Callable[..., Any] = helpers.import_api_from_openapi_spec

    # Its users import it by name, after this.
    def import_api_from_openapi_spec(
        rest_api: Any, context: Any, open_api_spec: Mapping[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        result = original(rest_api, context, open_api_spec, *args, **kwargs)
        resources = {each.get_path(): each for each in rest_api.resources.values()}
        for path, methods in (open_api_spec.get("paths") or {}).items():
            for name, method in methods.items():
                integration = method.get(_INTEGRATION) if isinstance(method, Mapping) else None
                role = (integration or {}).get("credentials")
                if role and path in resources:
                    verb = _METHODS.get(name, name.upper())
                    resources[path].resource_methods[verb].method_integration.credentials = role
        return result

    replace(helpers, "import_api_from_openapi_spec", import_api_from_openapi_spec)
