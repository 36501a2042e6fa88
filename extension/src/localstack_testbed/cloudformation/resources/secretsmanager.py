"""Resource types of Secrets Manager.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SecretsManager.html
"""

import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Any

from localstack_testbed.cloudformation.resources.helpers import (
    changed,
    tag_list,
    update_tags,
)
from localstack_testbed.cloudformation.resources.model import (
    AlreadyExistsError,
    Context,
    Properties,
    ResourceError,
    ResourceType,
)

_DEFAULT_KEY = "alias/aws/secretsmanager"


class Secret(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html"""

    name_property = "Name"

    def create(self, context: Context, properties: Properties) -> str:
        client = context.client("secretsmanager")
        optional = ("Description", "KmsKeyId", "Tags")
        arguments = {name: properties[name] for name in optional if properties.get(name)}
        if properties.get("ReplicaRegions"):
            arguments["AddReplicaRegions"] = properties["ReplicaRegions"]
        arguments |= _value(client, properties)
        arn: str = client.create_secret(
            Name=properties.get("Name") or context.generated_name(64),
            ClientRequestToken=_version_id(properties),
            **arguments,
        )["ARN"]
        return arn

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        # A new version only if the template asks for another value.
        valued = changed(old, new, "SecretString", "GenerateSecretString")
        self._update(context, physical_id, old, new, valued=valued)
        return None

    def roll_back(
        self, context: Context, physical_id: str, attempted: Properties, properties: Properties
    ) -> str | None:
        valued = changed(attempted, properties, "SecretString", "GenerateSecretString")
        if valued:
            valued = not _restore(context.client("secretsmanager"), physical_id, attempted)
        self._update(context, physical_id, attempted, properties, valued=valued)
        return None

    def _update(
        self, context: Context, physical_id: str, old: Properties, new: Properties, *, valued: bool
    ) -> None:
        client = context.client("secretsmanager")
        secret = {"SecretId": physical_id}
        client.update_secret(
            **secret,
            Description=new.get("Description", ""),
            KmsKeyId=new.get("KmsKeyId", _DEFAULT_KEY),
            **({"ClientRequestToken": _version_id(new)} | _value(client, new) if valued else {}),
        )
        update_tags(
            old,
            new,
            tag=lambda tags: client.tag_resource(**secret, Tags=tag_list(tags)),
            untag=lambda keys: client.untag_resource(**secret, TagKeys=keys),
        )
        self._set_replicas(client, physical_id, new)

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        client = context.client("secretsmanager")
        self._set_replicas(client, physical_id, {})
        # CloudFormation leaves no recovery window: the name is free at once.
        client.delete_secret(SecretId=physical_id, ForceDeleteWithoutRecovery=True)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"Id": physical_id}

    def unsupported(self, properties: Properties) -> str | None:
        if properties.get("Type"):
            return "Type is not available in this testbed: it has no secrets of other providers"
        return None

    def _set_replicas(self, client: Any, arn: str, properties: Properties) -> None:
        wanted = {each["Region"]: each for each in properties.get("ReplicaRegions") or ()}
        described = client.describe_secret(SecretId=arn)
        present = {each["Region"] for each in described.get("ReplicationStatus") or ()}
        if extra := sorted(present - set(wanted)):
            client.remove_regions_from_replication(SecretId=arn, RemoveReplicaRegions=extra)
        if missing := [each for region, each in wanted.items() if region not in present]:
            client.replicate_secret_to_regions(SecretId=arn, AddReplicaRegions=missing)


def _version_id(properties: Properties) -> str:
    """Return a new version id, whose first half tells which properties the value is made of."""
    return str(uuid.UUID(_origin(properties) + uuid.uuid4().hex[16:]))


def _origin(properties: Properties) -> str:
    described = [properties.get("SecretString"), properties.get("GenerateSecretString")]
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:16]


def _restore(client: Any, arn: str, failed: Properties) -> bool:
    """Make the version before a failed update the current one again.

    It may have been generated, or rotated since the template set it, so that the template does not
    say what it was.

    Returns
    -------
    bool
        False if there was none.
    """
    described = client.describe_secret(SecretId=arn)
    versions = {
        stage: version
        for version, stages in (described.get("VersionIdsToStages") or {}).items()
        for stage in stages
    }
    current, previous = versions.get("AWSCURRENT"), versions.get("AWSPREVIOUS")
    if current is not None and current.replace("-", "")[:16] != _origin(failed):
        # The failed update did not get so far: what is current was there before.
        return True
    if current is None or previous is None:
        return False
    client.update_secret_version_stage(
        SecretId=arn,
        VersionStage="AWSCURRENT",
        MoveToVersionId=previous,
        RemoveFromVersionId=current,
    )
    return True


def _value(client: Any, properties: Properties) -> dict[str, str]:
    """Return the argument with the secret's value, generated if the template says so."""
    generated = properties.get("GenerateSecretString")
    if generated is None:
        value = properties.get("SecretString")
        return {} if value is None else {"SecretString": value}
    if properties.get("SecretString") is not None:
        raise ResourceError(
            "You can't specify both SecretString and GenerateSecretString; choose one of them"
        )
    template, key = generated.get("SecretStringTemplate"), generated.get("GenerateStringKey")
    options = {
        name: value
        for name, value in generated.items()
        if name not in ("SecretStringTemplate", "GenerateStringKey")
    }
    password: str = client.get_random_password(**options)["RandomPassword"]
    if template is None and key is None:
        return {"SecretString": password}
    if template is None or key is None:
        raise ResourceError("SecretStringTemplate and GenerateStringKey require each other")
    try:
        document = json.loads(template)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise ResourceError("SecretStringTemplate must be a JSON object")
    return {"SecretString": json.dumps({**document, key: password})}


class ResourcePolicy(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-resourcepolicy.html"""

    def create(self, context: Context, properties: Properties) -> str:
        client = context.client("secretsmanager")
        found = client.get_resource_policy(SecretId=properties["SecretId"])
        arn: str = found["ARN"]
        # PutResourcePolicy would overwrite it.
        if found.get("ResourcePolicy"):
            raise AlreadyExistsError(context.type_name, arn)
        self._put(client, arn, properties)
        return arn

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        self._put(context.client("secretsmanager"), physical_id, new)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        context.client("secretsmanager").delete_resource_policy(SecretId=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"Id": physical_id}

    def _put(self, client: Any, arn: str, properties: Properties) -> None:
        policy = properties["ResourcePolicy"]
        document = json.loads(policy) if isinstance(policy, str) else policy
        if properties.get("BlockPublicPolicy") and _is_public(document):
            # LocalStack does not check it; the message is that of PublicPolicyException.
            raise ResourceError(
                "This resource policy grants broad access to your secret. "
                "Secrets Manager blocked it because BlockPublicPolicy is true."
            )
        client.put_resource_policy(SecretId=arn, ResourcePolicy=json.dumps(document))


def _is_public(document: Mapping[str, Any]) -> bool:
    """Return whether a policy allows public access without a condition."""
    statements = document.get("Statement") or ()
    for statement in [statements] if isinstance(statements, Mapping) else statements:
        principal = statement.get("Principal")
        allowed = principal.get("AWS") if isinstance(principal, Mapping) else principal
        names = allowed if isinstance(allowed, list) else [allowed]
        if statement.get("Effect") == "Allow" and "*" in names and not statement.get("Condition"):
            return True
    return False


class RotationSchedule(ResourceType):
    """The rotation of a secret; the function runs when it is set up or changed.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-rotationschedule.html
    """

    def create(self, context: Context, properties: Properties) -> str:
        client = context.client("secretsmanager")
        secret = client.describe_secret(SecretId=properties["SecretId"])
        arn: str = secret["ARN"]
        # RotateSecret would overwrite it.
        if secret.get("RotationEnabled"):
            raise AlreadyExistsError(context.type_name, arn)
        self._rotate(client, arn, properties)
        return arn

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        self._rotate(context.client("secretsmanager"), physical_id, new)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        context.client("secretsmanager").cancel_rotate_secret(SecretId=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"Id": physical_id}

    def unsupported(self, properties: Properties) -> str | None:
        for name in (
            "HostedRotationLambda",
            "ExternalSecretRotationMetadata",
            "ExternalSecretRotationRoleArn",
        ):
            if properties.get(name):
                return (
                    f"{name} is not available in this testbed: give the function that rotates the "
                    "secret as RotationLambdaARN"
                )
        if properties.get("RotateImmediatelyOnUpdate") is False:
            # LocalStack fails with an internal error.
            return (
                "RotateImmediatelyOnUpdate: false is not available in this testbed: here a secret "
                "is rotated when its rotation is set up or changed, and not on a schedule"
            )
        rules = properties.get("RotationRules")
        if isinstance(rules, Mapping):
            for name in ("ScheduleExpression", "Duration"):
                if name in rules:
                    return (
                        f"RotationRules.{name} is not available in this testbed: use "
                        "AutomaticallyAfterDays"
                    )
        return None

    def _rotate(self, client: Any, arn: str, properties: Properties) -> None:
        if not properties.get("RotationLambdaARN"):
            raise ResourceError("RotationLambdaARN is required")
        days = (properties.get("RotationRules") or {}).get("AutomaticallyAfterDays")
        client.rotate_secret(
            SecretId=arn,
            ClientRequestToken=str(uuid.uuid4()),
            RotationLambdaARN=properties["RotationLambdaARN"],
            **({"RotationRules": {"AutomaticallyAfterDays": days}} if days else {}),
        )


TYPES: dict[str, type[ResourceType]] = {
    "AWS::SecretsManager::ResourcePolicy": ResourcePolicy,
    "AWS::SecretsManager::RotationSchedule": RotationSchedule,
    "AWS::SecretsManager::Secret": Secret,
}
