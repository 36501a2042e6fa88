"""Examples of Lambda's resource types."""

import json
from collections.abc import Mapping
from typing import Any

from tests.extension.live.cloudformation.types.model import ABSENT, ANY, Change, Example, Seen

NOT_WITHOUT_FUNCTION = "cannot change without the function: Lambda publishes its code only once"
ONLY_STREAMS = "is only for streams, which templates cannot have here"

ROLE = "arn:aws:iam::000000000000:role/resource-types"
CODE = "def handler(event, context):\n    return 1\n"
PROFILE = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/First/One"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:resource-types"

# Writes archives to a bucket, because templates cannot.
WRITER = """
import io, zipfile
import boto3
import cfnresponse

KEYS = ("one.zip", "two.zip")

def handler(event, context):
    bucket = event["ResourceProperties"]["Bucket"]
    s3 = boto3.client("s3")
    for key in KEYS:
        if event["RequestType"] == "Delete":
            s3.delete_object(Bucket=bucket, Key=key)
            continue
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            name = zipfile.ZipInfo("index.py", (1980, 1, 1, 0, 0, 0))
            archive.writestr(name, f"def handler(event, context):\\n    return {key!r}\\n")
        s3.put_object(Bucket=bucket, Key=key, Body=content.getvalue())
    cfnresponse.send(event, context, cfnresponse.SUCCESS, {"Bucket": bucket}, "archives")
"""


def function(code: str = CODE, **properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": ROLE,
            "Code": {"ZipFile": code},
            **properties,
        },
    }


FUNCTIONS = {"Function": function(), "Other": function()}
FUNCTION_NAME = Change({"Ref": "Function"}, {"Ref": "Other"})

ALIASES = {
    **FUNCTIONS,
    "Version": {
        "Type": "AWS::Lambda::Version",
        "Properties": {"FunctionName": {"Ref": "Function"}},
    },
    "Alias": {
        "Type": "AWS::Lambda::Alias",
        "Properties": {
            "FunctionName": {"Ref": "Function"},
            "FunctionVersion": {"Fn::GetAtt": ["Version", "Version"]},
            "Name": "live",
        },
    },
}
ALIAS = {"Fn::Select": [7, {"Fn::Split": [":", {"Ref": "Alias"}]}]}

ARCHIVES = {
    "Bucket": {"Type": "AWS::S3::Bucket"},
    "Writer": function(WRITER, Timeout=20),
    "Archives": {
        "Type": "Custom::Archives",
        "Properties": {
            "ServiceToken": {"Fn::GetAtt": ["Writer", "Arn"]},
            "Bucket": {"Ref": "Bucket"},
        },
    },
}


def archive(key: str) -> dict[str, Any]:
    return {"S3Bucket": {"Fn::GetAtt": ["Archives", "Bucket"]}, "S3Key": key}


