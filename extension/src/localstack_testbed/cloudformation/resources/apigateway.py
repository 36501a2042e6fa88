"""Resource types of API Gateway's REST APIs.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGateway.html

Requests are answered by deployments, which are copies: a resource or a method may be deleted and
created anew without interrupting requests.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import yaml  # type: ignore[import-untyped, unused-ignore]
from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from localstack_testbed.cloudformation.resources.helpers import (
    NOT_HERE,
    changed,
    exists,
    json_text,
    part,
    tag_map,
    unavailable,
    update_tags,
    without,
)
from localstack_testbed.cloudformation.resources.model import (
    AlreadyExistsError,
    Context,
    Properties,
    ResourceError,
    ResourceType,
    is_missing,
)
from localstack_testbed.hooks import settings

type Patch = dict[str, str]

_NOT_YET = f"{NOT_HERE} yet"
_AUTHORIZER = "x-amazon-apigateway-authorizer"
_ENDPOINT = "x-amazon-apigateway-endpoint-configuration"
_INTEGRATION = "x-amazon-apigateway-integration"
_POLICY = "x-amazon-apigateway-policy"


def _client(context: Context) -> Any:
    return context.client("apigateway")


def _arguments(properties: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return the properties as arguments of the API, which begin with a small letter."""
    return {
        f"{name[0].lower()}{name[1:]}": properties[name]
        for name in names
        if properties.get(name) is not None
    }


