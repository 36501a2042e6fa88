"""Resource types of Amazon S3."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from localstack_testbed.cloudformation.resources.helpers import (
    NOT_HERE,
    part,
    unavailable,
)
from localstack_testbed.cloudformation.resources.model import (
    AlreadyExistsError,
    Context,
    Properties,
    ResourceError,
    ResourceType,
    is_missing,
)


class Bucket(ResourceType):
    """AWS::S3::Bucket. The physical id is the bucket's name.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-s3-bucket.html
    """

    name_property = "BucketName"

    def create(self, context: Context, properties: Properties) -> str:
        """Create the bucket, and set its configurations."""
        _check(properties)
        s3 = context.client("s3")
        name = properties.get("BucketName") or context.generated_name(63, lower=True)
        if _exists(s3, name):
            raise AlreadyExistsError(context.type_name, name)
        request: dict[str, Any] = {"Bucket": name}
        if context.region != "us-east-1":
            request["CreateBucketConfiguration"] = {"LocationConstraint": context.region}
        if properties.get("ObjectLockEnabled"):
            request["ObjectLockEnabledForBucket"] = True
        s3.create_bucket(**request)
        context.created(name)
        for configuration in _CONFIGURATIONS:
            if configuration.name in properties:
                configuration.put(s3, name, properties[configuration.name])
        return str(name)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        """Set or remove the configurations that differ; the objects stay."""
        _check(new)
        s3 = context.client("s3")
        _update_object_lock(s3, physical_id, old, new)
        old, new = _with_versioning(old), _with_versioning(new)
        for configuration in _CONFIGURATIONS:
            before, after = old.get(configuration.name), new.get(configuration.name)
            if before == after:
                continue
            if configuration.clear and before is not None:
                configuration.clear(s3, physical_id, before)
            if after is not None:
                configuration.put(s3, physical_id, after)
            elif configuration.remove:
                configuration.remove(s3, physical_id)

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        """Delete the bucket, which fails if there are objects in it."""
        context.client("s3").delete_bucket(Bucket=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        """Return the bucket's ARN, and the addresses at which this testbed has it."""
        from localstack.config import S3_STATIC_WEBSITE_HOSTNAME, S3_VIRTUAL_HOSTNAME
        from localstack.utils.urls import localstack_host

        domain = f"{physical_id}.{S3_VIRTUAL_HOSTNAME}"
        website = f"http://{physical_id}.{S3_STATIC_WEBSITE_HOSTNAME}:{localstack_host().port}"
        return {
            "Arn": f"arn:aws:s3:::{physical_id}",
            "DomainName": domain,
            "DualStackDomainName": domain,
            "RegionalDomainName": domain,
            "WebsiteURL": website,
        }

    def unsupported(self, properties: Properties) -> str | None:
        """Return what LocalStack does not have."""
        rules = part(properties, "BucketEncryption").get("ServerSideEncryptionConfiguration")
        return unavailable(
            properties, "AbacStatus", "MetadataConfiguration", "MetadataTableConfiguration"
        ) or next(
            (
                f"BlockedEncryptionTypes {NOT_HERE}"
                for rule in (rules if isinstance(rules, list) else ())
                if unavailable(rule, "BlockedEncryptionTypes")
            ),
            None,
        )


def _exists(s3: Any, name: str) -> bool:
    """Return whether there is a bucket with this name, in whatever account."""
    try:
        s3.head_bucket(Bucket=name)
    except ClientError as error:
        return not is_missing(error)
    return True


def _check(properties: Properties) -> None:
    """Reject what S3 rejects.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
    """
    acl = properties.get("AccessControl", "Private")
    ownership = _ownership(properties.get("OwnershipControls"))
    if acl not in ("Private", "BucketOwnerFullControl") and ownership == "BucketOwnerEnforced":
        raise ResourceError(
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
        )
    block = properties.get("PublicAccessBlockConfiguration", _BLOCKED)
    if acl in ("PublicRead", "PublicReadWrite", "AuthenticatedRead") and block.get(
        "BlockPublicAcls"
    ):
        raise ResourceError(
            f"Access Denied: the AccessControl {acl} is public, which the setting BlockPublicAcls "
            "of the bucket's PublicAccessBlockConfiguration prevents"
        )


