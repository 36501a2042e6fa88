"""Import of OpenAPI documents into REST APIs.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api.html

LocalStack gives all resources new ids when a document replaces an API, the root resource too, keeps
what the new document does not have any more (models, request validators, authorizers,
documentation, gateway responses, policy), and leaves an API half changed if the import fails. It
also drops parts of documents: integrations' ``credentials``, so that API Gateway would call them
without the role and the permissions of other principals apply; ``AWS_IAM`` authorization and API
keys that the document asks for as a whole; and gateway responses. These follow AWS here.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from localstack_testbed.hooks.patching import replace

_AUTH = "x-amazon-apigateway-auth"
_AUTH_TYPE = "x-amazon-apigateway-authtype"
_AUTHORIZER = "x-amazon-apigateway-authorizer"
_GATEWAY_RESPONSES = "x-amazon-apigateway-gateway-responses"
_INTEGRATION = "x-amazon-apigateway-integration"
_METHODS = {"x-amazon-apigateway-any-method": "ANY"}

_OVERWRITE = "overwrite"
_API_PARTS = (
    "resources",
    "binaryMediaTypes",
    "policy",
    "minimum_compression_size",
    "endpoint_configuration",
    "api_key_source",
    "name",
    "description",
    "version",
)
_CONTAINER_PARTS = (
    "authorizers",
    "validators",
    "documentation_parts",
    "gateway_responses",
    "models",
    "resolved_models",
    "resource_children",
)


def patch_import() -> None:
    """Import OpenAPI documents as AWS does."""
    from localstack.services.apigateway import helpers

    original: Callable[..., Any] = helpers.import_api_from_openapi_spec

    # Its users import it by name, after this.
    def import_api_from_openapi_spec(
        rest_api: Any, context: Any, open_api_spec: Mapping[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        container = helpers.get_apigateway_store(context=context).rest_apis[rest_api.id]
        overwrites = (kwargs.get("mode") or (args[0] if args else None)) == _OVERWRITE
        before = _parts(rest_api, container)
        ids = {resource.get_path(): name for name, resource in rest_api.resources.items()}
        try:
            if overwrites:
                _clear(rest_api, container)
            result = original(rest_api, context, open_api_spec, *args, **kwargs)
            if overwrites:
                rest_api.name = (open_api_spec.get("info") or {}).get("title") or rest_api.name
                _keep_ids(rest_api, container, ids)
            _import_methods(rest_api, open_api_spec)
            _import_gateway_responses(container, open_api_spec)
        except Exception:
            _restore(rest_api, container, before)
            raise
        return result

    replace(helpers, "import_api_from_openapi_spec", import_api_from_openapi_spec)


def _parts(rest_api: Any, container: Any) -> dict[str, Any]:
    """Return copies of what an import changes."""
    return copy.deepcopy(
        {name: getattr(rest_api, name) for name in _API_PARTS}
        | {name: getattr(container, name) for name in _CONTAINER_PARTS}
    )


def _restore(rest_api: Any, container: Any, before: Mapping[str, Any]) -> None:
    for name in _API_PARTS:
        setattr(rest_api, name, before[name])
    for name in _CONTAINER_PARTS:
        setattr(container, name, before[name])


def _clear(rest_api: Any, container: Any) -> None:
    """Remove all that a document can define, but for the root resource."""
    root = next(each for each in rest_api.resources.values() if not each.parent_id)
    root.resource_methods = {}
    rest_api.resources = {root.id: root}
    rest_api.policy = None
    rest_api.minimum_compression_size = None
    rest_api.api_key_source = "HEADER"
    for name in _CONTAINER_PARTS:
        setattr(container, name, {})


def _keep_ids(rest_api: Any, container: Any, ids: Mapping[str, str]) -> None:
    """Give each resource the id that the resource with this path had before."""
    resources = list(rest_api.resources.values())
    new_ids = {each.id: ids.get(each.get_path(), each.id) for each in resources}
    for resource in resources:
        resource.id = new_ids[resource.id]
        resource.parent_id = new_ids.get(resource.parent_id, resource.parent_id)
        for method in resource.resource_methods.values():
            if method.method_integration:
                method.method_integration.cache_namespace = resource.id
    rest_api.resources = {each.id: each for each in resources}
    container.resource_children = {}
    for resource in resources:
        if resource.parent_id:
            container.resource_children.setdefault(resource.parent_id, []).append(resource.id)


def _import_methods(rest_api: Any, document: Mapping[str, Any]) -> None:
    resources = {each.get_path(): each for each in rest_api.resources.values()}
    for path, name, method in _methods_of(document):
        resource = resources.get(path)
        imported = resource and resource.resource_methods.get(name)
        if not imported:
            continue
        integration = method.get(_INTEGRATION)
        role = integration.get("credentials") if isinstance(integration, Mapping) else None
        if role and imported.method_integration:
            imported.method_integration.credentials = role
        if imported.authorization_type == "NONE" and _requires_signature(document, method):
            imported.authorization_type = "AWS_IAM"
        if _requires_key(document, method):
            imported.api_key_required = True


def _methods_of(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in (document.get("paths") or {}).items():
        for name, method in methods.items() if isinstance(methods, Mapping) else ():
            if isinstance(method, Mapping):
                yield path, _METHODS.get(name, name.upper()), method


def _requires_signature(document: Mapping[str, Any], method: Mapping[str, Any]) -> bool:
    """Return whether requests to a method have to be signed.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authtype.html
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-auth.html
    """
    auth = method.get(_AUTH) or document.get(_AUTH)
    if isinstance(auth, Mapping) and str(auth.get("type")).upper() == "AWS_IAM":
        return True
    return any(
        str(scheme.get(_AUTH_TYPE)).lower() == "awssigv4"
        for scheme in _security_schemes(document, method)
    )


def _requires_key(document: Mapping[str, Any], method: Mapping[str, Any]) -> bool:
    return any(
        scheme.get("type") == "apiKey"
        and str(scheme.get("name")).lower() == "x-api-key"
        and _AUTHORIZER not in scheme
        for scheme in _security_schemes(document, method)
    )


def _security_schemes(
    document: Mapping[str, Any], method: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """Yield the security schemes of a method; without any, those of the document."""
    defined = document.get("securityDefinitions")
    defined = defined or (document.get("components") or {}).get("securitySchemes") or {}
    for requirement in method.get("security", document.get("security")) or ():
        yield from (defined[name] for name in requirement if name in defined)


def _import_gateway_responses(container: Any, document: Mapping[str, Any]) -> None:
    """Import gateway responses.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-gateway-responses.html
    """
    for name, response in (document.get(_GATEWAY_RESPONSES) or {}).items():
        status = response.get("statusCode")
        container.gateway_responses[name] = {
            "responseType": name,
            "statusCode": None if status in (None, "default") else str(status),
            "responseParameters": response.get("responseParameters") or {},
            "responseTemplates": response.get("responseTemplates")
            or {"application/json": '{"message":$context.error.messageString}'},
            "defaultResponse": False,
        }
