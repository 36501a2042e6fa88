"""Resource types of Lambda.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Lambda.html
"""

import threading
from collections.abc import Mapping
from typing import Any

from localstack_testbed.cloudformation.resources import inline_code
from localstack_testbed.cloudformation.resources.model import (
    Context,
    Properties,
    ResourceError,
    ResourceType,
    changed,
    tag_changes,
)

NOT_HERE = "is not available in this testbed"

# The longest name of a function.
_LONGEST_NAME = 64

# A function that is created or updated becomes ready within this time, or never.
_READY_SECONDS = 120


def _tags(properties: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in properties.get("Tags") or ()}


def _update_tags(client: Any, arn: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    changes, removed = tag_changes(_tags(old), _tags(new))
    if removed:
        client.untag_resource(Resource=arn, TagKeys=removed)
    if changes:
        client.tag_resource(Resource=arn, Tags=changes)


def _reject(properties: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if name in properties:
            raise ResourceError(f"The property {name} {NOT_HERE}.")


def _check_runtime_management(properties: Mapping[str, Any], name: str) -> None:
    # A testbed has one version of each runtime, which is never updated under a function.
    if (properties.get(name) or {}).get("UpdateRuntimeOn", "Auto") != "Auto":
        raise ResourceError(f"The property {name} {NOT_HERE} with a value other than Auto.")


def _name_and_qualifier(function: str) -> tuple[str, str | None]:
    """Return a function's name and qualifier, given by name, ARN or a part of it."""
    _, separator, rest = function.rpartition("function:")
    name, _, qualifier = (rest if separator else function).partition(":")
    return name, qualifier or None


class Function(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html"""

    name_property = "FunctionName"

    def create(self, context: Context, properties: Properties) -> str:
        _check_function(properties)
        client = context.client("lambda")
        name = properties.get("FunctionName") or context.generated_name(_LONGEST_NAME)
        given = {key: properties[key] for key in _CONFIGURATION if key in properties}
        if "LoggingConfig" in given:
            given["LoggingConfig"] = _logging(name, properties)
        if "Architectures" in properties:
            given["Architectures"] = properties["Architectures"]
        if tags := _tags(properties):
            given["Tags"] = tags
        client.create_function(FunctionName=name, Code=_code(properties), **given)
        context.created(name)
        _configure_beside(client, name, {}, properties)
        _wait(context, client, name)
        return str(name)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        _check_function(new)
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
        _configure_beside(client, physical_id, old, new)
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


def _check_function(properties: Mapping[str, Any]) -> None:
    code = properties["Code"]
    if "ImageUri" in code or properties.get("PackageType") == "Image":
        raise ResourceError(
            f"A function that is a container image {NOT_HERE}: use a .zip file archive."
        )
    _reject(
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
    _reject(code, "SourceKMSKeyArn")
    _reject(properties.get("VpcConfig") or {}, "Ipv6AllowedForDualStack")
    _check_runtime_management(properties, "RuntimeManagementConfig")


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


def _configure_beside(
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


class Permission(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html"""

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


TYPES: dict[str, type[ResourceType]] = {
    "AWS::Lambda::Function": Function,
    "AWS::Lambda::Permission": Permission,
}
