"""JSON documents in a bucket, changed only by those who know what they change.

Every write states which version it replaces; S3 refuses it when another came first:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from monitoring.times import SharedClock
from monitoring.wording import one_line

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import GetObjectRequestTypeDef, PutObjectRequestTypeDef

WRITE_ATTEMPTS = 12
"""How often a write that others overtake is decided anew. Each conflict means that another writer
came through, so this many in a row tell of a fault, not of traffic."""

_CAUSE_LENGTH = 60
_NOT_MODIFIED = 304
_CONFLICTS = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}


class Conflict(Exception):
    """The document is no longer the version that the write was to replace."""


class Unchanged(Exception):
    """The object is still the version that the reader knows."""


class Contended(Exception):
    """Other writers overtook every attempt to change a document."""

    def __init__(self, key: str) -> None:
        super().__init__(f"{key} was changed by others {WRITE_ATTEMPTS} times in a row")


class BrokenDocument(Exception):
    """A stored document is not what this application writes; remove or repair it.

    ``etag`` is the version that cannot be read.
    """

    def __init__(self, key: str, error: Exception, etag: str) -> None:
        # The advice shall not be cut off where the message is.
        cause = one_line(str(error), _CAUSE_LENGTH)
        super().__init__(f"{key} cannot be read ({cause}): remove or repair it")
        self.etag = etag


@dataclass(frozen=True, slots=True)
class Stored:
    """A document and the version it was read in."""

    value: dict[str, Any]
    etag: str


class Documents:
    """The documents of one bucket.

    Parameters
    ----------
    s3
        The client.
    bucket
        The bucket's name.
    clock
        Is corrected by what S3's answers say of the time.
    """

    def __init__(self, s3: S3Client, bucket: str, clock: SharedClock | None = None) -> None:
        self._s3 = s3
        self.bucket = bucket
        self.clock = clock or SharedClock()

    def get(self, key: str) -> Stored | None:
        """Read a document; None when there is none.

        Raises
        ------
        BrokenDocument
            When it holds no JSON object.
        """
        found = self.read(key)
        if found is None:
            return None
        body, etag = found
        try:
            value = json.loads(body)
            if not isinstance(value, dict):
                raise ValueError("no JSON object")
        except (ValueError, RecursionError) as error:
            raise BrokenDocument(key, error, etag) from None
        return Stored(value, etag)

    def put(self, key: str, value: dict[str, Any], *, replacing: str | None) -> str:
        """Write a document over the version *replacing* (None: where there is none yet).

        Returns
        -------
        str
            The ETag of the new version.

        Raises
        ------
        Conflict
            When another version is there, or another write is under way.
        """
        request: PutObjectRequestTypeDef = {
            "Bucket": self.bucket,
            "Key": key,
            "Body": json.dumps(value, ensure_ascii=False).encode(),
            "ContentType": "application/json",
        }
        if replacing is None:
            request["IfNoneMatch"] = "*"
        else:
            request["IfMatch"] = replacing
        try:
            etag: str = self._send(self._s3.put_object, **request)["ETag"]
        except ClientError as error:
            if error.response["Error"]["Code"] in _CONFLICTS:
                raise Conflict(key) from None
            raise
        return etag

    def read(self, key: str, *, known: str = "") -> tuple[bytes, str] | None:
        """Read an object's bytes and ETag; None when there is no such object.

        Raises
        ------
        Unchanged
            When the object's ETag is still *known*.
        """
        request: GetObjectRequestTypeDef = {"Bucket": self.bucket, "Key": key}
        if known:
            request["IfNoneMatch"] = known
        try:
            answer = self._send(self._s3.get_object, **request)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == _NOT_MODIFIED:
                raise Unchanged(key) from None
            raise
        return answer["Body"].read(), answer["ETag"]

    def keys(self, prefix: str, *, after: str = "", page: int = 1000) -> Iterator[str]:
        """The keys that begin with *prefix*, in their order, from the first one past *after*.

        *page* is how many one request asks for (at most 1000): what the caller is likely to use.
        """
        return (key for key, _ in self.versions(prefix, after=after, page=page))

    def versions(
        self, prefix: str, *, after: str = "", page: int = 1000
    ) -> Iterator[tuple[str, str]]:
        """The keys as :meth:`keys` returns them, each with the object's ETag."""
        while True:
            listing = self._send(
                self._s3.list_objects_v2,
                Bucket=self.bucket,
                Prefix=prefix,
                StartAfter=after,
                MaxKeys=page,
            )
            for entry in listing.get("Contents", []):
                after = entry["Key"]
                yield after, entry["ETag"]
            if not listing["IsTruncated"]:
                return

    def _send(self, operation: Callable[..., Any], **request: Any) -> Any:
        """Send a request, and hear from its answer what time it is."""
        began = self.clock.mark()
        try:
            answer = operation(**request)
        except ClientError as error:
            self._hear(error.response, began)
            raise
        self._hear(answer, began)
        return answer

    def _hear(self, answer: Any, began: float) -> None:
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        self.clock.correct(headers.get("date", ""), began)
