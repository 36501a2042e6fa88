"""Resource types of AWS KMS."""

import json
from typing import Any

from localstack_testbed.cloudformation.resources.helpers import (
    changed,
    tag_map,
    update_tags,
)
from localstack_testbed.cloudformation.resources.model import (
    AlreadyExistsError,
    Context,
    Properties,
    ResourceError,
    ResourceType,
)

_FIXED = {
    "KeySpec": "SYMMETRIC_DEFAULT",
    "KeyUsage": "ENCRYPT_DECRYPT",
    "MultiRegion": False,
    "Origin": "AWS_KMS",
}
"""What cannot be changed: such an update fails instead of replacing the key.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-kms-key.html
"""


class Key(ResourceType):
    """AWS::KMS::Key. The physical id is the key's id."""

    def create(self, context: Context, properties: Properties) -> str:
        """Create the key."""
        _check(properties)
        kms = context.client("kms")
        request: dict[str, Any] = {
            name: properties[name]
            for name in (*_FIXED, "BypassPolicyLockoutSafetyCheck", "Description")
            if name in properties
        }
        if "KeyPolicy" in properties:
            request["Policy"] = _policy(context, properties)
        if tags := tag_map(properties):
            request["Tags"] = _kms_tags(tags)
        key_id = str(kms.create_key(**request)["KeyMetadata"]["KeyId"])
        context.created(key_id)
        _set_rotation(kms, key_id, {}, properties)
        if not properties.get("Enabled", True):
            kms.disable_key(KeyId=key_id)
        return key_id

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        """Change the key's policy, state, rotation, description and tags."""
        _check(new)
        if any(old.get(name, value) != new.get(name, value) for name, value in _FIXED.items()):
            raise ResourceError(
                f"Resource of type 'AWS::KMS::Key' with identifier '{physical_id}' is not "
                "updatable with parameters provided."
            )
        kms = context.client("kms")
        enabled = new.get("Enabled", True)
        if _rotation(old) != _rotation(new) and not enabled and not old.get("Enabled", True):
            raise ResourceError(
                "You cannot change the EnableKeyRotation property while the Enabled property is "
                "false."
            )
        if enabled or old.get("Enabled", True):
            # The rotation can only be changed while the key is enabled.
            kms.enable_key(KeyId=physical_id)
            _set_rotation(kms, physical_id, old, new)
        if not enabled:
            kms.disable_key(KeyId=physical_id)
        if changed(old, new, "KeyPolicy"):
            kms.put_key_policy(
                KeyId=physical_id,
                PolicyName="default",
                Policy=_policy(context, new),
                BypassPolicyLockoutSafetyCheck=new.get("BypassPolicyLockoutSafetyCheck", False),
            )
        if changed(old, new, "Description"):
            kms.update_key_description(KeyId=physical_id, Description=new.get("Description", ""))
        update_tags(
            old,
            new,
            tag=lambda tags: kms.tag_resource(KeyId=physical_id, Tags=_kms_tags(tags)),
            untag=lambda keys: kms.untag_resource(KeyId=physical_id, TagKeys=keys),
        )

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        """Schedule the key's deletion, which is what a key has instead of being deleted."""
        kms = context.client("kms")
        metadata = kms.describe_key(KeyId=physical_id)["KeyMetadata"]
        if metadata["KeyState"] != "PendingDeletion":
            kms.schedule_key_deletion(
                KeyId=physical_id,
                PendingWindowInDays=properties.get("PendingWindowInDays", 30),
            )

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        """Return the key's ARN and id."""
        arn = context.client("kms").describe_key(KeyId=physical_id)["KeyMetadata"]["Arn"]
        return {"Arn": arn, "KeyId": physical_id}


def _check(properties: Properties) -> None:
    if properties.get("EnableKeyRotation") and properties.get("KeySpec") not in (
        None,
        "SYMMETRIC_DEFAULT",
    ):
        raise ResourceError(
            "You cannot set the EnableKeyRotation property to true on asymmetric keys."
        )


def _rotation(properties: Properties) -> int | None:
    """Return the number of days between rotations, or None without rotation."""
    if not properties.get("EnableKeyRotation"):
        return None
    return int(properties.get("RotationPeriodInDays", 365))


def _set_rotation(kms: Any, key_id: str, old: Properties, new: Properties) -> None:
    days = _rotation(new)
    if days == _rotation(old):
        return
    if days is None:
        kms.disable_key_rotation(KeyId=key_id)
    else:
        kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=days)


def _policy(context: Context, properties: Properties) -> str:
    """Return the key's policy, which allows the account's IAM policies if none is given.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    document = properties.get(
        "KeyPolicy",
        {
            "Version": "2012-10-17",
            "Id": "key-default-1",
            "Statement": [
                {
                    "Sid": "Enable IAM User Permissions",
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{context.account}:root"},
                    "Action": "kms:*",
                    "Resource": "*",
                }
            ],
        },
    )
    return document if isinstance(document, str) else json.dumps(document)


def _kms_tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value} for key, value in tags.items()]


class Alias(ResourceType):
    """AWS::KMS::Alias. The physical id is the alias's name."""

    name_property = "AliasName"

    def create(self, context: Context, properties: Properties) -> str:
        """Create the alias."""
        kms = context.client("kms")
        name = str(properties["AliasName"])
        try:
            kms.create_alias(AliasName=name, TargetKeyId=properties["TargetKeyId"])
        except kms.exceptions.AlreadyExistsException as error:
            raise AlreadyExistsError(context.type_name, name) from error
        return name

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        """Have the alias name another key."""
        # UpdateAlias stores what it is given, and a key may be given by its ARN or an alias.
        kms = context.client("kms")
        key = kms.describe_key(KeyId=new["TargetKeyId"])["KeyMetadata"]["KeyId"]
        kms.update_alias(AliasName=physical_id, TargetKeyId=key)

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        """Delete the alias; the key stays."""
        context.client("kms").delete_alias(AliasName=physical_id)


TYPES: dict[str, type[ResourceType]] = {
    "AWS::KMS::Alias": Alias,
    "AWS::KMS::Key": Key,
}
