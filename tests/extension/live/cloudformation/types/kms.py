"""Examples of AWS KMS's resource types."""

import json
from typing import Any

from tests.extension.live.cloudformation.types.model import ABSENT, Change, Example, Seen

KEY = {"Type": "AWS::KMS::Key"}
NOT_UPDATABLE = "The update of an existing key is rejected, as on AWS."


def _key(seen: Seen) -> Any:
    kms = seen.client("kms")
    key = seen.physical_id
    metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
    rotation = kms.get_key_rotation_status(KeyId=key)
    return (
        {
            name: value
            for name, value in metadata.items()
            if name not in ("CreationDate", "CurrentKeyMaterialId")
        },
        rotation["KeyRotationEnabled"],
        rotation.get("RotationPeriodInDays"),
        json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]),
        sorted(
            (tag["TagKey"], tag["TagValue"])
            for tag in kms.list_resource_tags(KeyId=key).get("Tags", ())
        ),
    )


def _alias(seen: Seen) -> Any:
    kms = seen.client("kms")
    return {
        logical_id: [
            alias["AliasName"].removeprefix("alias/")
            for alias in kms.list_aliases(KeyId=key)["Aliases"]
        ]
        for logical_id, key in seen.others.items()
    }


def _policy(name: str) -> Any:
    return {
        "Version": "2012-10-17",
        "Id": name,
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }


EXAMPLES = [
    Example(
        type="AWS::KMS::Key",
        properties={},
        changes={
            "Description": Change("one", ABSENT),
            "EnableKeyRotation": Change(True, ABSENT),
            "Enabled": Change(False, ABSENT),
            "KeyPolicy": Change(_policy("one"), ABSENT),
            "RotationPeriodInDays": Change(100, ABSENT, also={"EnableKeyRotation": True}),
            "Tags": Change(
                [{"Key": "kept", "Value": "1"}, {"Key": "removed", "Value": "1"}],
                [{"Key": "kept", "Value": "2"}, {"Key": "added", "Value": "1"}],
            ),
        },
        observe=_key,
        exceptions={
            "BypassPolicyLockoutSafetyCheck": "It is an option of other changes.",
            "KeySpec": NOT_UPDATABLE,
            "KeyUsage": NOT_UPDATABLE,
            "MultiRegion": NOT_UPDATABLE,
            "Origin": NOT_UPDATABLE,
            "PendingWindowInDays": "It is an option of the deletion.",
        },
    ),
    Example(
        type="AWS::KMS::Alias",
        properties={"AliasName": "alias/example", "TargetKeyId": {"Ref": "First"}},
        others={"First": KEY, "Second": KEY},
        changes={
            "AliasName": Change("alias/a-1", "alias/a-2"),
            "TargetKeyId": Change({"Ref": "First"}, {"Ref": "Second"}),
        },
        observe=_alias,
    ),
]
