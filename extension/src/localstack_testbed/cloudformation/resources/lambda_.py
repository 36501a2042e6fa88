"""Resource types of Lambda.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Lambda.html
"""

import threading
from collections.abc import Mapping
from typing import Any

from localstack_testbed.cloudformation.resources import inline_code
from localstack_testbed.cloudformation.resources.helpers import (
    NOT_HERE,
    changed,
    exists,
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
)

# The longest name of a function.
_LONGEST_NAME = 64

# A function that is created or updated becomes ready within this time, or never.
_READY_SECONDS = 120


def _update_tags(client: Any, arn: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    update_tags(
        old,
        new,
        tag=lambda tags: client.tag_resource(Resource=arn, Tags=tags),
        untag=lambda keys: client.untag_resource(Resource=arn, TagKeys=keys),
    )


def _runtime_updates(properties: Mapping[str, Any], name: str) -> str | None:
    # A testbed has one version of each runtime, which is never updated under a function.
    mode = part(properties, name).get("UpdateRuntimeOn")
    if isinstance(mode, str) and mode != "Auto":
        return f"{name} {NOT_HERE} with UpdateRuntimeOn: {mode}"
    return None


def _name_and_qualifier(function: str) -> tuple[str, str | None]:
    """Return a function's name and qualifier, given by name, ARN or a part of it."""
    _, separator, rest = function.rpartition("function:")
    name, _, qualifier = (rest if separator else function).partition(":")
    return name, qualifier or None


class Function(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html"""

    name_property = "FunctionName"

    def unsupported(self, properties: Properties) -> str | None:
        return (
            _image(properties)
            or unavailable(
                properties,
                "CapacityProviderConfig",
                "DurableConfig",
                "FileSystemConfigs",
                "FunctionScalingConfig",
                "ImageConfig",
                "KmsKeyArn",
                "PublishToLatestPublished",
                "TenancyConfig",
            )
            or unavailable(part(properties, "Code"), "SourceKMSKeyArn")
            or unavailable(part(properties, "VpcConfig"), "Ipv6AllowedForDualStack")
            or _runtime_updates(properties, "RuntimeManagementConfig")
        )

    def create(self, context: Context, properties: Properties) -> str:
        client = context.client("lambda")
        name = properties.get("FunctionName") or context.generated_name(_LONGEST_NAME)
        given = {key: properties[key] for key in _CONFIGURATION if key in properties}
        if "LoggingConfig" in given:
            given["LoggingConfig"] = _logging(name, properties)
        if "Architectures" in properties:
            given["Architectures"] = properties["Architectures"]
        if tags := tag_map(properties):
            given["Tags"] = tags
        client.create_function(FunctionName=name, Code=_code(properties), **given)
        context.created(name)
        _configure_separately(client, name, {}, properties)
        _wait(context, client, name)
        return str(name)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        client = context.client("lambda")
        inline = "ZipFile" in new["Code"]
        # The name of the file with inline code depends on the runtime.
        if changed(old, new, "Code", "Architectures", *(("Runtime",) if inline else ())):
            client.update_function_code(
                FunctionName=physical_id,
                Architectures=new.get("Architectures") or ["x86_64"],
                **_code(new),
            )
            _wait(context, client, physical_id)
        if changed(old, new, *_CONFIGURATION):
            configuration = {
                key: _logging(physical_id, new) if key == "LoggingConfig" else new.get(key, default)
                for key, default in _CONFIGURATION.items()
                if old.get(key) != new.get(key)
            }
            client.update_function_configuration(FunctionName=physical_id, **configuration)
            _wait(context, client, physical_id)
        _configure_separately(client, physical_id, old, new)
        if changed(old, new, "Tags"):
            arn = client.get_function_configuration(FunctionName=physical_id)["FunctionArn"]
            _update_tags(client, arn, old, new)

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        context.client("lambda").delete_function(FunctionName=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        client = context.client("lambda")
        configuration = client.get_function_configuration(FunctionName=physical_id)
        snap_start = configuration.get("SnapStart") or {}
        return {
            "Arn": configuration["FunctionArn"],
            "SnapStartResponse": snap_start,
            **{f"SnapStartResponse.{key}": value for key, value in snap_start.items()},
        }


_CONFIGURATION: dict[str, Any] = {
    "DeadLetterConfig": {},
    "Description": "",
    "Environment": {},
    "EphemeralStorage": {"Size": 512},
    "Handler": "",
    "Layers": [],
    "LoggingConfig": {},
    "MemorySize": 128,
    "Role": "",
    "Runtime": "",
    "SnapStart": {"ApplyOn": "None"},
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
}
"""What UpdateFunctionConfiguration sets, and how it restores the default.

https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html
"""


def _image(properties: Mapping[str, Any]) -> str | None:
    if "ImageUri" in part(properties, "Code") or properties.get("PackageType") == "Image":
        return f"A function that is a container image {NOT_HERE}: use a .zip file archive"
    return None


def _code(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of CreateFunction's ``Code``, and of UpdateFunctionCode."""
    code = properties["Code"]
    source = code.get("ZipFile")
    if source is None:
        return {key: code[key] for key in ("S3Bucket", "S3Key", "S3ObjectVersion") if key in code}
    if "S3Bucket" in code or "S3Key" in code:
        raise ResourceError("Code has to have either ZipFile, or S3Bucket and S3Key.")
    if len(source.encode()) > inline_code.LARGEST:
        raise ResourceError("The code in ZipFile is larger than 4 MB.")
    package = inline_code.archive(source, properties.get("Runtime") or "")
    if package is None:
        raise ResourceError("ZipFile can only be used with the runtimes of Node.js and Python.")
    return {"ZipFile": package}


def _logging(name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole logging configuration, because Lambda merges it with the one it has."""
    given = properties.get("LoggingConfig") or {}
    return {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}", **given}


def _configure_separately(
    client: Any, name: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> None:
    """Set what has its own operation, and is no part of the function's configuration."""
    if changed(old, new, "ReservedConcurrentExecutions"):
        reserved = new.get("ReservedConcurrentExecutions")
        if reserved is None:
            client.delete_function_concurrency(FunctionName=name)
        else:
            client.put_function_concurrency(
                FunctionName=name, ReservedConcurrentExecutions=reserved
            )
    if changed(old, new, "RecursiveLoop"):
        client.put_function_recursion_config(
            FunctionName=name, RecursiveLoop=new.get("RecursiveLoop") or "Terminate"
        )
    if changed(old, new, "CodeSigningConfigArn"):
        if arn := new.get("CodeSigningConfigArn"):
            client.put_function_code_signing_config(FunctionName=name, CodeSigningConfigArn=arn)
        else:
            client.delete_function_code_signing_config(FunctionName=name)


def _wait(context: Context, client: Any, name: str, qualifier: str | None = None) -> None:
    """Wait until a function or version is active, and its last update is successful.

    https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    """
    which = {"FunctionName": name, **({"Qualifier": qualifier} if qualifier else {})}

    def ready() -> bool:
        found = client.get_function_configuration(**which)
        if found.get("State") == "Failed":
            raise ResourceError(found.get("StateReason") or f"Function {name} has failed.")
        if found.get("LastUpdateStatus") == "Failed":
            raise ResourceError(
                found.get("LastUpdateStatusReason") or f"The update of function {name} failed."
            )
        # An Inactive function is activated by its next invocation.
        active = found.get("State", "Active") in ("Active", "Inactive")
        return active and found.get("LastUpdateStatus", "Successful") == "Successful"

    context.wait_until(ready, f"function {name}", seconds=_READY_SECONDS)


_policies = threading.Lock()
"""Serializes changes of functions' policies: LocalStack loses one of two at the same time."""


_ALEXA = "alexa-appkit.amazon.com"


class Permission(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html"""

    def unsupported(self, properties: Properties) -> str | None:
        if properties.get("Principal") == _ALEXA:
            return f"Principal {_ALEXA} {NOT_HERE}: there are no Alexa skills"
        return None

    def create(self, context: Context, properties: Properties) -> str:
        statement_id = context.generated_name(100)
        with _policies:
            context.client("lambda").add_permission(StatementId=statement_id, **properties)
        return statement_id

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        with _policies:
            context.client("lambda").remove_permission(
                FunctionName=properties["FunctionName"], StatementId=physical_id
            )

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"Id": physical_id}


class Version(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-version.html

    A version never changes: all properties require a replacement.
    """

    def unsupported(self, properties: Properties) -> str | None:
        return unavailable(properties, "FunctionScalingConfig") or _runtime_updates(
            properties, "RuntimePolicy"
        )

    def create(self, context: Context, properties: Properties) -> str:
        client = context.client("lambda")
        function = properties["FunctionName"]
        pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
        existing = {version["Version"] for page in pages for version in page["Versions"]}
        names = ("FunctionName", "CodeSha256", "Description")
        given = {name: properties[name] for name in names if name in properties}
        published = client.publish_version(**given)
        arn, number = published["FunctionArn"], published["Version"]
        if number in existing:
            # Nothing has changed since it was published; Lambda returns the last version.
            raise ResourceError(
                f"A version for this Lambda function exists ( {number} ). "
                "Modify the function to create a new version."
            )
        context.created(arn)
        _wait(context, client, arn)
        _provision(context, client, function, number, {}, properties)
        return str(arn)

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        name, version = _name_and_qualifier(physical_id)
        context.client("lambda").delete_function(FunctionName=name, Qualifier=version)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"FunctionArn": physical_id, "Version": physical_id.rpartition(":")[2]}


class Alias(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-alias.html"""

    def create(self, context: Context, properties: Properties) -> str:
        client = context.client("lambda")
        function, name = properties["FunctionName"], properties["Name"]
        arn = client.create_alias(FunctionName=function, Name=name, **_alias(properties))[
            "AliasArn"
        ]
        context.created(arn)
        _provision(context, client, function, name, {}, properties)
        return str(arn)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        client = context.client("lambda")
        function, name = new["FunctionName"], new["Name"]
        # One call: no invocation sees the new version with the old weights.
        client.update_alias(FunctionName=function, Name=name, **_alias(new))
        _provision(context, client, function, name, old, new)

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        client = context.client("lambda")
        which = {"FunctionName": properties["FunctionName"], "Name": properties["Name"]}
        # DeleteAlias succeeds even if there is no alias; this call does not.
        client.get_alias(**which)
        client.delete_alias(**which)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"AliasArn": physical_id}


def _alias(properties: Mapping[str, Any]) -> dict[str, Any]:
    routing = properties.get("RoutingConfig") or {}
    weights = {
        each["FunctionVersion"]: each["FunctionWeight"]
        for each in routing.get("AdditionalVersionWeights") or ()
    }
    return {
        "FunctionVersion": properties["FunctionVersion"],
        "Description": properties.get("Description") or "",
        "RoutingConfig": {"AdditionalVersionWeights": weights},
    }


def _provision(
    context: Context,
    client: Any,
    function: str,
    qualifier: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
) -> None:
    """Set the provisioned concurrency of a version or an alias, and wait until it is there.

    https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html
    """
    which = {"FunctionName": function, "Qualifier": qualifier}
    before, after = (each.get("ProvisionedConcurrencyConfig") for each in (old, new))

    def ready() -> bool:
        found = client.get_provisioned_concurrency_config(**which)
        if found["Status"] == "FAILED":
            raise ResourceError(
                f"Provisioned concurrency for {function}:{qualifier} failed: "
                f"{found.get('StatusReason') or 'unknown reason'}"
            )
        return bool(found["Status"] == "READY")

    what = f"provisioned concurrency of {function}:{qualifier}"
    if before and exists(client.get_provisioned_concurrency_config, **which):
        # The alias may have moved to another version.
        context.wait_until(ready, what, seconds=_READY_SECONDS)
        if not after:
            client.delete_provisioned_concurrency_config(**which)
    if after and after != before:
        client.put_provisioned_concurrency_config(**which, **after)
        context.wait_until(ready, what, seconds=_READY_SECONDS)


class EventInvokeConfig(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventinvokeconfig.html"""

    def unsupported(self, properties: Properties) -> str | None:
        for name, destination in part(properties, "DestinationConfig").items():
            arn = part({name: destination}, name).get("Destination")
            if isinstance(arn, str) and arn.split(":")[2:3] == ["s3"]:
                return (
                    f"DestinationConfig.{name} {NOT_HERE} with a bucket as Destination: use a "
                    "queue, a topic, a function or an event bus"
                )
        return None

    def create(self, context: Context, properties: Properties) -> str:
        client = context.client("lambda")
        physical_id = f"{properties['FunctionName']}|{properties['Qualifier']}"
        if exists(client.get_function_event_invoke_config, **_which(properties)):
            raise AlreadyExistsError(context.type_name, physical_id)
        client.put_function_event_invoke_config(**properties)
        return physical_id

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        # PutFunctionEventInvokeConfig, unlike UpdateFunctionEventInvokeConfig, overwrites all.
        context.client("lambda").put_function_event_invoke_config(**new)

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        context.client("lambda").delete_function_event_invoke_config(**_which(properties))


def _which(properties: Mapping[str, Any]) -> dict[str, str]:
    return {name: properties[name] for name in ("FunctionName", "Qualifier")}


class Url(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-url.html"""

    def create(self, context: Context, properties: Properties) -> str:
        created = context.client("lambda").create_function_url_config(
            **_url_function(properties), **_url(properties)
        )
        return str(created["FunctionArn"])

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        context.client("lambda").update_function_url_config(**_url_function(new), **_url(new))

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        context.client("lambda").delete_function_url_config(**_url_function(properties))

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        found = context.client("lambda").get_function_url_config(**_url_function(properties))
        return {"FunctionArn": found["FunctionArn"], "FunctionUrl": found["FunctionUrl"]}


def _url_function(properties: Mapping[str, Any]) -> dict[str, str]:
    qualifier = properties.get("Qualifier")
    return {
        "FunctionName": properties["TargetFunctionArn"],
        **({"Qualifier": qualifier} if qualifier else {}),
    }


def _url(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "AuthType": properties["AuthType"],
        "Cors": properties.get("Cors") or {},
        "InvokeMode": properties.get("InvokeMode") or "BUFFERED",
    }


class EventSourceMapping(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html"""

    def unsupported(self, properties: Properties) -> str | None:
        source = properties.get("EventSourceArn")
        if isinstance(source, str) and source.split(":")[2:3] != ["sqs"]:
            return f"EventSourceArn {source} {NOT_HERE}: functions can poll only SQS queues"
        return unavailable(properties, *_OTHER_SOURCES)

    def create(self, context: Context, properties: Properties) -> str:
        _check_mapping(properties)
        client = context.client("lambda")
        given = _mapping(properties)
        if tags := tag_map(properties):
            given["Tags"] = tags
        mapping = client.create_event_source_mapping(**given)["UUID"]
        context.created(mapping)
        _wait_for_mapping(context, client, mapping)
        return str(mapping)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        _check_mapping(new)
        client = context.client("lambda")
        if changed(old, new, "FunctionName", "Enabled", *_MAPPING_DEFAULTS):
            given = without(_mapping({**_MAPPING_DEFAULTS, **new}), "EventSourceArn")
            client.update_event_source_mapping(UUID=physical_id, **{"Enabled": True, **given})
            _wait_for_mapping(context, client, physical_id)
        if changed(old, new, "Tags"):
            found = client.get_event_source_mapping(UUID=physical_id)
            _update_tags(client, found["EventSourceMappingArn"], old, new)

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        client = context.client("lambda")
        client.delete_event_source_mapping(UUID=physical_id)
        pages = client.get_paginator("list_event_source_mappings")

        def gone() -> bool:
            found = pages.paginate(EventSourceArn=properties["EventSourceArn"])
            return all(
                mapping["UUID"] != physical_id
                for page in found
                for mapping in page["EventSourceMappings"]
            )

        # It is deleted when its last batch is processed; until then, no other one can have the
        # same source and function.
        context.wait_until(gone, f"event source mapping {physical_id}", seconds=_BATCH_SECONDS)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        found = context.client("lambda").get_event_source_mapping(UUID=physical_id)
        return {"Id": physical_id, "EventSourceMappingArn": found["EventSourceMappingArn"]}


# A poller may be processing a batch, for as long as a function may run.
_BATCH_SECONDS = 900

# Properties of sources and pollers that LocalStack does not have.
_OTHER_SOURCES = (
    "AmazonManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
    "LoggingConfig",
    "ProvisionedPollerConfig",
    "Queues",
    "SelfManagedEventSource",
    "SelfManagedKafkaEventSourceConfig",
    "SourceAccessConfigurations",
    "Topics",
)

# What Lambda returns to if a property is absent.
# https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html
_MAPPING_DEFAULTS: dict[str, Any] = {
    "BatchSize": 10,
    "FilterCriteria": {},
    "FunctionResponseTypes": [],
    "KmsKeyArn": "",
    "MaximumBatchingWindowInSeconds": 0,
    "MetricsConfig": {"Metrics": []},
    "ScalingConfig": {},
}

_FOR_STREAMS = (
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
    "StartingPosition",
    "StartingPositionTimestamp",
    "TumblingWindowInSeconds",
)


def _check_mapping(properties: Mapping[str, Any]) -> None:
    if "EventSourceArn" not in properties:
        raise ResourceError("EventSourceArn is required.")
    # Lambda's message; LocalStack accepts and ignores them.
    for name in _FOR_STREAMS:
        if name in properties:
            raise ResourceError(
                f"Unsupported {name} parameter for given event source mapping type."
            )


def _mapping(properties: Mapping[str, Any]) -> dict[str, Any]:
    given = without(properties, "Tags", "KmsKeyArn", *_OTHER_SOURCES)
    if "KmsKeyArn" in properties:
        given["KMSKeyArn"] = properties["KmsKeyArn"]
    return given


def _wait_for_mapping(context: Context, client: Any, mapping: str) -> None:
    def ready() -> bool:
        found = client.get_event_source_mapping(UUID=mapping)
        return found["State"] in ("Enabled", "Disabled")

    context.wait_until(ready, f"event source mapping {mapping}")


class LayerVersion(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-layerversion.html

    Each property requires a new version. Without a name, the layer has that of the resource.
    """

    def create(self, context: Context, properties: Properties) -> str:
        given = {"LayerName": context.logical_id, **properties}
        return str(context.client("lambda").publish_layer_version(**given)["LayerVersionArn"])

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        context.client("lambda").delete_layer_version(**_layer(physical_id))

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"LayerVersionArn": physical_id}


def _layer(version_arn: str) -> dict[str, Any]:
    layer, _, version = version_arn.rpartition(":")
    if ":layer:" not in layer or not version.isdecimal():
        raise ResourceError(f"{version_arn} is no ARN of a layer version.")
    return {"LayerName": layer, "VersionNumber": int(version)}


class LayerVersionPermission(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-layerversionpermission.html"""

    def create(self, context: Context, properties: Properties) -> str:
        arn = properties["LayerVersionArn"]
        statement_id = context.generated_name(100)
        with _policies:
            context.client("lambda").add_layer_version_permission(
                **_layer(arn),
                StatementId=statement_id,
                **without(properties, "LayerVersionArn"),
            )
        return f"{arn}#{statement_id}"

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        arn, _, statement_id = physical_id.partition("#")
        with _policies:
            context.client("lambda").remove_layer_version_permission(
                **_layer(arn), StatementId=statement_id
            )

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"Id": physical_id}


class CodeSigningConfig(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-codesigningconfig.html"""

    def create(self, context: Context, properties: Properties) -> str:
        client = context.client("lambda")
        created = client.create_code_signing_config(**_code_signing(properties))
        arn = str(created["CodeSigningConfig"]["CodeSigningConfigArn"])
        context.created(arn)
        # LocalStack discards those of CreateCodeSigningConfig.
        _update_tags(client, arn, {}, properties)
        return arn

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        client = context.client("lambda")
        client.update_code_signing_config(CodeSigningConfigArn=physical_id, **_code_signing(new))
        _update_tags(client, physical_id, old, new)

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        context.client("lambda").delete_code_signing_config(CodeSigningConfigArn=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {
            "CodeSigningConfigArn": physical_id,
            "CodeSigningConfigId": physical_id.rpartition(":")[2],
        }


def _code_signing(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "AllowedPublishers": properties["AllowedPublishers"],
        "CodeSigningPolicies": properties.get("CodeSigningPolicies")
        or {"UntrustedArtifactOnDeployment": "Warn"},
        "Description": properties.get("Description") or "",
    }


TYPES: dict[str, type[ResourceType]] = {
    "AWS::Lambda::Alias": Alias,
    "AWS::Lambda::CodeSigningConfig": CodeSigningConfig,
    "AWS::Lambda::EventInvokeConfig": EventInvokeConfig,
    "AWS::Lambda::EventSourceMapping": EventSourceMapping,
    "AWS::Lambda::Function": Function,
    "AWS::Lambda::LayerVersion": LayerVersion,
    "AWS::Lambda::LayerVersionPermission": LayerVersionPermission,
    "AWS::Lambda::Permission": Permission,
    "AWS::Lambda::Url": Url,
    "AWS::Lambda::Version": Version,
}