def _update_object_lock(s3: Any, bucket: str, old: Properties, new: Properties) -> None:
    if new.get("ObjectLockEnabled") and not old.get("ObjectLockEnabled"):
        # Requires versioning.
        _put_versioning(s3, bucket, {"Status": "Enabled"})
        s3.put_object_lock_configuration(
            Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
        )
    elif old.get("ObjectLockEnabled") and not new.get("ObjectLockEnabled"):
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html
        raise ResourceError("Object Lock cannot be disabled once it is enabled for a bucket")


def _with_versioning(properties: Properties) -> Properties:
    """Return the properties with the versioning that Object Lock enables."""
    if not properties.get("ObjectLockEnabled"):
        return properties
    return {"VersioningConfiguration": {"Status": "Enabled"}, **properties}


@dataclass(frozen=True)
class _Configuration:
    """A property that S3's API has a separate operation for.

    ``put`` sets it and ``remove`` returns it to the default. ``clear`` is called before ``put``
    with the old value, if it has parts that ``put`` would not replace.
    """

    name: str
    put: Callable[[Any, str, Any], Any]
    remove: Callable[[Any, str], Any] | None = None
    clear: Callable[[Any, str, Any], Any] | None = None


_BLOCKED = dict.fromkeys(
    ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
)
"""The default since April 2023, with BucketOwnerEnforced and AES256.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""
_DEFAULT_ENCRYPTION = {
    "ServerSideEncryptionConfiguration": [
        {
            "ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
            "BucketKeyEnabled": False,
        }
    ]
}


def _renamed(value: Mapping[str, Any], **names: str) -> dict[str, Any]:
    """Return the parts of a value with the names that S3's API has for them.

    Examples
    --------
    ``_renamed({"MaxAge": 5}, MaxAge="MaxAgeSeconds")``
    """
    return {names.get(name, name): part for name, part in value.items()}


def _put_ownership(s3: Any, bucket: str, value: Any) -> None:
    s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": _ownership(value)}]}
    )


def _ownership(value: Any) -> str:
    rules = (value or {}).get("Rules") or [{}]
    return str(rules[0].get("ObjectOwnership", "BucketOwnerEnforced"))


def _put_public_access_block(s3: Any, bucket: str, value: Any) -> None:
    s3.put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration={**dict.fromkeys(_BLOCKED, False), **value}
    )


def _put_acl(s3: Any, bucket: str, value: str) -> None:
    s3.put_bucket_acl(Bucket=bucket, ACL=re.sub(r"(?<!^)(?=[A-Z])", "-", value).lower())


def _put_encryption(s3: Any, bucket: str, value: Any) -> None:
    rules = [
        _renamed(rule, ServerSideEncryptionByDefault="ApplyServerSideEncryptionByDefault")
        for rule in value["ServerSideEncryptionConfiguration"]
    ]
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})


def _put_tags(s3: Any, bucket: str, value: Any) -> None:
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": value})


def _put_versioning(s3: Any, bucket: str, value: Any) -> None:
    # A bucket that was versioned once cannot be unversioned again, only suspended.
    s3.put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": value.get("Status", "Suspended")}
    )


def _put_acceleration(s3: Any, bucket: str, value: Any) -> None:
    s3.put_bucket_accelerate_configuration(
        Bucket=bucket, AccelerateConfiguration={"Status": value["AccelerationStatus"]}
    )


def _put_cors(s3: Any, bucket: str, value: Any) -> None:
    rules = [
        _renamed(rule, Id="ID", ExposedHeaders="ExposeHeaders", MaxAge="MaxAgeSeconds")
        for rule in value["CorsRules"]
    ]
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": rules})


def _put_website(s3: Any, bucket: str, value: Any) -> None:
    website = dict(value)
    if "IndexDocument" in value:
        website["IndexDocument"] = {"Suffix": value["IndexDocument"]}
    if "ErrorDocument" in value:
        website["ErrorDocument"] = {"Key": value["ErrorDocument"]}
    if "RoutingRules" in value:
        website["RoutingRules"] = [
            _renamed(rule, RoutingRuleCondition="Condition", RedirectRule="Redirect")
            for rule in value["RoutingRules"]
        ]
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=website)


def _put_logging(s3: Any, bucket: str, value: Any) -> None:
    enabled = {
        "TargetBucket": value.get("DestinationBucketName", bucket),
        "TargetPrefix": value.get("LogFilePrefix", ""),
    }
    if "TargetObjectKeyFormat" in value:
        enabled["TargetObjectKeyFormat"] = value["TargetObjectKeyFormat"]
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": enabled})


def _put_notifications(s3: Any, bucket: str, value: Any) -> None:
    kinds = {
        "LambdaConfigurations": ("LambdaFunctionConfigurations", "Function", "LambdaFunctionArn"),
        "QueueConfigurations": ("QueueConfigurations", "Queue", "QueueArn"),
        "TopicConfigurations": ("TopicConfigurations", "Topic", "TopicArn"),
    }
    notifications: dict[str, Any] = {}
    for name, (api_name, target, api_target) in kinds.items():
        if value.get(name):
            notifications[api_name] = [
                _notification(each, api_target, each[target]) for each in value[name]
            ]
    if value.get("EventBridgeConfiguration", {}).get("EventBridgeEnabled"):
        notifications["EventBridgeConfiguration"] = {}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=notifications)


def _notification(value: Any, target: str, arn: str) -> dict[str, Any]:
    notification: dict[str, Any] = {target: arn, "Events": [value["Event"]]}
    if "Filter" in value:
        rules = value["Filter"]["S3Key"]["Rules"]
        notification["Filter"] = {"Key": {"FilterRules": rules}}
    return notification


def _put_object_lock(s3: Any, bucket: str, value: Any) -> None:
    s3.put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", **value}
    )


def _remove_object_lock_rule(s3: Any, bucket: str) -> None:
    _put_object_lock(s3, bucket, {})


def _put_lifecycle(s3: Any, bucket: str, value: Any) -> None:
    request: dict[str, Any] = {
        "LifecycleConfiguration": {"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]}
    }
    if "TransitionDefaultMinimumObjectSize" in value:
        request["TransitionDefaultMinimumObjectSize"] = value["TransitionDefaultMinimumObjectSize"]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, **request)


def _lifecycle_rule(value: Any) -> dict[str, Any]:
    """Return a lifecycle rule as S3's API has it.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-s3-bucket-rule.html
    """
    sizes = {
        name: int(value[name])
        for name in ("ObjectSizeGreaterThan", "ObjectSizeLessThan")
        if name in value
    }
    rule: dict[str, Any] = {
        "ID": value.get("Id") or _generated_id(value),
        "Status": value["Status"],
        "Filter": _filter(value, **sizes) or {"Prefix": ""},
    }
    expiration = {
        api_name: value[name]
        for name, api_name in (
            ("ExpirationInDays", "Days"),
            ("ExpirationDate", "Date"),
            ("ExpiredObjectDeleteMarker", "ExpiredObjectDeleteMarker"),
        )
        if name in value
    }
    if expiration:
        rule["Expiration"] = expiration
    if "NoncurrentVersionExpiration" in value:
        rule["NoncurrentVersionExpiration"] = value["NoncurrentVersionExpiration"]
    elif "NoncurrentVersionExpirationInDays" in value:
        days = value["NoncurrentVersionExpirationInDays"]
        rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": days}
    if transitions := _transitions(value, "Transition", TransitionInDays="Days"):
        rule["Transitions"] = transitions
    if transitions := _transitions(
        value, "NoncurrentVersionTransition", TransitionInDays="NoncurrentDays"
    ):
        rule["NoncurrentVersionTransitions"] = transitions
    if "AbortIncompleteMultipartUpload" in value:
        rule["AbortIncompleteMultipartUpload"] = value["AbortIncompleteMultipartUpload"]
    return rule


def _generated_id(rule: Any) -> str:
    """Return the id of a rule without one: the same whenever the rule is the same."""
    return hashlib.sha256(json.dumps(rule, sort_keys=True).encode()).hexdigest()[:32]


def _transitions(value: Any, name: str, **names: str) -> list[dict[str, Any]]:
    """Return a rule's transitions, which may be one under an older name."""
    given = [*value.get(f"{name}s", ()), *([value[name]] if name in value else ())]
    return [
        {
            **_renamed(each, TransitionDate="Date", **names),
            "StorageClass": each["StorageClass"].upper(),
        }
        for each in given
    ]


