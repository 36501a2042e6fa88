"""The target ``ministack``: MiniStack, an independent emulator of AWS, without our extension."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from testbed.control.endpoint import require_answer
from testbed.emulators.ministack import ministack
from testbed.pytest_plugin.configuration import Configuration
from testbed.pytest_plugin.running import Feature, RunningTestbed
from testbed.pytest_plugin.stack import Stack
from testbed.pytest_plugin.targets import Target
from testbed.session import Session

_UNAVAILABLE: Mapping[Feature, str] = {
    "inbox": "MiniStack has no inbox: it discards the emails that SNS sends.",
    "clock": "MiniStack has no clock to advance, and fires no schedule on demand.",
    "faults": "MiniStack has no fault injection.",
    "journal": "MiniStack keeps no journal.",
    "permissions": "MiniStack does not report used and denied permissions.",
}

# MiniStack does not enforce permissions by default.
_SETTINGS = {"AUTH": "true"}

_Content = dict[str, tuple[str, bytes]]
"""A bucket's objects by their keys: ETag and content."""


class _MiniStack(Target):
    takes_endpoint = True

    @contextmanager
    def running(self, configuration: Configuration, state: Path) -> Iterator[RunningTestbed]:
        if configuration.endpoint_url:
            require_answer(configuration.endpoint_url)
            yield _at(configuration.endpoint_url, configuration, state)
            return
        with ministack(state / "ministack", lambda message: None, _SETTINGS) as started:
            yield _at(started.endpoint_url, configuration, state)


def _at(endpoint_url: str, configuration: Configuration, state: Path) -> RunningTestbed:
    session = Session(configuration.root, state, endpoint_url)
    session.project = configuration.project()
    return _MiniStackTestbed(session, _UNAVAILABLE)


@dataclass
class _MiniStackTestbed(RunningTestbed):
    """MiniStack, which cannot be reset: queues and buckets of the stack are restored one by one."""

    _content: dict[str, _Content] = field(default_factory=dict, init=False, repr=False)

    def clean(self, stack: Stack) -> None:
        for queue in stack.queues:
            self.aws.sqs.purge_queue(QueueUrl=queue)
        for bucket, content in self._content.items():
            now = self._objects(bucket)
            for key in now.keys() - content.keys():
                self.aws.s3.delete_object(Bucket=bucket, Key=key)
            for key, (etag, body) in content.items():
                if now.get(key) != etag:
                    self.aws.s3.put_object(Bucket=bucket, Key=key, Body=body)

    def remember(self, stack: Stack) -> None:
        for bucket in stack.buckets:
            self._content[bucket] = {
                key: (etag, self.aws.s3.get_object(Bucket=bucket, Key=key)["Body"].read())
                for key, etag in self._objects(bucket).items()
            }

    def _objects(self, bucket: str) -> dict[str, str]:
        """Return the ETags of a bucket's objects by their keys."""
        pages = self.aws.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return {entry["Key"]: entry["ETag"] for page in pages for entry in page.get("Contents", ())}


TARGET = _MiniStack()
