"""JSON documents in S3 with optimistic locking (conditional writes on the ETag).

Each write names the version that it replaces; S3 rejects it if another write came first:
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
"""The number of attempts to write a document that others change. Each conflict means that another
writer succeeded, so this many in a row indicate a fault rather than load."""

_CAUSE_LENGTH = 60
_NOT_MODIFIED = 304
_CONFLICTS = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}


class Conflict(Exception):
    """The document is no longer the version to replace."""


class Unchanged(Exception):
    """The object is still the known version."""


class Contended(Exception):
    """Every attempt to change a document conflicted with another writer."""

    def __init__(self, key: str) -> None:
        super().__init__(f"{key}: {WRITE_ATTEMPTS} writes in a row conflicted with other writers")


class BrokenDocument(Exception):
    """A stored document is not valid; ``etag`` is its version."""

    def __init__(self, key: str, error: Exception, etag: str) -> None:
        # Short enough that the advice is never cut off.
        cause = one_line(str(error), _CAUSE_LENGTH)
        super().__init__(f"{key} cannot be read ({cause}): remove or repair it")
        self.etag = etag


@dataclass(frozen=True, slots=True)
class Stored:
    """A document and its version."""

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
        Is corrected by the dates in S3's responses.
    """

    def __init__(self, s3: S3Client, bucket: str, clock: SharedClock | None = None) -> None:
        self._s3 = s3
        self.bucket = bucket
        self.clock = clock or SharedClock()

    def get(self, key: str) -> Stored | None:
        """Return a document; None if there is none.

        Raises
        ------
        BrokenDocument
            If it is not a JSON object.
        """
        found = self.read(key)
        if found is None:
            return None
        body, etag = found
        try:
            value = json.loads(body)
            if not isinstance(value, dict):
                raise ValueError("not a JSON object")
        except (ValueError, RecursionError) as error:
            raise BrokenDocument(key, error, etag) from None
        return Stored(value, etag)

    def put(self, key: str, value: dict[str, Any], *, replacing: str | None) -> str:
        """Write a document over the version *replacing*, or a new one if that is None.

        Returns
        -------
        str
            The ETag of the new version.

        Raises
        ------
        Conflict
            If there is another version, or another write is in progress.
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
        """Return an object's bytes and ETag; None if there is no such object.

        Raises
        ------
        Unchanged
            If the object's ETag is still *known*.
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
        """Yield the keys with a *prefix*, in order, from the first one behind *after*.

        *page* is the number of keys per request (at most 1000): what the caller is likely to use.
        """
        return (key for key, _ in self.versions(prefix, after=after, page=page))

    def versions(
        self, prefix: str, *, after: str = "", page: int = 1000
    ) -> Iterator[tuple[str, str]]:
        """Yield the keys as :meth:`keys` does, each with the object's ETag."""
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
        """Send a request, and correct the clock by its response."""
        began = self.clock.mark()
        try:
            answer = operation(**request)
        except ClientError as error:
            self._correct_clock(error.response, began)
            raise
        self._correct_clock(answer, began)
        return answer

    def _correct_clock(self, answer: Any, began: float) -> None:
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        self.clock.correct(headers.get("date", ""), began)