def _filter(value: Any, **others: Any) -> dict[str, Any]:
    """Return the filter for a prefix, tags and others: a single one, or an And."""
    parts = dict(others)
    if "Prefix" in value:
        parts["Prefix"] = value["Prefix"]
    tags = value.get("TagFilters") or []
    if len(tags) + len(parts) > 1:
        return {"And": {**parts, **({"Tags": tags} if tags else {})}}
    return {"Tag": tags[0]} if tags else parts


def _put_replication(s3: Any, bucket: str, value: Any) -> None:
    s3.put_bucket_replication(
        Bucket=bucket,
        ReplicationConfiguration={
            "Role": value["Role"],
            "Rules": [_replication_rule(rule) for rule in value["Rules"]],
        },
    )


def _replication_rule(value: Any) -> dict[str, Any]:
    rule = _renamed(value, Id="ID")
    rule.setdefault("ID", _generated_id(value))
    if "Filter" in value:
        rule["Filter"] = _renamed(value["Filter"], TagFilter="Tag")
        if "And" in value["Filter"]:
            rule["Filter"]["And"] = _renamed(value["Filter"]["And"], TagFilters="Tags")
    return rule


def _by_id(name: str, singular: str, convert: Callable[[Any], dict[str, Any]]) -> _Configuration:
    """Return a property that is a list of configurations which have ids.

    Parameters
    ----------
    singular
        The name of a configuration in S3's API, in the style of the SDK's methods.
    """
    argument = "".join(word.capitalize() for word in singular.split("_"))

    def put(s3: Any, bucket: str, values: Iterable[Any]) -> None:
        for value in values:
            getattr(s3, f"put_bucket_{singular}")(
                Bucket=bucket, Id=value["Id"], **{argument: convert(value)}
            )

    def clear(s3: Any, bucket: str, values: Iterable[Any]) -> None:
        for value in values:
            try:
                getattr(s3, f"delete_bucket_{singular}")(Bucket=bucket, Id=value["Id"])
            except ClientError as error:
                if not is_missing(error):
                    raise

    return _Configuration(name, put, clear=clear)


