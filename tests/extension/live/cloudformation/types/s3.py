"""Examples of Amazon S3's resource types."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tests.extension.live.cloudformation.types.model import ABSENT, ANY, Change, Example, Seen

BUCKET = {"Type": "AWS::S3::Bucket"}
VERSIONED = {
    "Type": "AWS::S3::Bucket",
    "Properties": {"VersioningConfiguration": {"Status": "Enabled"}},
}
QUEUE = {"Type": "AWS::SQS::Queue"}
OTHER_ARN = {"Fn::GetAtt": ["Other", "Arn"]}
ROLE = "arn:aws:iam::000000000000:role/example"
FILTERED = {"Prefix": "a/", "TagFilters": [{"Key": "kind", "Value": "one"}]}
READS = (
    "get_bucket_accelerate_configuration",
    "get_bucket_acl",
    "get_bucket_cors",
    "get_bucket_encryption",
    "get_bucket_lifecycle_configuration",
    "get_bucket_logging",
    "get_bucket_notification_configuration",
    "get_bucket_ownership_controls",
    "get_bucket_replication",
    "get_bucket_tagging",
    "get_bucket_versioning",
    "get_bucket_website",
    "get_object_lock_configuration",
    "get_public_access_block",
    "list_bucket_analytics_configurations",
    "list_bucket_intelligent_tiering_configurations",
    "list_bucket_inventory_configurations",
    "list_bucket_metrics_configurations",
)


def _bucket(seen: Seen) -> Any:
    s3 = seen.client("s3")
    found = {read: _answer(getattr(s3, read), seen.physical_id) for read in READS}
    found["head_bucket"] = {"Name": seen.physical_id}
    for read in ("get_bucket_accelerate_configuration", "get_bucket_versioning"):
        # What was on once can only be suspended.
        if found[read].get("Status") == "Suspended":
            del found[read]["Status"]
    for configurations in found["get_bucket_notification_configuration"].values():
        for each in configurations:
            del each["Id"]
    return found


def _answer(call: Callable[..., Any], bucket: str) -> dict[str, Any]:
    try:
        answer = call(Bucket=bucket)
    except ClientError as error:
        return {"Error": error.response["Error"]["Code"]}
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def _policies(seen: Seen) -> Any:
    return {
        logical_id: _answer(seen.client("s3").get_bucket_policy, name)
        for logical_id, name in seen.others.items()
    }


def _policy(action: str) -> Any:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
                "Action": action,
                "Resource": {"Fn::Sub": "arn:aws:s3:::${First}/*"},
            }
        ],
    }


def _notify(event: str) -> Any:
    return {
        "QueueConfigurations": [
            {
                "Event": event,
                "Queue": {"Fn::GetAtt": ["Queue", "Arn"]},
                "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "a/"}]}},
            }
        ],
        "EventBridgeConfiguration": {"EventBridgeEnabled": True},
    }


def _inventory(name: str) -> Any:
    return {
        "Id": name,
        "Enabled": True,
        "Destination": {"BucketArn": OTHER_ARN, "Format": "CSV"},
        "IncludedObjectVersions": "All",
        "ScheduleFrequency": "Weekly",
        "Prefix": "a/",
    }


def _replicate(prefix: str) -> Any:
    return {
        "Role": ROLE,
        "Rules": [
            {
                "Id": "one",
                "Priority": 1,
                "Status": "Enabled",
                "Filter": {"Prefix": prefix},
                "DeleteMarkerReplication": {"Status": "Disabled"},
                "Destination": {"Bucket": OTHER_ARN},
            }
        ],
    }


EXAMPLES = [
    Example(
        type="AWS::S3::Bucket",
        properties={},
        others={"Other": VERSIONED, "Queue": QUEUE},
        changes={
            "AccelerateConfiguration": Change({"AccelerationStatus": "Enabled"}, ABSENT),
            "AccessControl": Change(
                "LogDeliveryWrite",
                ABSENT,
                also={"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}},
            ),
            "AnalyticsConfigurations": Change(
                [
                    {"Id": "kept", **FILTERED, "StorageClassAnalysis": {}},
                    {"Id": "removed", "StorageClassAnalysis": {}},
                ],
                [
                    {
                        "Id": "kept",
                        "Prefix": "b/",
                        "StorageClassAnalysis": {
                            "DataExport": {
                                "OutputSchemaVersion": "V_1",
                                "Destination": {"BucketArn": OTHER_ARN, "Format": "CSV"},
                            }
                        },
                    }
                ],
            ),
            "BucketEncryption": Change(
                {
                    "ServerSideEncryptionConfiguration": [
                        {
                            "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"},
                            "BucketKeyEnabled": True,
                        }
                    ]
                },
                ABSENT,
            ),
            "BucketName": Change("b-1", "b-2"),
            "CorsConfiguration": Change(
                {
                    "CorsRules": [
                        {
                            "Id": "one",
                            "AllowedMethods": ["GET"],
                            "AllowedOrigins": ["*"],
                            "ExposedHeaders": ["etag"],
                            "MaxAge": 5,
                        }
                    ]
                },
                ABSENT,
            ),
            "IntelligentTieringConfigurations": Change(
                [
                    {
                        "Id": "one",
                        "Status": "Enabled",
                        **FILTERED,
                        "Tierings": [{"AccessTier": "ARCHIVE_ACCESS", "Days": 90}],
                    }
                ],
                ABSENT,
            ),
            "InventoryConfigurations": Change([_inventory("one")], [_inventory("two")]),
            "LifecycleConfiguration": Change(
                {
                    "Rules": [
                        {
                            "Status": "Enabled",
                            **FILTERED,
                            "ExpirationInDays": 30,
                            "Transition": {"StorageClass": "Glacier", "TransitionInDays": 5},
                            "NoncurrentVersionExpirationInDays": 3,
                        },
                        {
                            "Id": "sizes",
                            "Status": "Disabled",
                            "ObjectSizeGreaterThan": "5",
                            "ExpirationInDays": 3,
                        },
                        {
                            "Id": "uploads",
                            "Status": "Disabled",
                            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                        },
                    ],
                    "TransitionDefaultMinimumObjectSize": "varies_by_storage_class",
                },
                ABSENT,
            ),
            "LoggingConfiguration": Change(
                {"DestinationBucketName": {"Ref": "Other"}, "LogFilePrefix": "logs/"}, ABSENT
            ),
            "MetricsConfigurations": Change([{"Id": "one", **FILTERED}], ABSENT),
            "NotificationConfiguration": Change(
                _notify("s3:ObjectCreated:*"), _notify("s3:ObjectRemoved:*")
            ),
            "ObjectLockConfiguration": Change(
                {
                    "ObjectLockEnabled": "Enabled",
                    "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}},
                },
                {"ObjectLockEnabled": "Enabled"},
                also={"ObjectLockEnabled": True},
            ),
            "OwnershipControls": Change(
                {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}, ABSENT
            ),
            "PublicAccessBlockConfiguration": Change({"BlockPublicPolicy": True}, ABSENT),
            "ReplicationConfiguration": Change(
                _replicate("a/"),
                _replicate("b/"),
                also={"VersioningConfiguration": {"Status": "Enabled"}},
            ),
            "Tags": Change(
                [{"Key": "kept", "Value": "1"}, {"Key": "removed", "Value": "1"}],
                [{"Key": "kept", "Value": "2"}, {"Key": "added", "Value": "1"}],
            ),
            "VersioningConfiguration": Change({"Status": "Enabled"}, ABSENT),
            "WebsiteConfiguration": Change(
                {
                    "IndexDocument": "index.html",
                    "ErrorDocument": "error.html",
                    "RoutingRules": [
                        {
                            "RoutingRuleCondition": {"KeyPrefixEquals": "a/"},
                            "RedirectRule": {"ReplaceKeyPrefixWith": "b/"},
                        }
                    ],
                },
                ABSENT,
            ),
        },
        observe=_bucket,
        exceptions={"ObjectLockEnabled": "It can be enabled, but never disabled again."},
        unavailable={
            "AbacStatus": ANY,
            "MetadataConfiguration": ANY,
            "MetadataTableConfiguration": ANY,
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [{"BlockedEncryptionTypes": ANY}]
            },
        },
    ),
    Example(
        type="AWS::S3::BucketPolicy",
        properties={"Bucket": {"Ref": "First"}, "PolicyDocument": _policy("s3:GetObject")},
        others={"First": BUCKET, "Second": BUCKET},
        changes={
            "Bucket": Change({"Ref": "First"}, {"Ref": "Second"}),
            "PolicyDocument": Change(_policy("s3:GetObject"), _policy("s3:PutObject")),
        },
        observe=_policies,
    ),
]
