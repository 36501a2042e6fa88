"""Public access to S3 buckets by access control lists, and the settings that block it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from collections.abc import Mapping
from typing import Any

from localstack_testbed.permissions.evaluation import Request
from localstack_testbed.permissions.resource_policies import bucket_of

_ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
_OBJECT_ACTIONS = {
    "s3:GetObject": "READ",
    "s3:GetObjectVersion": "READ",
    "s3:GetObjectAcl": "READ_ACP",
    "s3:PutObjectAcl": "WRITE_ACP",
}
_BUCKET_ACTIONS = {
    "s3:ListBucket": "READ",
    "s3:ListBucketVersions": "READ",
    "s3:ListBucketMultipartUploads": "READ",
    "s3:PutObject": "WRITE",
    "s3:DeleteObject": "WRITE",
    "s3:GetBucketAcl": "READ_ACP",
    "s3:PutBucketAcl": "WRITE_ACP",
}


def acl_allows(request: Request) -> bool:
    """Return whether the ACL of the bucket or object allows a request to everyone."""
    bucket = bucket_of(request.resource)
    if bucket is None or bucket.object_ownership == "BucketOwnerEnforced":
        return False
    if (bucket.public_access_block or {}).get("IgnorePublicAcls"):
        return False
    if permission := _BUCKET_ACTIONS.get(request.action):
        return _grants(bucket.acl, permission)
    key = (request.resource or "").partition("/")[2]
    stored = bucket.objects.get(key)
    permission = _OBJECT_ACTIONS.get(request.action)
    return permission is not None and _grants(getattr(stored, "acl", None), permission)


def ignores_public_policy(resource: str | None) -> bool:
    """Return whether the bucket's ``RestrictPublicBuckets`` blocks anonymous access."""
    bucket = bucket_of(resource)
    return bool(bucket and (bucket.public_access_block or {}).get("RestrictPublicBuckets"))


def _grants(acl: Mapping[str, Any] | None, permission: str) -> bool:
    return any(
        grant["Grantee"].get("URI") == _ALL_USERS
        and grant["Permission"] in (permission, "FULL_CONTROL")
        for grant in (acl or {}).get("Grants") or []
    )
