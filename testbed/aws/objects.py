"""Objects in S3, by their ``s3://`` URIs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from testbed.aws.clients import Aws


def bucket_and_key(uri: str) -> tuple[str, str]:
    """Return the bucket and the key of an object.

    Examples
    --------
    >>> bucket_and_key("s3://my-bucket/folder/file.json")
    ('my-bucket', 'folder/file.json')
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def put_if_new(aws: Aws, uri: str, content: bytes) -> bool:
    """Upload content, unless the object has it already; return whether it was uploaded."""
    bucket, key = bucket_and_key(uri)
    try:
        if aws.s3.get_object(Bucket=bucket, Key=key)["Body"].read() == content:
            return False
    except aws.s3.exceptions.NoSuchKey:
        pass
    aws.s3.put_object(Bucket=bucket, Key=key, Body=content)
    return True
