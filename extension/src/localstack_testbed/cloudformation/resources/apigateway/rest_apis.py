"""REST APIs, and what they consist of.

Requests are answered by deployments, which are copies: a resource or a method may be deleted and
created anew without interrupting requests.
"""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from localstack_testbed.cloudformation.resources.apigateway.calls import (
    NOT_YET,
    arguments_of,
    escaped,
    gateway,
    remove,
    replace,
    resources_of,
    set_tags,
)
from localstack_testbed.cloudformation.resources.apigateway.openapi import (
    ENDPOINT,
    POLICY,
    authorizers,
    integrations,
    parsed,
    unavailable_integration,
)
from localstack_testbed.cloudformation.resources.helpers import (
    NOT_HERE,
    changed,
    exists,
    json_text,
    part,
    tag_map,
    unavailable,
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

_DOCUMENT = ("Body", "BodyS3Location", "FailOnWarnings", "Parameters", "Mode")

_EMPTY = {"openapi": "3.0.1", "paths": {}}


class RestApi(ResourceType):
    """A REST API; an OpenAPI document that changes replaces all its resources, but not its id.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-restapi.html
    """

    def create(self, context: Context, properties: Properties) -> str:
        client = gateway(context)
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
        set_tags(context, f"/restapis/{rest_api_id}", {}, properties)
        return rest_api_id

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        client = gateway(context)
        if without(old, "Tags") != without(new, "Tags"):
            document = self._openapi(context, new)
            # A property that is absent now is as the document has it again.
            if document is not None:
                self._import(client, physical_id, document, new)
            elif changed(old, new, *_DOCUMENT):
                empty = {**_EMPTY, "info": {"title": new.get("Name", ""), "version": "1"}}
                self._import(client, physical_id, json.dumps(empty), new)
            self._configure(client, physical_id, old, new)
        set_tags(context, f"/restapis/{physical_id}", old, new)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        gateway(context).delete_rest_api(restApiId=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        root = next(
            each["id"]
            for each in resources_of(gateway(context), physical_id)
            if each["path"] == "/"
        )
        return {"RestApiId": physical_id, "RootResourceId": root}

    def unsupported(self, properties: Properties) -> str | None:
        body = properties.get("Body")
        names = authorizers(body) if isinstance(body, Mapping) else []
        if names:
            return (
                f"The authorizer {names[0]} of the OpenAPI document {NOT_YET}: "
                "authorizers are not called"
            )
        extensions = body if isinstance(body, Mapping) else {}
        if properties.get("Policy") or extensions.get(POLICY):
            return f"Policy {NOT_YET}: resource policies of APIs are not enforced"
        if properties.get("Mode") == "merge":
            return "Mode: merge is not available in this testbed: a document replaces the API"
        endpoint = part(properties, "EndpointConfiguration")
        if endpoint.get("VpcEndpointIds") or endpoint.get("Types") == ["PRIVATE"]:
            return "Private APIs are not available in this testbed: there are no VPC endpoints"
        disabled = part(extensions, ENDPOINT).get("disableExecuteApiEndpoint")
        if True in (properties.get("DisableExecuteApiEndpoint"), disabled):
            return f"DisableExecuteApiEndpoint {NOT_HERE}: there are no custom domain names"
        for integration in integrations(extensions):
            if problem := unavailable_integration(integration):
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
        problem = self.unsupported({"Body": parsed(document)})
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
                patches.append(replace(path, value if name != "Policy" else json_text(value)))
            elif old.get(name) is not None and default is not None and not imported:
                patches.append(replace(path, default))
        endpoint = new.get("EndpointConfiguration") or {}
        types = endpoint.get("Types") or (["EDGE"] if old.get("EndpointConfiguration") else [])
        if types:
            patches.append(replace("/endpointConfiguration/types/0", types[0]))
            if types[0] != "PRIVATE":
                address = endpoint.get("IpAddressType", "ipv4")
                patches.append(replace("/endpointConfiguration/ipAddressType", address))
        present = current.get("binaryMediaTypes") or []
        # "Use ~1 instead of / in the media types", but CloudFormation accepts both.
        wanted = [each.replace("~1", "/") for each in new.get("BinaryMediaTypes") or ()]
        patches += [
            {"op": "add", "path": f"/binaryMediaTypes/{escaped(each)}"}
            for each in wanted
            if each not in present
        ]
        if not self._has_document(new):
            patches += [
                remove(f"/binaryMediaTypes/{escaped(each)}")
                for each in present
                if each not in wanted
            ]
        if patches:
            client.update_rest_api(restApiId=rest_api_id, patchOperations=patches)

    def _has_document(self, properties: Properties) -> bool:
        return bool(properties.get("Body") or properties.get("BodyS3Location"))


class Resource(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-resource.html"""

    def create(self, context: Context, properties: Properties) -> str:
        client = gateway(context)
        for each in resources_of(client, properties["RestApiId"]):
            if (each.get("parentId"), each.get("pathPart")) == (
                properties["ParentId"],
                properties["PathPart"],
            ):
                raise AlreadyExistsError(context.type_name, each["id"])
        made = client.create_resource(
            **arguments_of(properties, "RestApiId", "ParentId", "PathPart")
        )
        return str(made["id"])

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        gateway(context).delete_resource(restApiId=properties["RestApiId"], resourceId=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"ResourceId": physical_id}


class Method(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-method.html"""

    def create(self, context: Context, properties: Properties) -> str:
        client, method = gateway(context), self._method(properties)
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
        client, method = gateway(context), self._method(new)
        try:
            client.delete_method(**method)
        except ClientError as error:
            # An earlier update was left half done.
            if not is_missing(error):
                raise
        self._put(client, method, new)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        gateway(context).delete_method(**self._method(properties))

    def unsupported(self, properties: Properties) -> str | None:
        if properties.get("AuthorizationType") in ("CUSTOM", "COGNITO_USER_POOLS"):
            kind = properties["AuthorizationType"]
            return f"AuthorizationType {kind} {NOT_YET}: authorizers are not called"
        return unavailable_integration(part(properties, "Integration"))

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
            **arguments_of(
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
                **arguments_of(response, "StatusCode", "ResponseModels", "ResponseParameters"),
            )
        if integration := properties.get("Integration"):
            self._put_integration(client, method, integration)

    def _put_integration(
        self, client: Any, method: Mapping[str, str], integration: Mapping[str, Any]
    ) -> None:
        client.put_integration(
            **method,
            **arguments_of(
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
                **method, patchOperations=[replace("/cacheNamespace", namespace)]
            )
        for response in integration.get("IntegrationResponses") or ():
            client.put_integration_response(
                **method,
                **arguments_of(
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
        made = gateway(context).create_model(
            restApiId=properties["RestApiId"],
            name=properties.get("Name") or generated,
            contentType=properties.get("ContentType", "application/json"),
            schema=json_text(properties.get("Schema") or {}),
            **arguments_of(properties, "Description"),
        )
        return str(made["name"])

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        gateway(context).update_model(
            restApiId=new["RestApiId"],
            modelName=physical_id,
            patchOperations=[
                replace("/schema", json_text(new.get("Schema") or {})),
                replace("/description", new.get("Description", "")),
            ],
        )
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        gateway(context).delete_model(restApiId=properties["RestApiId"], modelName=physical_id)


class RequestValidator(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-requestvalidator.html"""

    name_property = "Name"

    def create(self, context: Context, properties: Properties) -> str:
        made = gateway(context).create_request_validator(
            **{"name": context.generated_name(64)}
            | arguments_of(
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
        gateway(context).update_request_validator(
            restApiId=new["RestApiId"],
            requestValidatorId=physical_id,
            patchOperations=[
                replace("/validateRequestBody", new.get("ValidateRequestBody", False)),
                replace("/validateRequestParameters", new.get("ValidateRequestParameters", False)),
            ],
        )
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        gateway(context).delete_request_validator(
            restApiId=properties["RestApiId"], requestValidatorId=physical_id
        )

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"RequestValidatorId": physical_id}


class GatewayResponse(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-gatewayresponse.html"""

    def create(self, context: Context, properties: Properties) -> str:
        response = arguments_of(properties, "RestApiId", "ResponseType")
        physical_id = "|".join(response.values())
        found = gateway(context).get_gateway_response(**response)
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
        gateway(context).delete_gateway_response(
            **arguments_of(properties, "RestApiId", "ResponseType")
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
        gateway(context).put_gateway_response(**arguments_of(properties, *names))