def _text(value: Any) -> str:
    """Return a value as a patch operation has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _replace(path: str, value: Any) -> Patch:
    return {"op": "replace", "path": path, "value": _text(value)}


def _remove(path: str) -> Patch:
    return {"op": "remove", "path": path}


def _escaped(part: str) -> str:
    """Return a part of a JSON pointer."""
    return part.replace("~", "~0").replace("/", "~1")


def _set_tags(context: Context, path: str, old: Properties, new: Properties) -> None:
    """Set the tags of what has the path in API Gateway's API.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html
    """
    arn = f"arn:aws:apigateway:{context.region}::{path}"
    client = _client(context)
    update_tags(
        old,
        new,
        tag=lambda tags: client.tag_resource(resourceArn=arn, tags=tags),
        untag=lambda keys: client.untag_resource(resourceArn=arn, tagKeys=keys),
    )


def _resources(client: Any, rest_api_id: str) -> Iterator[Mapping[str, Any]]:
    pages = client.get_paginator("get_resources").paginate(restApiId=rest_api_id)
    for page in pages:
        yield from page["items"]


_DOCUMENT = ("Body", "BodyS3Location", "FailOnWarnings", "Parameters", "Mode")
_EMPTY = {"openapi": "3.0.1", "paths": {}}


class RestApi(ResourceType):
    """A REST API; an OpenAPI document that changes replaces all its resources, but not its id.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-restapi.html
    """

    def create(self, context: Context, properties: Properties) -> str:
        client = _client(context)
        document = self._openapi(context, properties)
        if not properties.get("Name") and document is None:
            raise ResourceError("Name is required if there is no Body and no BodyS3Location")
        # The tag _custom_id_ chooses the id of an API when it is created.
        made = client.create_rest_api(
            # The document's title, if the template has no name.
            name=properties.get("Name") or context.generated_name(64),
            tags=tag_map(properties),
        )
        rest_api_id: str = made["id"]
        context.created(rest_api_id)
        if document is not None:
            self._import(client, rest_api_id, document, properties)
        self._configure(client, rest_api_id, {}, properties)
        _set_tags(context, f"/restapis/{rest_api_id}", {}, properties)
        return rest_api_id

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        client = _client(context)
        if without(old, "Tags") != without(new, "Tags"):
            document = self._openapi(context, new)
            # A property that is absent now is as the document has it again.
            if document is not None:
                self._import(client, physical_id, document, new)
            elif changed(old, new, *_DOCUMENT):
                empty = {**_EMPTY, "info": {"title": new.get("Name", ""), "version": "1"}}
                self._import(client, physical_id, json.dumps(empty), new)
            self._configure(client, physical_id, old, new)
        _set_tags(context, f"/restapis/{physical_id}", old, new)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        _client(context).delete_rest_api(restApiId=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        root = next(
            each["id"] for each in _resources(_client(context), physical_id) if each["path"] == "/"
        )
        return {"RestApiId": physical_id, "RootResourceId": root}

    def unsupported(self, properties: Properties) -> str | None:
        body = properties.get("Body")
        names = _authorizers(body) if isinstance(body, Mapping) else []
        if names:
            return (
                f"The authorizer {names[0]} of the OpenAPI document {_NOT_YET}: "
                "authorizers are not called"
            )
        extensions = body if isinstance(body, Mapping) else {}
        if properties.get("Policy") or extensions.get(_POLICY):
            return f"Policy {_NOT_YET}: resource policies of APIs are not enforced"
        if properties.get("Mode") == "merge":
            return "Mode: merge is not available in this testbed: a document replaces the API"
        endpoint = part(properties, "EndpointConfiguration")
        if endpoint.get("VpcEndpointIds") or endpoint.get("Types") == ["PRIVATE"]:
            return "Private APIs are not available in this testbed: there are no VPC endpoints"
        disabled = part(extensions, _ENDPOINT).get("disableExecuteApiEndpoint")
        if True in (properties.get("DisableExecuteApiEndpoint"), disabled):
            return f"DisableExecuteApiEndpoint {NOT_HERE}: there are no custom domain names"
        for integration in _integrations(extensions):
            if problem := _unavailable_integration(integration):
                return problem
        return unavailable(properties, "CloneFrom", "SecurityPolicy", "EndpointAccessMode")

    def _openapi(self, context: Context, properties: Properties) -> str | bytes | None:
        """Return the OpenAPI document."""
        if (body := properties.get("Body")) is not None:
            return json_text(body)
        location = properties.get("BodyS3Location")
        if not location:
            return None
        version = {"VersionId": location["Version"]} if location.get("Version") else {}
        found = context.client("s3").get_object(
            Bucket=location["Bucket"], Key=location["Key"], **version
        )
        if location.get("ETag") and location["ETag"].strip('"') != found["ETag"].strip('"'):
            raise ResourceError(
                f"The ETag of s3://{location['Bucket']}/{location['Key']} is {found['ETag']}, "
                f"not {location['ETag']}"
            )
        content: bytes = found["Body"].read()
        return content

    def _import(
        self, client: Any, rest_api_id: str, document: str | bytes, properties: Properties
    ) -> None:
        # Validation does not see a document that is in a bucket, or given as text.
        problem = self.unsupported({"Body": _parsed(document)})
        if problem and not settings.SKIP_UNSUPPORTED_RESOURCES.value():
            raise ResourceError(problem)
        parameters = properties.get("Parameters") or {}
        result = client.put_rest_api(
            restApiId=rest_api_id,
            mode="overwrite",
            parameters=json.loads(parameters) if isinstance(parameters, str) else parameters,
            body=document,
        )
        warnings = result.get("warnings") or ()
        if warnings and properties.get("FailOnWarnings"):
            raise ResourceError(f"Warnings found during import: {'; '.join(warnings)}")

    def _configure(self, client: Any, rest_api_id: str, old: Properties, new: Properties) -> None:
        """Set what the template has, and unset what it had, if there is no document."""
        current = client.get_rest_api(restApiId=rest_api_id)
        patches = []
        for name, path, default in (
            ("Name", "/name", None),
            ("Description", "/description", ""),
            ("ApiKeySourceType", "/apiKeySource", "HEADER"),
            ("MinimumCompressionSize", "/minimumCompressionSize", ""),
            ("DisableExecuteApiEndpoint", "/disableExecuteApiEndpoint", False),
            ("Policy", "/policy", ""),
        ):
            imported = name not in ("DisableExecuteApiEndpoint",) and self._has_document(new)
            if new.get(name) is not None:
                value = new[name]
                patches.append(_replace(path, value if name != "Policy" else json_text(value)))
            elif old.get(name) is not None and default is not None and not imported:
                patches.append(_replace(path, default))
        endpoint = new.get("EndpointConfiguration") or {}
        types = endpoint.get("Types") or (["EDGE"] if old.get("EndpointConfiguration") else [])
        if types:
            patches.append(_replace("/endpointConfiguration/types/0", types[0]))
            if types[0] != "PRIVATE":
                address = endpoint.get("IpAddressType", "ipv4")
                patches.append(_replace("/endpointConfiguration/ipAddressType", address))
        present = current.get("binaryMediaTypes") or []
        # "Use ~1 instead of / in the media types", but CloudFormation accepts both.
        wanted = [each.replace("~1", "/") for each in new.get("BinaryMediaTypes") or ()]
        patches += [
            {"op": "add", "path": f"/binaryMediaTypes/{_escaped(each)}"}
            for each in wanted
            if each not in present
        ]
        if not self._has_document(new):
            patches += [
                _remove(f"/binaryMediaTypes/{_escaped(each)}")
                for each in present
                if each not in wanted
            ]
        if patches:
            client.update_rest_api(restApiId=rest_api_id, patchOperations=patches)

    def _has_document(self, properties: Properties) -> bool:
        return bool(properties.get("Body") or properties.get("BodyS3Location"))


def _parsed(document: str | bytes) -> Any:
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


def _authorizers(document: Mapping[str, Any]) -> list[str]:
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
        if isinstance(scheme, Mapping) and _AUTHORIZER in scheme
    ]


def _integrations(document: Mapping[str, Any]) -> Iterator[Properties]:
    """Yield the integrations of an OpenAPI document, with the names of properties in templates."""
    for path in part(document, "paths").values():
        for operation in path.values() if isinstance(path, Mapping) else ():
            if isinstance(operation, Mapping):
                integration = part(operation, _INTEGRATION)
                yield {f"{name[:1].upper()}{name[1:]}": each for name, each in integration.items()}


def _unavailable_integration(integration: Mapping[str, Any]) -> str | None:
    """Return a sentence about what of an integration is not available."""
    if integration.get("ConnectionType") == "VPC_LINK":
        return f"ConnectionType VPC_LINK {NOT_HERE}"
    if integration.get("ResponseTransferMode") == "STREAM":
        return f"ResponseTransferMode STREAM {NOT_HERE}"
    return unavailable(integration, "IntegrationTarget")


class Resource(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-resource.html"""

    def create(self, context: Context, properties: Properties) -> str:
        client = _client(context)
        for each in _resources(client, properties["RestApiId"]):
            if (each.get("parentId"), each.get("pathPart")) == (
                properties["ParentId"],
                properties["PathPart"],
            ):
                raise AlreadyExistsError(context.type_name, each["id"])
        made = client.create_resource(**_arguments(properties, "RestApiId", "ParentId", "PathPart"))
        return str(made["id"])

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        _client(context).delete_resource(restApiId=properties["RestApiId"], resourceId=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"ResourceId": physical_id}