LAYERS = {
    **ARCHIVES,
    "Layer": {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": archive("one.zip")}},
    "OtherLayer": {
        "Type": "AWS::Lambda::LayerVersion",
        "Properties": {"Content": archive("two.zip")},
    },
}


def without(found: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return an answer without those members, and without empty ones."""
    return {key: value for key, value in found.items() if key not in names and value}


def observe_function(seen: Seen) -> Any:
    client = seen.client("lambda")
    found = client.get_function(FunctionName=seen.physical_id)
    configuration = found["Configuration"]
    if not configuration.get("Environment", {}).get("Variables"):
        configuration.pop("Environment", None)
    if "Layers" in configuration:
        configuration["Layers"] = [
            layer["Arn"].rpartition(":")[0] for layer in configuration["Layers"]
        ]
    signing = client.get_function_code_signing_config(FunctionName=seen.physical_id)
    return {
        "configuration": configuration,
        "tags": found.get("Tags", {}),
        "concurrency": found.get("Concurrency"),
        "recursion": client.get_function_recursion_config(FunctionName=seen.physical_id),
        "signing": signing.get("CodeSigningConfigArn"),
    }


def observe_version(seen: Seen) -> Any:
    found = seen.client("lambda").get_function_configuration(FunctionName=seen.physical_id)
    return without(found, "Version")


def observe_alias(seen: Seen) -> Any:
    client = seen.client("lambda")
    function, _, name = seen.physical_id.rpartition(":")
    provisioned = client.list_provisioned_concurrency_configs(FunctionName=function)
    return {
        "function": function.rpartition(":")[2],
        "alias": client.get_alias(FunctionName=function, Name=name),
        "provisioned": [
            each["RequestedProvisionedConcurrentExecutions"]
            for each in provisioned["ProvisionedConcurrencyConfigs"]
        ],
    }


def observe_permission(seen: Seen) -> Any:
    client = seen.client("lambda")
    policies = {}
    for name in FUNCTIONS:
        try:
            found = client.get_policy(FunctionName=seen.others[name])
        except client.exceptions.ResourceNotFoundException:
            continue
        policies[name] = found["Policy"]
    return policies


def observe_mapping(seen: Seen) -> Any:
    client = seen.client("lambda")
    found = client.get_event_source_mapping(UUID=seen.physical_id)
    tags = client.list_tags(Resource=found["EventSourceMappingArn"])["Tags"]
    metrics = found.get("MetricsConfig", {}).get("Metrics")
    return {
        **without(found, "LastModified", "MetricsConfig", "StateTransitionReason"),
        "metrics": metrics or [],
        "tags": tags,
    }


def observe_urls(seen: Seen) -> Any:
    client = seen.client("lambda")
    return {
        name: [
            {
                **without(config, "FunctionArn", "FunctionUrl"),
                "qualified": config["FunctionArn"].count(":") > 6,
            }
            for config in client.list_function_url_configs(FunctionName=seen.others[name])[
                "FunctionUrlConfigs"
            ]
        ]
        for name in FUNCTIONS
    }


def observe_invocations(seen: Seen) -> Any:
    client = seen.client("lambda")
    return {
        name: client.list_function_event_invoke_configs(FunctionName=seen.others[name])[
            "FunctionEventInvokeConfigs"
        ]
        for name in FUNCTIONS
    }


def observe_layer(seen: Seen) -> Any:
    found = seen.client("lambda").get_layer_version_by_arn(Arn=seen.physical_id)
    return {**without(found, "Content", "Version"), "code": found["Content"]["CodeSha256"]}


def observe_layer_permission(seen: Seen) -> Any:
    layer, _, version = seen.physical_id.partition("#")[0].rpartition(":")
    found = seen.client("lambda").get_layer_version_policy(
        LayerName=layer, VersionNumber=int(version)
    )
    statements = json.loads(found["Policy"])["Statement"]
    return {"layer": layer, "statements": [without(each, "Sid") for each in statements]}


def observe_signing(seen: Seen) -> Any:
    client = seen.client("lambda")
    found = client.get_code_signing_config(CodeSigningConfigArn=seen.physical_id)
    return {**found, "tags": client.list_tags(Resource=seen.physical_id)["Tags"]}


FUNCTION = Example(
    type="AWS::Lambda::Function",
    properties=function()["Properties"],
    changes={
        "Architectures": Change(ABSENT, ["arm64"]),
        "Code": Change({"ZipFile": CODE}, {"ZipFile": CODE.replace("1", "2")}),
        "CodeSigningConfigArn": Change(ABSENT, {"Ref": "Signing"}),
        "DeadLetterConfig": Change(ABSENT, {"TargetArn": QUEUE}),
        "Description": Change("first", ABSENT),
        "Environment": Change(
            {"Variables": {"FIRST": "1", "SECOND": "2"}}, {"Variables": {"FIRST": "2"}}
        ),
        "EphemeralStorage": Change(ABSENT, {"Size": 1024}),
        "FunctionName": Change("first", "other"),
        "Handler": Change("index.handler", "index.other"),
        "LoggingConfig": Change(
            {"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG", "LogGroup": "/first"}, ABSENT
        ),
        "MemorySize": Change(256, ABSENT),
        "RecursiveLoop": Change(ABSENT, "Allow"),
        "ReservedConcurrentExecutions": Change(ABSENT, 5),
        "Role": Change(ROLE, f"{ROLE}-two"),
        "Runtime": Change("python3.13", "python3.12"),
        "SnapStart": Change(ABSENT, {"ApplyOn": "PublishedVersions"}),
        "Tags": Change(
            [{"Key": "first", "Value": "1"}, {"Key": "second", "Value": "2"}],
            [{"Key": "second", "Value": "3"}],
        ),
        "Timeout": Change(ABSENT, 10),
        "TracingConfig": Change({"Mode": "Active"}, ABSENT),
    },
    observe=observe_function,
    others={
        "Signing": {
            "Type": "AWS::Lambda::CodeSigningConfig",
            "Properties": {"AllowedPublishers": {"SigningProfileVersionArns": [PROFILE]}},
        }
    },
    exceptions={
        "Layers": "has an example with a bucket for the layers' code",
        "VpcConfig": "requires subnets, which templates cannot have here",
    },
    unavailable={
        "CapacityProviderConfig": ANY,
        "Code": {"ImageUri": ANY, "SourceKMSKeyArn": ANY},
        "DurableConfig": ANY,
        "FileSystemConfigs": ANY,
        "FunctionScalingConfig": ANY,
        "ImageConfig": ANY,
        "KmsKeyArn": ANY,
        "PackageType": "Image",
        "PublishToLatestPublished": ANY,
        "RuntimeManagementConfig": {"UpdateRuntimeOn": ("FunctionUpdate", "Manual")},
        "TenancyConfig": ANY,
        "VpcConfig": {"Ipv6AllowedForDualStack": ANY},
    },
)

EXAMPLES = [
    FUNCTION,
    Example(
        type="AWS::Lambda::Function",
        properties=function()["Properties"],
        changes={
            "Code": Change(archive("one.zip"), archive("two.zip")),
            "Layers": Change([{"Ref": "Layer"}], [{"Ref": "OtherLayer"}, {"Ref": "Layer"}]),
        },
        observe=observe_function,
        others=LAYERS,
        exceptions={
            name: "has an example without a bucket"
            for name in (*FUNCTION.changes, *FUNCTION.exceptions, *FUNCTION.unavailable)
            if name not in ("Code", "Layers")
        },
    ),
    Example(
        type="AWS::Lambda::Version",
        properties={"FunctionName": {"Ref": "Function"}},
        changes={"FunctionName": FUNCTION_NAME},
        observe=observe_version,
        others=FUNCTIONS,
        exceptions=dict.fromkeys(
            ("CodeSha256", "Description", "ProvisionedConcurrencyConfig"),
            "cannot change without the function: Lambda publishes its code only once",
        ),
        unavailable={
            "FunctionScalingConfig": ANY,
            "RuntimePolicy": {"UpdateRuntimeOn": ("FunctionUpdate", "Manual")},
        },
    ),
    Example(
        type="AWS::Lambda::Alias",
        properties={
            "FunctionName": {"Ref": "Function"},
            "FunctionVersion": {"Fn::GetAtt": ["Version", "Version"]},
            "Name": "subject",
        },
        changes={
            "Description": Change("first", ABSENT),
            "FunctionName": Change(
                {"Ref": "Function"}, {"Ref": "Other"}, also={"FunctionVersion": "$LATEST"}
            ),
            "FunctionVersion": Change({"Fn::GetAtt": ["Version", "Version"]}, "$LATEST"),
            "Name": Change("subject", "other"),
            "ProvisionedConcurrencyConfig": Change(ABSENT, {"ProvisionedConcurrentExecutions": 1}),
        },
        observe=observe_alias,
        others={name: ALIASES[name] for name in ("Function", "Other", "Version")},
        exceptions={"RoutingConfig": "requires two versions, which one template cannot publish"},
    ),
    Example(
        type="AWS::Lambda::Permission",
        properties={
            "FunctionName": {"Ref": "Function"},
            "Action": "lambda:InvokeFunction",
            "Principal": "events.amazonaws.com",
        },
        changes={
            "Action": Change("lambda:InvokeFunction", "lambda:GetFunction"),
            "EventSourceToken": Change(ABSENT, "token"),
            "FunctionName": FUNCTION_NAME,
            "FunctionUrlAuthType": Change(
                "NONE", "AWS_IAM", also={"Action": "lambda:InvokeFunctionUrl", "Principal": "*"}
            ),
            "InvokedViaFunctionUrl": Change(ABSENT, True, also={"Principal": "*"}),
            "Principal": Change("events.amazonaws.com", "s3.amazonaws.com"),
            "PrincipalOrgID": Change(ABSENT, "o-1234567890", also={"Principal": "*"}),
            "SourceAccount": Change("111111111111", "222222222222"),
            "SourceArn": Change(ABSENT, "arn:aws:events:us-east-1:000000000000:rule/first"),
        },
        observe=observe_permission,
        others=FUNCTIONS,
        unavailable={"Principal": "alexa-appkit.amazon.com"},
    ),
    Example(
        type="AWS::Lambda::EventSourceMapping",
        properties={
            "FunctionName": {"Ref": "Function"},
            "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
        },
        changes={
            "BatchSize": Change(5, ABSENT),
            "Enabled": Change(ABSENT, False),
            "EventSourceArn": Change(
                {"Fn::GetAtt": ["Queue", "Arn"]}, {"Fn::GetAtt": ["OtherQueue", "Arn"]}
            ),
            "FilterCriteria": Change(
                {"Filters": [{"Pattern": '{"body": {"kind": ["first"]}}'}]}, ABSENT
            ),
            "FunctionName": FUNCTION_NAME,
            "FunctionResponseTypes": Change(ABSENT, ["ReportBatchItemFailures"]),
            "KmsKeyArn": Change("arn:aws:kms:us-east-1:000000000000:key/first", ABSENT),
            "MaximumBatchingWindowInSeconds": Change(1, ABSENT),
            "MetricsConfig": Change({"Metrics": ["EventCount"]}, ABSENT),
            "ScalingConfig": Change({"MaximumConcurrency": 2}, ABSENT),
            "Tags": Change([{"Key": "first", "Value": "1"}], [{"Key": "second", "Value": "2"}]),
        },
        observe=observe_mapping,
        others={
            **FUNCTIONS,
            "Queue": {"Type": "AWS::SQS::Queue"},
            "OtherQueue": {"Type": "AWS::SQS::Queue"},
        },
        unavailable={"EventSourceArn": "arn:aws:kinesis:us-east-1:000000000000:stream/orders"}
        | dict.fromkeys(
            (
                "AmazonManagedKafkaEventSourceConfig",
                "DocumentDBEventSourceConfig",
                "LoggingConfig",
                "ProvisionedPollerConfig",
                "Queues",
                "SelfManagedEventSource",
                "SelfManagedKafkaEventSourceConfig",
                "SourceAccessConfigurations",
                "Topics",
            ),
            ANY,
        ),
        exceptions=dict.fromkeys(
            (
                "BisectBatchOnFunctionError",
                "DestinationConfig",
                "MaximumRecordAgeInSeconds",
                "MaximumRetryAttempts",
                "ParallelizationFactor",
                "StartingPosition",
                "StartingPositionTimestamp",
                "TumblingWindowInSeconds",
            ),
            "is only for streams, which templates cannot have here",
        ),
    ),
    Example(
        type="AWS::Lambda::EventInvokeConfig",
        properties={
            "FunctionName": {"Ref": "Function"},
            "Qualifier": "$LATEST",
            "MaximumRetryAttempts": 1,
        },
        changes={
            "DestinationConfig": Change({"OnFailure": {"Destination": QUEUE}}, ABSENT),
            "FunctionName": FUNCTION_NAME,
            "MaximumEventAgeInSeconds": Change(100, ABSENT),
            "MaximumRetryAttempts": Change(0, ABSENT, also={"MaximumEventAgeInSeconds": 60}),
            "Qualifier": Change("$LATEST", ALIAS),
        },
        observe=observe_invocations,
        others=ALIASES,
        unavailable={
            "DestinationConfig": {
                name: {"Destination": "arn:aws:s3:::orders"} for name in ("OnFailure", "OnSuccess")
            }
        },
    ),
    Example(
        type="AWS::Lambda::Url",
        properties={"TargetFunctionArn": {"Ref": "Function"}, "AuthType": "NONE"},
        changes={
            "AuthType": Change("NONE", "AWS_IAM"),
            "Cors": Change({"AllowOrigins": ["*"], "MaxAge": 5}, ABSENT),
            "InvokeMode": Change("RESPONSE_STREAM", ABSENT),
            "Qualifier": Change(ABSENT, ALIAS),
            "TargetFunctionArn": FUNCTION_NAME,
        },
        observe=observe_urls,
        others=ALIASES,
    ),
    Example(
        type="AWS::Lambda::LayerVersion",
        properties={"Content": archive("one.zip")},
        changes={
            "CompatibleArchitectures": Change(["x86_64"], ["arm64"]),
            "CompatibleRuntimes": Change(ABSENT, ["python3.13"]),
            "Content": Change(archive("one.zip"), archive("two.zip")),
            "Description": Change("first", ABSENT),
            "LayerName": Change("first", "other"),
            "LicenseInfo": Change(ABSENT, "MIT"),
        },
        observe=observe_layer,
        others=ARCHIVES,
    ),
    Example(
        type="AWS::Lambda::LayerVersionPermission",
        properties={
            "LayerVersionArn": {"Ref": "Layer"},
            "Action": "lambda:GetLayerVersion",
            "Principal": "*",
        },
        changes={
            "LayerVersionArn": Change({"Ref": "Layer"}, {"Ref": "OtherLayer"}),
            "Principal": Change("*", "123456789012"),
        },
        observe=observe_layer_permission,
        others=LAYERS,
        exceptions={
            "Action": "has only one value",
            "OrganizationId": "is stored, but not returned by LocalStack's GetLayerVersionPolicy",
        },
    ),
    Example(
        type="AWS::Lambda::CodeSigningConfig",
        properties={"AllowedPublishers": {"SigningProfileVersionArns": [PROFILE]}},
        changes={
            "AllowedPublishers": Change(
                {"SigningProfileVersionArns": [PROFILE]},
                {"SigningProfileVersionArns": [f"{PROFILE}Two"]},
            ),
            "CodeSigningPolicies": Change({"UntrustedArtifactOnDeployment": "Enforce"}, ABSENT),
            "Description": Change(ABSENT, "second"),
            "Tags": Change([{"Key": "first", "Value": "1"}], [{"Key": "second", "Value": "2"}]),
        },
        observe=observe_signing,
    ),
]