def _filtered(value: Any, *names: str, **others: Any) -> dict[str, Any]:
    """Return the parts of a configuration with these names, and its filter."""
    configuration = {name: value[name] for name in ("Id", *names) if name in value}
    if found := _filter(value, **others):
        configuration["Filter"] = found
    return configuration


def _analytics(value: Any) -> dict[str, Any]:
    analysis = dict(value["StorageClassAnalysis"])
    if "DataExport" in analysis:
        export = dict(analysis["DataExport"])
        export["Destination"] = {
            "S3BucketDestination": _renamed(export["Destination"], BucketArn="Bucket")
        }
        analysis["DataExport"] = export
    return {**_filtered(value), "StorageClassAnalysis": analysis}


def _intelligent_tiering(value: Any) -> dict[str, Any]:
    return _filtered(value, "Status", "Tierings")


def _metrics(value: Any) -> dict[str, Any]:
    others = {name: value[name] for name in ("AccessPointArn",) if name in value}
    return _filtered(value, **others)


def _inventory(value: Any) -> dict[str, Any]:
    inventory = _renamed(value, Enabled="IsEnabled", ScheduleFrequency="Schedule")
    inventory["Schedule"] = {"Frequency": value["ScheduleFrequency"]}
    inventory["Destination"] = {
        "S3BucketDestination": _renamed(
            value["Destination"], BucketArn="Bucket", BucketAccountId="AccountId"
        )
    }
    if "Prefix" in value:
        inventory["Filter"] = {"Prefix": inventory.pop("Prefix")}
    return inventory