class Method(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-method.html"""

    def create(self, context: Context, properties: Properties) -> str:
        client, method = _client(context), self._method(properties)
        physical_id = "|".join(method.values())
        # PutMethod would overwrite it.
        if exists(client.get_method, **method):
            raise AlreadyExistsError(context.type_name, physical_id)
        # So that a method without its integration does not stay behind.
        context.created(physical_id)
        self._put(client, method, properties)
        return physical_id

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        client, method = _client(context), self._method(new)
        try:
            client.delete_method(**method)
        except ClientError as error:
            # An earlier update was left half done.
            if not is_missing(error):
                raise
        self._put(client, method, new)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        _client(context).delete_method(**self._method(properties))

    def unsupported(self, properties: Properties) -> str | None:
        if properties.get("AuthorizationType") in ("CUSTOM", "COGNITO_USER_POOLS"):
            kind = properties["AuthorizationType"]
            return f"AuthorizationType {kind} {_NOT_YET}: authorizers are not called"
        return _unavailable_integration(part(properties, "Integration"))

    def _method(self, properties: Properties) -> dict[str, str]:
        return {
            "restApiId": properties["RestApiId"],
            "resourceId": properties["ResourceId"],
            "httpMethod": properties["HttpMethod"],
        }

    def _put(self, client: Any, method: Mapping[str, str], properties: Properties) -> None:
        client.put_method(
            **method,
            authorizationType=properties.get("AuthorizationType", "NONE"),
            apiKeyRequired=properties.get("ApiKeyRequired", False),
            **_arguments(
                properties,
                "AuthorizationScopes",
                "AuthorizerId",
                "OperationName",
                "RequestModels",
                "RequestParameters",
                "RequestValidatorId",
            ),
        )
        for response in properties.get("MethodResponses") or ():
            client.put_method_response(
                **method,
                **_arguments(response, "StatusCode", "ResponseModels", "ResponseParameters"),
            )
        if integration := properties.get("Integration"):
            self._put_integration(client, method, integration)

    def _put_integration(
        self, client: Any, method: Mapping[str, str], integration: Mapping[str, Any]
    ) -> None:
        client.put_integration(
            **method,
            **_arguments(
                integration,
                "Type",
                "IntegrationHttpMethod",
                "Uri",
                "ConnectionType",
                "ConnectionId",
                "Credentials",
                "RequestParameters",
                "RequestTemplates",
                "PassthroughBehavior",
                "CacheKeyParameters",
                "ContentHandling",
                "TimeoutInMillis",
            ),
        )
        if namespace := integration.get("CacheNamespace"):
            # PutIntegration has its own idea of it in LocalStack.
            client.update_integration(
                **method, patchOperations=[_replace("/cacheNamespace", namespace)]
            )
        for response in integration.get("IntegrationResponses") or ():
            client.put_integration_response(
                **method,
                **_arguments(
                    response,
                    "StatusCode",
                    "SelectionPattern",
                    "ResponseParameters",
                    "ResponseTemplates",
                    "ContentHandling",
                ),
            )


class Model(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-model.html"""

    name_property = "Name"

    def create(self, context: Context, properties: Properties) -> str:
        # A model's name has letters and digits only.
        generated = context.generated_name(64).replace("-", "")
        made = _client(context).create_model(
            restApiId=properties["RestApiId"],
            name=properties.get("Name") or generated,
            contentType=properties.get("ContentType", "application/json"),
            schema=json_text(properties.get("Schema") or {}),
            **_arguments(properties, "Description"),
        )
        return str(made["name"])

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        _client(context).update_model(
            restApiId=new["RestApiId"],
            modelName=physical_id,
            patchOperations=[
                _replace("/schema", json_text(new.get("Schema") or {})),
                _replace("/description", new.get("Description", "")),
            ],
        )
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        _client(context).delete_model(restApiId=properties["RestApiId"], modelName=physical_id)


class RequestValidator(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-requestvalidator.html"""

    name_property = "Name"

    def create(self, context: Context, properties: Properties) -> str:
        made = _client(context).create_request_validator(
            **{"name": context.generated_name(64)}
            | _arguments(
                properties,
                "RestApiId",
                "Name",
                "ValidateRequestBody",
                "ValidateRequestParameters",
            )
        )
        return str(made["id"])

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        _client(context).update_request_validator(
            restApiId=new["RestApiId"],
            requestValidatorId=physical_id,
            patchOperations=[
                _replace("/validateRequestBody", new.get("ValidateRequestBody", False)),
                _replace("/validateRequestParameters", new.get("ValidateRequestParameters", False)),
            ],
        )
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        _client(context).delete_request_validator(
            restApiId=properties["RestApiId"], requestValidatorId=physical_id
        )

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"RequestValidatorId": physical_id}


class GatewayResponse(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-gatewayresponse.html"""

    def create(self, context: Context, properties: Properties) -> str:
        response = _arguments(properties, "RestApiId", "ResponseType")
        physical_id = "|".join(response.values())
        found = _client(context).get_gateway_response(**response)
        # PutGatewayResponse would overwrite it.
        if not found.get("defaultResponse"):
            raise AlreadyExistsError(context.type_name, physical_id)
        self._put(context, properties)
        return physical_id

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        self._put(context, new)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        _client(context).delete_gateway_response(
            **_arguments(properties, "RestApiId", "ResponseType")
        )

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"Id": physical_id}

    def _put(self, context: Context, properties: Properties) -> None:
        names = (
            "RestApiId",
            "ResponseType",
            "StatusCode",
            "ResponseParameters",
            "ResponseTemplates",
        )
        _client(context).put_gateway_response(**_arguments(properties, *names))


# The properties of a stage's method setting, and the paths of UpdateStage.
# https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
_METHOD_SETTINGS = {
    "CacheDataEncrypted": "caching/dataEncrypted",
    "CacheTtlInSeconds": "caching/ttlInSeconds",
    "CachingEnabled": "caching/enabled",
    "DataTraceEnabled": "logging/dataTrace",
    "LoggingLevel": "logging/loglevel",
    "MetricsEnabled": "metrics/enabled",
    "ThrottlingBurstLimit": "throttling/burstLimit",
    "ThrottlingRateLimit": "throttling/rateLimit",
}


class _StageSettings:
    """The settings of a stage, which Stage and Deployment (StageDescription) have."""

    def __init__(self, client: Any, rest_api_id: str, stage_name: str) -> None:
        self._client = client
        self._stage = {"restApiId": rest_api_id, "stageName": stage_name}

    def set(self, properties: Mapping[str, Any], deployment_id: str | None) -> None:
        """Bring the stage to these settings; what is absent gets its default."""
        current = self._client.get_stage(**self._stage)
        # Each part by itself: LocalStack ends a call at a removal.
        for patches in (
            self._simple(properties, deployment_id),
            self._variables(current, properties),
            # All of them, as a setting that is absent would keep its value.
            *([_remove(f"/{name}")] for name in current.get("methodSettings") or ()),
            list(self._methods(properties)),
        ):
            if patches:
                self._client.update_stage(**self._stage, patchOperations=patches)
        self.set_canary(properties.get("CanarySetting"))

    def _simple(self, properties: Mapping[str, Any], deployment_id: str | None) -> list[Patch]:
        deployment = [_replace("/deploymentId", deployment_id)] if deployment_id else []
        cached = properties.get("CacheClusterEnabled", False)
        size = [_replace("/cacheClusterSize", properties.get("CacheClusterSize", "0.5"))]
        return [
            *deployment,
            _replace("/description", properties.get("Description", "")),
            _replace("/tracingEnabled", properties.get("TracingEnabled", False)),
            _replace("/documentationVersion", properties.get("DocumentationVersion", "")),
            _replace("/cacheClusterEnabled", cached),
            *(size if cached or properties.get("CacheClusterSize") else []),
        ]

    def _variables(self, current: Mapping[str, Any], properties: Mapping[str, Any]) -> list[Patch]:
        wanted = properties.get("Variables") or {}
        present = current.get("variables") or {}
        return [
            *(_replace(f"/variables/{name}", value) for name, value in wanted.items()),
            *(_remove(f"/variables/{name}") for name in present if name not in wanted),
        ]

    def _methods(self, properties: Mapping[str, Any]) -> Iterator[Patch]:
        for setting in properties.get("MethodSettings") or ():
            path = setting.get("ResourcePath", "/*")
            resource = "*" if path == "/*" else _escaped(path)
            method = setting.get("HttpMethod", "*")
            for name, place in _METHOD_SETTINGS.items():
                if setting.get(name) is not None:
                    yield _replace(f"/{resource}/{method}/{place}", setting[name])

    def set_canary(self, canary: Mapping[str, Any] | None) -> None:
        """Bring the stage's canary to these settings, or remove it."""
        former = self._client.get_stage(**self._stage).get("canarySettings") or {}
        if canary:
            patches = self._canary(former, canary)
        else:
            patches = [_remove("/canarySettings")] if former else []
        if patches:
            self._client.update_stage(**self._stage, patchOperations=patches)

    def _canary(self, former: Mapping[str, Any], canary: Mapping[str, Any]) -> list[Patch]:
        overrides = canary.get("StageVariableOverrides") or {}
        place = "/canarySettings/stageVariableOverrides"
        deployment = canary.get("DeploymentId")
        return [
            *([_replace("/canarySettings/deploymentId", deployment)] if deployment else []),
            _replace("/canarySettings/percentTraffic", canary.get("PercentTraffic", 0.0)),
            _replace("/canarySettings/useStageCache", canary.get("UseStageCache", False)),
            *(_replace(f"{place}/{name}", value) for name, value in overrides.items()),
            *(
                _remove(f"{place}/{name}")
                for name in former.get("stageVariableOverrides") or ()
                if name not in overrides
            ),
        ]


def _as_properties(stage: Mapping[str, Any]) -> Properties:
    """Return the settings of a stage that GetStage describes, as a template has them."""
    general = ("Description", "TracingEnabled", "DocumentationVersion", "Variables")
    cache = ("CacheClusterEnabled", "CacheClusterSize")
    methods = []
    for place, described in (stage.get("methodSettings") or {}).items():
        path, _, method = place.rpartition("/")
        where = "/*" if path == "*" else path.replace("~1", "/").replace("~0", "~")
        found = _given(described, *_METHOD_SETTINGS)
        methods.append({"ResourcePath": where, "HttpMethod": method, **found})
    return {
        **_given(stage, *general, *cache),
        "MethodSettings": methods,
        "CanarySetting": _canary_setting(stage),
    }


def _canary_setting(stage: Mapping[str, Any]) -> Properties:
    names = ("DeploymentId", "PercentTraffic", "StageVariableOverrides", "UseStageCache")
    return _given(stage.get("canarySettings") or {}, *names)


def _given(answer: Mapping[str, Any], *names: str) -> Properties:
    """Return these properties from an answer of the API."""
    keys = {name: f"{name[0].lower()}{name[1:]}" for name in names}
    return {name: answer[key] for name, key in keys.items() if answer.get(key) is not None}


def _unsupported_stage(properties: Mapping[str, Any], prefix: str = "") -> str | None:
    if properties.get("AccessLogSetting"):
        return f"{prefix}AccessLogSetting {_NOT_YET}: access logs are not written"
    if properties.get("ClientCertificateId"):
        return (
            f"{prefix}ClientCertificateId {NOT_HERE}: integrations are called without a certificate"
        )
    return None


class Stage(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-stage.html"""

    name_property = "StageName"

    def create(self, context: Context, properties: Properties) -> str:
        client, rest_api_id = _client(context), properties["RestApiId"]
        # The schema does not require it, API Gateway does.
        if not properties.get("DeploymentId"):
            raise ResourceError("DeploymentId is required")
        name: str = properties.get("StageName") or context.generated_name(64).replace("-", "_")
        client.create_stage(
            restApiId=rest_api_id,
            stageName=name,
            deploymentId=properties["DeploymentId"],
            tags=tag_map(properties),
        )
        context.created(name)
        _StageSettings(client, rest_api_id, name).set(properties, None)
        _set_tags(context, f"/restapis/{rest_api_id}/stages/{name}", {}, properties)
        return name

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        if not new.get("DeploymentId"):
            raise ResourceError("DeploymentId is required")
        rest_api_id = new["RestApiId"]
        stage = _StageSettings(_client(context), rest_api_id, physical_id)
        stage.set(new, new["DeploymentId"])
        _set_tags(context, f"/restapis/{rest_api_id}/stages/{physical_id}", old, new)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        _client(context).delete_stage(restApiId=properties["RestApiId"], stageName=physical_id)

    def unsupported(self, properties: Properties) -> str | None:
        return _unsupported_stage(properties)


class Deployment(ResourceType):
    """A deployment, and the stage that it makes or moves to itself if it names one.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-deployment.html
    """

    def __init__(self) -> None:
        # What a stage was before a deployment took it, to which it returns if that one is deleted.
        self._former: dict[str, Mapping[str, Any]] = {}

    def create(self, context: Context, properties: Properties) -> str:
        deployment_id: str = _client(context).create_deployment(
            **_arguments(properties, "RestApiId", "Description")
        )["id"]
        context.created(deployment_id)
        self._set_stage(context, deployment_id, properties)
        return deployment_id

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        client = _client(context)
        client.update_deployment(
            restApiId=new["RestApiId"],
            deploymentId=physical_id,
            patchOperations=[_replace("/description", new.get("Description", ""))],
        )
        if changed(old, new, "StageName", "StageDescription"):
            self._set_stage(context, physical_id, new)
        if old.get("StageName") and changed(old, new, "StageName"):
            self._leave_stage(client, physical_id, old)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        client = _client(context)
        if properties.get("StageName"):
            self._leave_stage(client, physical_id, properties)
        client.delete_deployment(restApiId=properties["RestApiId"], deploymentId=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"DeploymentId": physical_id}

    def unsupported(self, properties: Properties) -> str | None:
        return _unsupported_stage(part(properties, "StageDescription"), "StageDescription.")

    def _set_stage(self, context: Context, deployment_id: str, properties: Properties) -> None:
        name = properties.get("StageName")
        if not name:
            return
        client, rest_api_id = _client(context), properties["RestApiId"]
        stage = {"restApiId": rest_api_id, "stageName": name}
        described = properties.get("StageDescription") or {}
        canary = properties.get("DeploymentCanarySettings")
        present = exists(client.get_stage, **stage)
        if canary and not present:
            raise ResourceError(
                "Invalid deployment content specified.Stage non-existing must already be created "
                "before making a canary release deployment"
            )
        if not present:
            client.create_stage(**stage, deploymentId=deployment_id)
        else:
            former = client.get_stage(**stage)
            canary_setting = _canary_setting(former)
            if deployment_id not in (former["deploymentId"], canary_setting.get("DeploymentId")):
                self._former[deployment_id] = former
        stage_settings = _StageSettings(client, rest_api_id, name)
        if canary:
            stage_settings.set_canary({**canary, "DeploymentId": deployment_id})
        elif described or not present:
            stage_settings.set(_with_method_settings(described), deployment_id)
        else:
            client.update_stage(**stage, patchOperations=[_replace("/deploymentId", deployment_id)])
        _set_tags(context, f"/restapis/{rest_api_id}/stages/{name}", {}, described)

    def _leave_stage(self, client: Any, deployment_id: str, properties: Properties) -> None:
        """Return the stage to what it was before it had this deployment, or delete it."""
        rest_api_id, name = properties["RestApiId"], properties["StageName"]
        stage = {"restApiId": rest_api_id, "stageName": name}
        try:
            current = client.get_stage(**stage)
        except ClientError as error:
            if is_missing(error):
                return
            raise
        former = self._former.pop(deployment_id, {})
        stage_settings = _StageSettings(client, rest_api_id, name)
        if current["deploymentId"] == deployment_id:
            if self._is_there(client, rest_api_id, former.get("deploymentId")):
                stage_settings.set(_as_properties(former), former["deploymentId"])
            else:
                client.delete_stage(**stage)
        elif _canary_setting(current).get("DeploymentId") == deployment_id:
            canary = _canary_setting(former)
            known = self._is_there(client, rest_api_id, canary.get("DeploymentId"))
            stage_settings.set_canary(canary if known else None)

    def _is_there(self, client: Any, rest_api_id: str, deployment_id: str | None) -> bool:
        # GetDeployment fails with an internal error if it is not.
        pages = client.get_paginator("get_deployments").paginate(restApiId=rest_api_id)
        return any(each["id"] == deployment_id for page in pages for each in page["items"])


def _with_method_settings(described: Mapping[str, Any]) -> Properties:
    """Return a StageDescription whose settings of all methods are method settings."""
    general = {name: described[name] for name in _METHOD_SETTINGS if name in described}
    if not general:
        return dict(described)
    methods = described.get("MethodSettings") or []
    everything = {"ResourcePath": "/*", "HttpMethod": "*", **general}
    return {**described, "MethodSettings": [everything, *methods]}


class Account(ResourceType):
    """API Gateway's settings of an account; deleting the resource leaves them as they are.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-account.html
    """

    def create(self, context: Context, properties: Properties) -> str:
        self._set(context, properties)
        return context.generated_name(64)

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        self._set(context, new)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        return

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"Id": physical_id}

    def _set(self, context: Context, properties: Properties) -> None:
        role = properties.get("CloudWatchRoleArn", "")
        _client(context).update_account(patchOperations=[_replace("/cloudwatchRoleArn", role)])


class ApiKey(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-apikey.html"""

    name_property = "Name"

    def create(self, context: Context, properties: Properties) -> str:
        names = ("Name", "Description", "Enabled", "GenerateDistinctId", "Value", "CustomerId")
        made = _client(context).create_api_key(
            **{"name": context.generated_name(64)} | _arguments(properties, *names),
            stageKeys=[
                {"restApiId": each["RestApiId"], "stageName": each["StageName"]}
                for each in _named_stages(properties)
            ],
            tags=tag_map(properties),
        )
        key_id: str = made["id"]
        context.created(key_id)
        _set_tags(context, f"/apikeys/{key_id}", {}, properties)
        return key_id

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        _client(context).update_api_key(
            apiKey=physical_id,
            patchOperations=[
                _replace("/description", new.get("Description", "")),
                _replace("/enabled", new.get("Enabled", False)),
                _replace("/customerId", new.get("CustomerId", "")),
                *_stage_changes(old, new),
            ],
        )
        _set_tags(context, f"/apikeys/{physical_id}", old, new)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        _client(context).delete_api_key(apiKey=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"APIKeyId": physical_id}


def _named_stages(properties: Properties) -> list[dict[str, str]]:
    """Return the stages that an API key names; one without a stage names nothing."""
    keys: list[dict[str, str]] = properties.get("StageKeys") or []
    return [each for each in keys if each.get("RestApiId") and each.get("StageName")]


def _stage_changes(old: Properties, new: Properties) -> list[dict[str, str]]:
    before, after = (
        {f"{each['RestApiId']}/{each['StageName']}" for each in _named_stages(properties)}
        for properties in (old, new)
    )
    return [
        {"op": operation, "path": "/stages", "value": stage}
        for operation, stages in (("add", after - before), ("remove", before - after))
        for stage in sorted(stages)
    ]


class UsagePlan(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-usageplan.html"""

    def create(self, context: Context, properties: Properties) -> str:
        client = _client(context)
        made = client.create_usage_plan(
            name=properties.get("UsagePlanName") or context.generated_name(64),
            apiStages=[
                {"apiId": each["ApiId"], "stage": each["Stage"]}
                for each in properties.get("ApiStages") or ()
            ],
            tags=tag_map(properties),
            **_arguments(properties, "Description"),
        )
        plan_id: str = made["id"]
        context.created(plan_id)
        _set_tags(context, f"/usageplans/{plan_id}", {}, properties)
        return plan_id

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        client = _client(context)
        name = new.get("UsagePlanName")
        if not name and old.get("UsagePlanName"):
            name = context.generated_name(64)
        client.update_usage_plan(
            usagePlanId=physical_id,
            patchOperations=[
                *([_replace("/name", name)] if name else []),
                _replace("/description", new.get("Description", "")),
            ],
        )
        self._set_stages(client, physical_id, _stages(new.get("ApiStages") or ()))
        _set_tags(context, f"/usageplans/{physical_id}", old, new)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        client = _client(context)
        # A plan that has stages cannot be deleted.
        self._set_stages(client, physical_id, [])
        client.delete_usage_plan(usagePlanId=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"Id": physical_id}

    def unsupported(self, properties: Properties) -> str | None:
        for name in ("Throttle", "Quota"):
            if properties.get(name):
                return f"{name} {_NOT_YET}: usage plans do not limit requests"
        stages = properties.get("ApiStages")
        for stage in stages if isinstance(stages, list) else ():
            if isinstance(stage, Mapping) and stage.get("Throttle"):
                return f"ApiStages.Throttle {_NOT_YET}: usage plans do not limit requests"
        return None

    def _set_stages(self, client: Any, plan_id: str, wanted: Sequence[str]) -> None:
        plan = client.get_usage_plan(usagePlanId=plan_id)
        present = [f"{each['apiId']}:{each['stage']}" for each in plan.get("apiStages") or ()]
        patches = [
            *(_stage_patch("remove", each) for each in present if each not in wanted),
            *(_stage_patch("add", each) for each in wanted if each not in present),
        ]
        if patches:
            client.update_usage_plan(usagePlanId=plan_id, patchOperations=patches)


def _stages(stages: Iterable[Mapping[str, str]]) -> list[str]:
    return [f"{each['ApiId']}:{each['Stage']}" for each in stages]


def _stage_patch(operation: str, stage: str) -> Patch:
    return {"op": operation, "path": "/apiStages", "value": stage}


class UsagePlanKey(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-usageplankey.html"""

    def create(self, context: Context, properties: Properties) -> str:
        key, plan = properties["KeyId"], properties["UsagePlanId"]
        client, physical_id = _client(context), f"{key}:{plan}"
        if exists(client.get_usage_plan_key, usagePlanId=plan, keyId=key):
            raise AlreadyExistsError(context.type_name, physical_id)
        client.create_usage_plan_key(**_arguments(properties, "KeyId", "KeyType", "UsagePlanId"))
        return physical_id

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        _client(context).delete_usage_plan_key(**_arguments(properties, "KeyId", "UsagePlanId"))

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"Id": physical_id}


class ClientCertificate(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-clientcertificate.html"""

    def create(self, context: Context, properties: Properties) -> str:
        made = _client(context).generate_client_certificate(
            **_arguments(properties, "Description"), tags=tag_map(properties)
        )
        certificate: str = made["clientCertificateId"]
        context.created(certificate)
        _set_tags(context, f"/clientcertificates/{certificate}", {}, properties)
        return certificate

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        _client(context).update_client_certificate(
            clientCertificateId=physical_id,
            patchOperations=[_replace("/description", new.get("Description", ""))],
        )
        _set_tags(context, f"/clientcertificates/{physical_id}", old, new)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        _client(context).delete_client_certificate(clientCertificateId=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"ClientCertificateId": physical_id}


class DocumentationPart(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-documentationpart.html"""

    def create(self, context: Context, properties: Properties) -> str:
        names = ("Type", "Path", "Method", "StatusCode", "Name")
        made = _client(context).create_documentation_part(
            restApiId=properties["RestApiId"],
            location=_arguments(properties["Location"], *names),
            properties=properties["Properties"],
        )
        return str(made["id"])

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        _client(context).update_documentation_part(
            restApiId=new["RestApiId"],
            documentationPartId=physical_id,
            patchOperations=[_replace("/properties", new["Properties"])],
        )
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        _client(context).delete_documentation_part(
            restApiId=properties["RestApiId"], documentationPartId=physical_id
        )

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"DocumentationPartId": physical_id}


class DocumentationVersion(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-documentationversion.html"""

    name_property = "DocumentationVersion"

    def create(self, context: Context, properties: Properties) -> str:
        client, version = _client(context), self._version(properties)
        # LocalStack would overwrite it.
        if exists(client.get_documentation_version, **version):
            raise AlreadyExistsError(context.type_name, "|".join(version.values()))
        client.create_documentation_version(**version, **_arguments(properties, "Description"))
        return version["documentationVersion"]

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        _client(context).update_documentation_version(
            **self._version(new),
            patchOperations=[_replace("/description", new.get("Description", ""))],
        )
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        _client(context).delete_documentation_version(**self._version(properties))

    def _version(self, properties: Properties) -> dict[str, str]:
        return _arguments(properties, "RestApiId", "DocumentationVersion")


# Not here, because nothing would carry them out: authorizers are not called, and no requests arrive
# at custom domain names and VPC links.
TYPES: dict[str, type[ResourceType]] = {
    "AWS::ApiGateway::Account": Account,
    "AWS::ApiGateway::ApiKey": ApiKey,
    "AWS::ApiGateway::ClientCertificate": ClientCertificate,
    "AWS::ApiGateway::Deployment": Deployment,
    "AWS::ApiGateway::DocumentationPart": DocumentationPart,
    "AWS::ApiGateway::DocumentationVersion": DocumentationVersion,
    "AWS::ApiGateway::GatewayResponse": GatewayResponse,
    "AWS::ApiGateway::Method": Method,
    "AWS::ApiGateway::Model": Model,
    "AWS::ApiGateway::RequestValidator": RequestValidator,
    "AWS::ApiGateway::Resource": Resource,
    "AWS::ApiGateway::RestApi": RestApi,
    "AWS::ApiGateway::Stage": Stage,
    "AWS::ApiGateway::UsagePlan": UsagePlan,
    "AWS::ApiGateway::UsagePlanKey": UsagePlanKey,
}
