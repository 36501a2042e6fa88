"""Objects of this testbed's S3 that requests and templates name by URLs.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
"""

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from localstack_testbed.access.hosts import AllowedHosts
from localstack_testbed.cloudformation.errors import ValidationError
from localstack_testbed.hooks import settings

if TYPE_CHECKING:
    from localstack_testbed.cloudformation.api.places import Place

_SERVICE = re.compile(
    r"(?:(?P<bucket>.+)\.)?s3(?:[.-][a-z0-9-]+|\.dualstack\.[a-z0-9-]+)?"
    r"\.(?:amazonaws\.com(?:\.cn)?|localhost\.localstack\.cloud)"
)
_MORE = (
    "\nFor more information check "
    "http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"
)


class S3Object(NamedTuple):
    """The address of an object."""

    bucket: str
    key: str
    version: str | None = None


def parse(url: str) -> S3Object | None:
    """Return the object that a URL stands for; None if it is not of this testbed's S3.

    Examples
    --------
    ``https://bucket.s3.us-east-1.amazonaws.com/key``, ``http://localhost:4566/bucket/key`` and
    ``s3://bucket/key`` stand for the same object.
    """
    try:
        parts = urlsplit(url)
        host, address = parts.hostname or "", parts.netloc.rpartition("@")[2]
        version = parse_qs(parts.query).get("versionId", [None])[0]
    except ValueError:
        return None
    path = unquote(parts.path)
    if parts.scheme == "s3":
        return _object(parts.netloc, path[1:], version)
    if parts.scheme not in ("http", "https"):
        return None
    if found := _SERVICE.fullmatch(host):
        if found["bucket"]:
            return _object(found["bucket"], path[1:], version)
    elif address not in _own_hosts():
        return None
    bucket, _, key = path[1:].partition("/")
    return _object(bucket, key, version)


def read(url: str, place: "Place", *, longest: int, name: str = "TemplateURL") -> str:
    """Return the text behind a URL of this testbed's S3.

    Parameters
    ----------
    longest
        The greatest size in bytes.
    name
        What an error message calls the URL.

    Raises
    ------
    ValidationError
        If the URL is none of S3, or the object cannot be read, is too long or is not text.
    """
    address = parse(url)
    if address is None:
        raise ValidationError(
            f"{name} must be a supported URL. It must be the URL of an object in this testbed's "
            f"S3: {url[:500]}"
        )
    version = {"VersionId": address.version} if address.version else {}
    try:
        found = place.client("s3").get_object(Bucket=address.bucket, Key=address.key, **version)
        if found["ContentLength"] > longest:
            raise ValidationError(f"Template may not exceed {longest} bytes in size.")
        body: bytes = found["Body"].read()
    except ClientError as error:
        message = error.response.get("Error", {}).get("Message", str(error))
        raise ValidationError(f"S3 error: {message}{_MORE}") from None
    except BotoCoreError as error:
        raise ValidationError(f"S3 error: {error}{_MORE}") from None
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise ValidationError(f"{url[:500]} is not a text in UTF-8") from None


def _object(bucket: str, key: str, version: str | None) -> S3Object | None:
    return S3Object(bucket, key, version) if bucket and key else None


def _own_hosts() -> AllowedHosts:
    from localstack import config

    return AllowedHosts(
        config.LOCALSTACK_HOST.host, settings.ALLOWED_HOSTS.value(), lambda: (), lambda: ()
    )
