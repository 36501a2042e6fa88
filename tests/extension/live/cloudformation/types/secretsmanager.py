"""Examples of the resource types of Secrets Manager."""

import json
from typing import Any

from tests.extension.live.cloudformation.types.model import ABSENT, ANY, Change, Example, Seen

ROTATION = """
import boto3
def handler(event, context):
    client = boto3.client("secretsmanager")
    secret, token = event["SecretId"], event["ClientRequestToken"]
    if event["Step"] == "createSecret":
        client.put_secret_value(
            SecretId=secret, ClientRequestToken=token, SecretString="rotated",
            VersionStages=["AWSPENDING"])
    if event["Step"] == "finishSecret":
        stages = client.describe_secret(SecretId=secret)["VersionIdsToStages"]
        current = next(id for id, names in stages.items() if "AWSCURRENT" in names)
        client.update_secret_version_stage(
            SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token,
            RemoveFromVersionId=current)
"""


def _secret(seen: Seen) -> Any:
    client = seen.client("secretsmanager")
    described = client.describe_secret(SecretId=seen.physical_id)
    try:
        value = _shape(client.get_secret_value(SecretId=seen.physical_id)["SecretString"])
    except client.exceptions.ResourceNotFoundException:
        value = None
    return {
        "Named": described["Name"] if len(described["Name"]) < 5 else "by CloudFormation",
        "Description": described.get("Description", ""),
        "KmsKeyId": described.get("KmsKeyId", "alias/aws/secretsmanager"),
        "Value": value,
        "Replicas": sorted(each["Region"] for each in described.get("ReplicationStatus", ())),
        "Tags": {
            tag["Key"]: tag["Value"]
            for tag in described.get("Tags", ())
            if not tag["Key"].startswith("aws:")
        },
    }


def _shape(value: str) -> Any:
    """Return what is not random about a value, which may be generated."""
    if value.startswith("{"):
        return {key: len(part) for key, part in json.loads(value).items()}
    return len(value) if len(value) > 8 else value


def _resource_policy(seen: Seen) -> Any:
    client = seen.client("secretsmanager")
    policies = {
        name: client.get_resource_policy(SecretId=seen.others[name]).get("ResourcePolicy")
        for name in ("Secret", "OtherSecret")
    }
    return {name: policy and json.loads(policy) for name, policy in policies.items()}


def _rotation(seen: Seen) -> Any:
    client = seen.client("secretsmanager")
    result: dict[str, Any] = {}
    for name in ("Secret", "OtherSecret"):
        described = client.describe_secret(SecretId=seen.others[name])
        # The function and the rules stay when the rotation is cancelled.
        result[name] = described.get("RotationEnabled") and [
            described["RotationLambdaARN"],
            described["RotationRules"],
        ]
    return result


def _policy(action: str) -> dict[str, Any]:
    root = {"AWS": "arn:aws:iam::000000000000:root"}
    statement = {"Effect": "Allow", "Principal": root, "Action": action, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


_KEY = {"Type": "AWS::KMS::Key"}
_SECRET = {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "one"}}
_FUNCTION = {
    "Type": "AWS::Lambda::Function",
    "Properties": {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": "arn:aws:iam::000000000000:role/rotation",
        "Code": {"ZipFile": ROTATION},
        "Timeout": 60,
    },
}

EXAMPLES = [
    Example(
        type="AWS::SecretsManager::Secret",
        properties={},
        changes={
            # The test does not replace names that are this short.
            "Name": Change("s-1", "s-2"),
            "SecretString": Change("one", "two"),
            "GenerateSecretString": Change(
                {"PasswordLength": 20, "ExcludePunctuation": True},
                {
                    "PasswordLength": 30,
                    "SecretStringTemplate": '{"user": "me"}',
                    "GenerateStringKey": "password",
                },
            ),
            "Description": Change("What it is for", ABSENT),
            "KmsKeyId": Change({"Ref": "Key"}, ABSENT),
            "ReplicaRegions": Change([{"Region": "eu-west-1"}], [{"Region": "us-west-2"}]),
            "Tags": Change(
                [{"Key": "Team", "Value": "a"}, {"Key": "Old", "Value": "x"}],
                [{"Key": "Team", "Value": "b"}, {"Key": "New", "Value": "y"}],
            ),
        },
        observe=_secret,
        others={"Key": _KEY},
        unavailable={"Type": ANY},
    ),
    Example(
        type="AWS::SecretsManager::ResourcePolicy",
        properties={
            "SecretId": {"Ref": "Secret"},
            "ResourcePolicy": _policy("secretsmanager:GetSecretValue"),
        },
        changes={
            "SecretId": Change({"Ref": "Secret"}, {"Ref": "OtherSecret"}),
            "ResourcePolicy": Change(
                _policy("secretsmanager:GetSecretValue"), _policy("secretsmanager:*")
            ),
        },
        observe=_resource_policy,
        others={"Secret": _SECRET, "OtherSecret": _SECRET},
        exceptions={"BlockPublicPolicy": "is a check of the policy, which is not stored"},
    ),
    Example(
        type="AWS::SecretsManager::RotationSchedule",
        properties={
            "SecretId": {"Ref": "Secret"},
            "RotationLambdaARN": {"Fn::GetAtt": ["Function", "Arn"]},
            "RotationRules": {"AutomaticallyAfterDays": 30},
        },
        changes={
            "SecretId": Change({"Ref": "Secret"}, {"Ref": "OtherSecret"}),
            "RotationLambdaARN": Change(
                {"Fn::GetAtt": ["Function", "Arn"]}, {"Fn::GetAtt": ["OtherFunction", "Arn"]}
            ),
            "RotationRules": Change({"AutomaticallyAfterDays": 30}, {"AutomaticallyAfterDays": 7}),
        },
        observe=_rotation,
        others={
            "Secret": _SECRET,
            "OtherSecret": _SECRET,
            "Function": _FUNCTION,
            "OtherFunction": _FUNCTION,
        },
        unavailable={
            "RotateImmediatelyOnUpdate": False,
            "RotationRules": {"ScheduleExpression": ANY, "Duration": ANY},
            "HostedRotationLambda": ANY,
            "ExternalSecretRotationMetadata": ANY,
            "ExternalSecretRotationRoleArn": ANY,
        },
    ),
]