_CONFIGURATIONS = (
    # In an order in which each has what it requires: ACLs depend on the two before them, object
    # lock and replication on versioning.
    _Configuration(
        "OwnershipControls", _put_ownership, lambda s3, bucket: _put_ownership(s3, bucket, None)
    ),
    _Configuration(
        "PublicAccessBlockConfiguration",
        _put_public_access_block,
        lambda s3, bucket: _put_public_access_block(s3, bucket, _BLOCKED),
    ),
    _Configuration("AccessControl", _put_acl, lambda s3, bucket: _put_acl(s3, bucket, "Private")),
    _Configuration(
        "VersioningConfiguration",
        _put_versioning,
        lambda s3, bucket: _put_versioning(s3, bucket, {}),
    ),
    _Configuration("ObjectLockConfiguration", _put_object_lock, _remove_object_lock_rule),
    _Configuration(
        "BucketEncryption",
        _put_encryption,
        lambda s3, bucket: _put_encryption(s3, bucket, _DEFAULT_ENCRYPTION),
    ),
    _Configuration("Tags", _put_tags, lambda s3, bucket: s3.delete_bucket_tagging(Bucket=bucket)),
    _Configuration(
        "AccelerateConfiguration",
        _put_acceleration,
        lambda s3, bucket: _put_acceleration(s3, bucket, {"AccelerationStatus": "Suspended"}),
    ),
    _Configuration(
        "CorsConfiguration", _put_cors, lambda s3, bucket: s3.delete_bucket_cors(Bucket=bucket)
    ),
    _Configuration(
        "WebsiteConfiguration",
        _put_website,
        lambda s3, bucket: s3.delete_bucket_website(Bucket=bucket),
    ),
    _Configuration(
        "LoggingConfiguration",
        _put_logging,
        lambda s3, bucket: s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={}),
    ),
    _Configuration(
        "LifecycleConfiguration",
        _put_lifecycle,
        lambda s3, bucket: s3.delete_bucket_lifecycle(Bucket=bucket),
    ),
    _Configuration(
        "NotificationConfiguration",
        _put_notifications,
        lambda s3, bucket: _put_notifications(s3, bucket, {}),
    ),
    _Configuration(
        "ReplicationConfiguration",
        _put_replication,
        lambda s3, bucket: s3.delete_bucket_replication(Bucket=bucket),
    ),
    _by_id("AnalyticsConfigurations", "analytics_configuration", _analytics),
    _by_id(
        "IntelligentTieringConfigurations",
        "intelligent_tiering_configuration",
        _intelligent_tiering,
    ),
    _by_id("InventoryConfigurations", "inventory_configuration", _inventory),
    _by_id("MetricsConfigurations", "metrics_configuration", _metrics),
)


class BucketPolicy(ResourceType):
    """AWS::S3::BucketPolicy. The physical id is the bucket's name.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-s3-bucketpolicy.html
    """

    def create(self, context: Context, properties: Properties) -> str:
        """Set the bucket's policy."""
        s3 = context.client("s3")
        bucket = str(properties["Bucket"])
        try:
            s3.get_bucket_policy(Bucket=bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucketPolicy":
                raise
        else:
            raise ResourceError(f"The bucket policy already exists on bucket {bucket}.")
        _put_policy(s3, bucket, properties["PolicyDocument"])
        return bucket

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        """Replace the bucket's policy."""
        _put_policy(context.client("s3"), physical_id, new["PolicyDocument"])

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        """Remove the bucket's policy."""
        context.client("s3").delete_bucket_policy(Bucket=physical_id)


def _put_policy(s3: Any, bucket: str, document: Any) -> None:
    policy = json.loads(document) if isinstance(document, str) else document
    if _is_public(policy) and _blocks_public_policies(s3, bucket):
        raise ResourceError(
            f"Access Denied: not authorized to perform s3:PutBucketPolicy on {bucket} because "
            "public policies are prevented by the BlockPublicPolicy setting in S3 Block Public "
            "Access"
        )
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def _is_public(policy: Any) -> bool:
    """Return whether a policy allows something to everyone, without a condition.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
    """
    statements = policy.get("Statement", [])
    for statement in [statements] if isinstance(statements, dict) else statements:
        principal = statement.get("Principal")
        named = principal.get("AWS") if isinstance(principal, dict) else principal
        everyone = "*" in (named if isinstance(named, list) else [named])
        if statement.get("Effect") == "Allow" and everyone and not statement.get("Condition"):
            return True
    return False


def _blocks_public_policies(s3: Any, bucket: str) -> bool:
    try:
        block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchPublicAccessBlockConfiguration":
            raise
        return False
    return bool(block.get("BlockPublicPolicy"))


TYPES: dict[str, type[ResourceType]] = {
    "AWS::S3::Bucket": Bucket,
    "AWS::S3::BucketPolicy": BucketPolicy,
}
