"""AWS clients whose service is a few dictionaries; they stand where the network begins.

Each calls its *gate* before it acts and before it answers. A gate that raises is a caller that
died there; a gate that blocks is a caller that was overtaken there.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from io import BytesIO
from typing import Any

from botocore.exceptions import ClientError


def open_gate(_moment: str) -> None:
    """Let every call pass."""


def client_error(operation: str, code: str, status: int) -> ClientError:
    """The error that a real client raises for such an answer."""
    return ClientError(
        {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        operation,
    )


class FakeS3:
    """One bucket with S3's conditional requests, the order of its lists, and its clock, if set."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.calls: list[str] = []
        self.broken: dict[str, Exception] = {}
        self.gate: Callable[[str], None] = open_gate
        self.clock: Callable[[], datetime] | None = None

    def load(self, key: str) -> Any:
        """The JSON document at *key*."""
        return json.loads(self.objects[key])

    def get_object(self, *, Bucket: str, Key: str, IfNoneMatch: str = "") -> dict[str, Any]:
        self._enter("get", Key)
        if Key not in self.objects:
            raise self._error("GetObject", "NoSuchKey", 404)
        if IfNoneMatch == self._etag(Key):
            raise self._error("GetObject", "304", 304)
        return {"Body": BytesIO(self.objects[Key]), "ETag": self._etag(Key), **self._dated()}

    def put_object(
        self,
        *,
        Bucket: str,
        Key: str,
        Body: bytes,
        ContentType: str,
        IfMatch: str = "",
        IfNoneMatch: str = "",
    ) -> dict[str, Any]:
        self._enter("put", Key)
        assert bool(IfMatch) != (IfNoneMatch == "*"), "every write is conditional"
        if IfMatch and Key not in self.objects:
            raise self._error("PutObject", "NoSuchKey", 404)
        if IfMatch not in ("", self._etag(Key)) or (IfNoneMatch and Key in self.objects):
            raise self._error("PutObject", "PreconditionFailed", 412)
        self.objects[Key] = Body
        etag = self._etag(Key)
        self.gate(f"put {Key} done")
        return {"ETag": etag, **self._dated()}

    def list_objects_v2(
        self, *, Bucket: str, Prefix: str, StartAfter: str, MaxKeys: int
    ) -> dict[str, Any]:
        self._enter("list", Prefix)
        keys = sorted(key for key in self.objects if key.startswith(Prefix) and key > StartAfter)
        return {
            "Contents": [{"Key": key, "ETag": self._etag(key)} for key in keys[:MaxKeys]],
            "IsTruncated": len(keys) > MaxKeys,
            **self._dated(),
        }

    def _error(self, operation: str, code: str, status: int) -> ClientError:
        error = client_error(operation, code, status)
        error.response["ResponseMetadata"].update(self._dated()["ResponseMetadata"])
        return error

    def _dated(self) -> dict[str, Any]:
        date = format_datetime(self.clock(), usegmt=True) if self.clock else ""
        return {"ResponseMetadata": {"HTTPHeaders": {"date": date}}}

    def _enter(self, verb: str, key: str) -> None:
        self.gate(f"{verb} {key}")
        self.calls.append(f"{verb} {key}")
        if key in self.broken:
            raise self.broken[key]

    def _etag(self, key: str) -> str:
        body = self.objects.get(key)
        return "" if body is None else f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


class FakeSNS:
    """A topic that remembers what was published."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.failures: list[Exception] = []
        self.gate: Callable[[str], None] = open_gate

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """The alerts that queues received."""
        return [json.loads(json.loads(message["Message"])["sqs"]) for message in self.messages]

    @property
    def ids(self) -> list[str]:
        return [alert["id"] for alert in self.alerts]

    def publish(self, **message: Any) -> dict[str, str]:
        self.gate("publish")
        if self.failures:
            raise self.failures.pop()
        self.messages.append(message)
        self.gate("publish done")
        return {"MessageId": str(len(self.messages))}


class FakeEvents:
    """An event bus that remembers what was put."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.failure: dict[str, str] | None = None

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        if self.failure:
            return {"FailedEntryCount": 1, "Entries": [self.failure]}
        self.entries += Entries
        return {"FailedEntryCount": 0, "Entries": [{"EventId": f"event-{len(self.entries)}"}]}
